"""How well cases are rebuilt without their ids, scored against the ids."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from commfinder import _validate
from commfinder.delivery.cases.find import find_cases
from commfinder.delivery.cases.people import find_actors
from commfinder.delivery.cases.value import HOW, Cases, facts_of_cases, names_of
from commfinder.interactions import Interactions
from commfinder.interactions.schema import INTERACTIONS
from commfinder.provenance import continued, record

__all__ = ["CorrelationScore", "hide_ids", "score_correlation"]

IntArray = npt.NDArray[np.int64]

_TALK = ("email", "chat", "microblog")
_WORK = ("workflow", "ticket", "code", "wiki", "document")


@dataclass(frozen=True)
class CorrelationScore:
    """How much of known cases was found again.

    Parameters
    ----------
    precision : float
        Of the pairs of acts that were put into one case, the share that are of one case; nan without such pairs.
    recall : float
        Of the pairs of acts that are of one case, the share that were put into one case; nan without such pairs.
    f1 : float
        The harmonic mean of the two.
    adjusted_rand : float
        Agreement of the two partitions of acts corrected for chance, 1 if they are equal.
    recovered_half, recovered_three_quarters : float
        Share of the true cases with at least two acts for which there is a found case of Jaccard similarity of at
        least .5 and .75 (sets of acts; a found case has at least two).
    cases : int
        Number of those true cases.
    acts : int
        Acts scored: those of either side.
    ambiguous : int
        Acts left out because the same person has several at the same moment.
    """

    precision: float
    recall: float
    f1: float
    adjusted_rand: float
    recovered_half: float
    recovered_three_quarters: float
    cases: int
    acts: int
    ambiguous: int


def score_correlation(found: Cases, truth: Cases) -> CorrelationScore:
    """Score cases that were found without ids against known ones.

    Parameters
    ----------
    found : Cases
        What was found, for example by chains alone.
    truth : Cases
        The known cases of the same acts.

    Returns
    -------
    CorrelationScore
        Acts are told apart by person and moment. An act that is in no found case counts as a case of its own, and so
        does an act that is in no true one.

    References
    ----------
    Hubert & Arabie 1985, doi:10.1007/BF01908075 (adjusted Rand index).

    Examples
    --------
    >>> log = pd.DataFrame({"case": ["1", "1", "2"], "person": ["ada", "ben", "ada"], "time": [1, 2, 3]})
    >>> score_correlation(Cases.of(log.assign(case="9")), Cases.of(log)).recall
    1.0
    """
    left, right = _labelled(found), _labelled(truth)
    unique_left, unique_right = (part[~part.index.duplicated(keep=False)] for part in (left, right))
    repeated = left.index[left.index.duplicated()].union(right.index[right.index.duplicated()]).unique()
    both = pd.concat([unique_left.rename("found"), unique_right.rename("truth")], axis=1)
    both = both[~both.index.isin(repeated)]
    a, b = (_alone(both[name].to_numpy(np.float64)) for name in ("found", "truth"))
    pairs, cells = np.unique(a * (b.max(initial=0) + 1) + b, return_counts=True)
    row, column = np.divmod(pairs, b.max(initial=0) + 1)
    size_a, size_b = np.bincount(a), np.bincount(b)
    same = float(_pairs(cells).sum())
    in_a, in_b = float(_pairs(size_a).sum()), float(_pairs(size_b).sum())
    precision = same / in_a if in_a else float("nan")
    recall = same / in_b if in_b else float("nan")
    best = np.zeros(len(size_b))
    # An act alone is no case that was found.
    found_case = size_a[row] >= 2
    overlap = cells / (size_a[row] + size_b[column] - cells)
    np.maximum.at(best, column[found_case], overlap[found_case])
    several = size_b >= 2
    n = int(several.sum())
    every = float(_pairs(np.array([len(a)]))[0])
    chance = in_a * in_b / every if every else 0.0
    top = (in_a + in_b) / 2 - chance
    return CorrelationScore(
        precision,
        recall,
        2 * same / (in_a + in_b) if in_a + in_b else float("nan"),
        (same - chance) / top if top else 1.0,
        float((best[several] >= 0.5).mean()) if n else float("nan"),
        float((best[several] >= 0.75).mean()) if n else float("nan"),
        n,
        len(a),
        int(left.index.isin(repeated).sum() + right.index.isin(repeated).sum()),
    )


def _labelled(cases: Cases) -> pd.Series[float]:
    """Return the case of every act, by person and moment."""
    acts = cases.acts
    index = pd.MultiIndex.from_arrays([cases.people[acts.person], acts.time])
    return pd.Series(acts.case.astype(np.float64), index=index)


def _alone(label: npt.NDArray[np.float64]) -> IntArray:
    """Number cases; an act in none is one of its own."""
    none = np.isnan(label)
    codes = np.unique(label[~none], return_inverse=True)[1]
    result = np.empty(len(label), dtype=np.int64)
    result[~none] = codes
    result[none] = int(codes.max(initial=-1)) + 1 + np.arange(int(none.sum()))
    return result


def _pairs(size: IntArray) -> npt.NDArray[np.float64]:
    """Return the number of pairs in sets of given sizes."""
    return size * (size - 1.0) / 2


def hide_ids(
    inter: Interactions, share: float, *, seed: int, source: Cases | None = None
) -> tuple[Interactions, Cases]:
    """Take the ids away from a share of the cases, so that they must be rebuilt; for evaluation only.

    Parameters
    ----------
    inter : Interactions
        Interactions with ids of cases (the column thread).
    share : float
        Share of the cases to hide, 0 to 1.
    seed : int
        Which cases.
    source : Cases, optional
        The known cases of `inter`, where they have been found already.

    Returns
    -------
    hidden : Interactions
        The same, but for the hidden cases. Of mail and chat they lose thread and parent and keep everything else. An
        act on a worklist or a page has no recipient, so its case becomes messages, as if the work were passed on by
        mail: from each run of acts of one person the last one becomes a mail, at its moment, to the person who acts
        next; the last act of a case becomes an act on nothing in particular (a mail without recipient). Earlier acts
        of a run are not seen by anybody else and are left out. Medium, space, activity, thread, parent and the event's
        id are gone. Accounts that are machines by their habits are marked as automated.
    truth : Cases
        The hidden cases, with exactly those acts that are still there.

    Raises
    ------
    InputError
        If the share is outside 0 to 1.

    Notes
    -----
    What this leaves to be found is easier than real mail in one way (every hand-off is a message) and harder in
    another (there is nothing but senders, recipients and moments).
    """
    _validate.fraction(share, what="share")
    _validate.seed(seed)
    known = source if source is not None else find_cases(inter, how=HOW[:3])
    chosen = np.random.default_rng(seed).permutation(len(known))[: round(share * len(known))]
    truth = known.select(cases=np.sort(chosen))
    talk = (truth.frame["how"] == "thread").to_numpy(dtype=bool)
    frame = inter.to_frame()
    of_talk = _rows_of(frame, truth.frame["case"][talk], talk=True)
    of_work = _rows_of(frame, truth.frame["case"][~talk], talk=False)
    frame.loc[of_talk, ["thread", "parent"]] = None
    # A machine is known by all that it does: what is left of that would no longer tell.
    machines = inter.names[list(find_actors(inter).tireless)]
    frame["automated"] |= frame["sender"].isin(machines)
    last = _last_of_run(truth) | talk[truth.acts.case]
    acts = truth.acts.take(last)
    kept = replace(truth, acts=acts, frame=facts_of_cases(truth.frame, acts, truth.frame["open"].to_numpy(dtype=bool)))
    rest = pd.concat([frame[~of_work], _messages(kept, talk)], ignore_index=True)
    table = pa.Table.from_pandas(rest[INTERACTIONS.names], preserve_index=False)
    made = Interactions.from_arrow(table.cast(INTERACTIONS))
    step = record("hide_ids", {"share": share}, seed=seed)
    return replace(
        made,
        accounts=inter.accounts,
        memberships=inter.memberships,
        losses=inter.losses,
        provenance=continued(inter.provenance, step),
    ), kept


def _rows_of(frame: pd.DataFrame, ids: pd.Series[str], *, talk: bool) -> npt.NDArray[np.bool_]:
    """Tell the rows that belong to cases: their id is the thread, or with its space or source before it."""
    medium = frame["medium"].isin(_TALK if talk else _WORK).to_numpy()
    name = frame["thread"] if talk else frame["thread"].fillna(frame["space"])
    long = frame["space"].fillna("" if talk else frame["source"]) + "/" + name
    wanted = set(ids.tolist())
    return medium & (name.isin(wanted) | long.isin(wanted)).to_numpy()


def _last_of_run(cases: Cases) -> npt.NDArray[np.bool_]:
    """Tell the last act of every run of acts of one person in a case."""
    acts = cases.acts
    last = np.ones(acts.n, dtype=bool)
    last[:-1] = (acts.case[1:] != acts.case[:-1]) | (acts.person[1:] != acts.person[:-1])
    return last


def _messages(cases: Cases, talk: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Write the acts of cases as messages to the person who acts next."""
    acts = cases.acts
    work = np.flatnonzero(~talk[acts.case])
    following = np.minimum(work + 1, max(acts.n - 1, 0))
    passed = (work + 1 < acts.n) & (acts.case[following] == acts.case[work])
    recipient = names_of(cases.people, np.where(passed, acts.person[following], -1))
    order = np.lexsort((acts.person[work], acts.time[work]))
    # Ids by moment and person: they must not tell which case it was.
    number = np.empty(len(work), dtype=np.int64)
    number[order] = np.arange(len(work))
    empty = np.full(len(work), None, dtype=object)
    return pd.DataFrame(
        {
            "event": [f"hidden-{one:09d}" for one in number.tolist()],
            "time": pd.Series(acts.time[work].view("M8[us]")).dt.tz_localize("UTC"),
            "sender": cases.people[acts.person[work]],
            "recipient": recipient,
            "role": "to",
            "medium": "email",
            "space": empty,
            "thread": empty,
            "parent": empty,
            "activity": empty,
            "n_recipients": passed.astype(np.int32),
            "automated": False,
            "source": "hidden",
        }
    )
