"""Which groups may be delivering something: communities of handing over, whole processes, and groups that are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from commfinder import _validate
from commfinder.communities import extend
from commfinder.communities.engines import Task, ensemble, leiden
from commfinder.communities.resolution import fixed_point
from commfinder.communities.search.consensus import affordable_runs, consensus
from commfinder.communities.ties import Ties
from commfinder.delivery.cases.acts import ranges
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.groups.candidate import ORIGINS, Candidate, Candidates, Refused

__all__ = ["ORIGINS", "Candidate", "Candidates", "Refused", "candidates", "handover_ties", "own_cases"]

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]

_FEWEST_MEMBERS, _MOST_PEOPLE, _FEWEST_HANDOFFS = 3, 30, 2
_WINDOW = 28 * 86_400_000_000
_EQUAL, _MOST_RUNS = 0.8, 40
_RARE_IN_PROCESS, _RARE_IN_COMMUNITY = 0.1, 0.2


def candidates(
    cases: Cases,
    *,
    groups: Mapping[str, Iterable[str]] | None = None,
    communities: Mapping[str, Iterable[str]] | None = None,
    min_cases: int = 10,
    min_windows: int = 3,
    seed: int = 0,
) -> Candidates:
    """List the groups that may be delivering something, each with its own cases.

    Prefer `commfinder.find_communities` for groups that talk with one another, whatever comes of it.

    Parameters
    ----------
    cases : Cases
        All cases.
    groups, communities : mapping of str to iterable of str, optional
        People of declared groups, and of communities found elsewhere, by name.
    min_cases : int, default 10
        Fewest own cases with at least three members.
    min_windows : int, default 3
        Fewest windows of four weeks in which such cases began.
    seed : int, default 0
        Seed of the search for communities; equal seeds give equal bytes.

    Returns
    -------
    Candidates

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    Four kinds are looked at. *Handover*: communities, with overlap, of people tied by how often one takes over from the
    other, in cases of 3 to 30 people, at the resolution of the fixed point and weights log(1 + handoffs), from two
    handoffs up; looked for twice, among all ties and, where units are known, among those between two units, since what
    passes within teams hides what passes between them. Who is on fewer than three of the cases that such a community
    owns, or on fewer than a fifth as many as the person in the middle of all participations, is left out as a
    passer-by. *Process*: all cases of one space; members are the people on at least three of them, and on at least a
    tenth as many as the person in the middle. *Declared* groups and *communities* are given.

    A whole process owns all cases of its space. Any other candidate owns the cases in which at least two of its members
    take part and at least half of all people are members: whoever asks for something, and a colleague who helps out,
    does not take a case away from those who handle it. Nothing of this looks at a label of any kind.

    A candidate needs three members, and two units or two roles in which they act, unless no unit and no role of theirs
    is known. Of candidates whose members overlap by more than 0.8 (Jaccard), the declared one stays, then the process,
    then the community of handing over; two declared groups both stay, and so do two processes, which differ in their
    cases.

    Examples
    --------
    >>> log = {"case": np.repeat(np.arange(30), 3), "person": ["ada", "ben", "cleo"] * 30, "space": "claims"}
    >>> log["time"] = pd.date_range("2026-01-01", periods=90, freq="36h", tz="UTC")
    >>> found = candidates(Cases.of(log))
    >>> found[0], found.merged["name"].tolist()
    (<Candidate 'claims': process, 3 members, 30 cases>, ['H1'])
    """
    min_cases = _validate.count(min_cases, what="min_cases")
    min_windows = _validate.count(min_windows, what="min_windows")
    seed = _validate.seed(seed)
    bench = _Bench(cases)
    given = {"declared": groups or {}, "community": communities or {}}
    found = {
        origin: [bench.given(name, origin, who) for name, who in sorted(said.items())] for origin, said in given.items()
    }
    covers, resolution = _handover_communities(cases, seed)
    found["handover"] = [bench.of_members(name, "handover", bench.regulars(who)) for name, who in covers]
    found["process"] = bench.processes()
    looked_at = [bench.measured(one) for origin in ORIGINS for one in found[origin]]
    said = [(one, _reason(one, min_cases, min_windows)) for one in looked_at]
    refused = tuple(Refused(one, reason) for one, reason in said if reason)
    kept, merged = _merged([one for one, reason in said if not reason], len(cases.people))
    return Candidates(kept, refused, merged, resolution)


def handover_ties(cases: Cases) -> tuple[IntArray, IntArray, IntArray]:
    """Count how often work passed between two people, one after the other in a case, whichever way.

    Prefer `commfinder.delivery.handover_of_work` for a matrix that keeps the direction.

    Parameters
    ----------
    cases : Cases
        The cases; those of fewer than 3 or more than 30 people are left out.

    Returns
    -------
    a, b, count : ndarray of int64, shape (m,)
        Two people, a < b, and handoffs between them, at least two; sorted.

    Examples
    --------
    >>> log = {"case": [1] * 4 + [2] * 3, "person": ["ada", "ben", "cleo", "ben", "ben", "ada", "cleo"]}
    >>> [part.tolist() for part in handover_ties(Cases.of(log | {"time": range(7)}))]
    [[0, 1], [1, 2], [2, 2]]
    """
    size = cases.frame["people"].to_numpy()
    fit = ((size >= _FEWEST_MEMBERS) & (size <= _MOST_PEOPLE))[cases.acts.case]
    case, person = cases.acts.case[fit], cases.acts.person[fit].astype(np.int64)
    follows = np.flatnonzero((case[1:] == case[:-1]) & (person[1:] != person[:-1]))
    one, other = person[follows], person[follows + 1]
    n = max(len(cases.people), 1)
    pairs, count = np.unique(np.minimum(one, other) * n + np.maximum(one, other), return_counts=True)
    often = count >= _FEWEST_HANDOFFS
    return pairs[often] // n, pairs[often] % n, count[often].astype(np.int64)


def own_cases(cases: Cases, members: npt.ArrayLike) -> CodeArray:
    """Return the cases of a group: at least two members take part, and at least half of all people are members.

    Parameters
    ----------
    cases : Cases
        All cases.
    members : array-like of int
        Places in ``Cases.people``.

    Returns
    -------
    ndarray of int32
        Rows of ``Cases.frame``, sorted.
    """
    return _Bench(cases).own(np.asarray(members, dtype=np.int64))


class _Bench:
    """What is asked of every candidate, worked out once."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases
        self._case, self._person = cases.persons_of
        self._size = np.bincount(self._case, minlength=len(cases))
        self._first_pair = np.concatenate([[0], np.cumsum(self._size)])
        self._place = {str(name): place for place, name in enumerate(cases.people)}
        self._first_act = cases.first_act
        end = int(cases.acts.time.max()) if cases.acts.n else 0
        # Windows are counted back from the end, so that the latest are whole.
        self._window = (end - cases.acts.time[self._first_act[:-1]]) // _WINDOW

    def own(self, members: IntArray) -> CodeArray:
        """Return the rows of the cases of a group."""
        rows, inside = self._cases.with_persons(members)
        return rows[(inside >= 2) & (2 * inside >= self._size[rows])].astype(np.int32)

    def of_members(self, name: str, origin: str, members: IntArray) -> Candidate:
        """Make a candidate of people."""
        return Candidate(name, origin, np.sort(members).astype(np.int32), self.own(members))

    def regulars(self, members: IntArray) -> IntArray:
        """Leave out who is on few of the cases of a group."""
        who = self._person[ranges(self._first_pair, self.own(members))]
        count = np.bincount(who, minlength=len(self._cases.people))[members]
        return members[_regular(count, _RARE_IN_COMMUNITY)]

    def given(self, name: str, origin: str, who: Iterable[str]) -> Candidate:
        """Make a candidate of names, of which some may be on no case."""
        names = {str(one) for one in who}
        known = sorted(self._place[one] for one in names if one in self._place)
        made = self.of_members(name, origin, np.array(known, dtype=np.int64))
        return replace(made, unknown=len(names) - len(known))

    def processes(self) -> list[Candidate]:
        """Make a candidate of each space."""
        codes, names = pd.factorize(self._cases.frame["space"], sort=True)
        n = max(len(self._cases.people), 1)
        where = codes[self._case]
        pairs, count = np.unique(where[where >= 0] * n + self._person[where >= 0], return_counts=True)
        bounds = np.searchsorted(pairs // n, np.arange(len(names) + 1))
        by_space = np.argsort(codes, kind="stable").astype(np.int32)
        first = np.searchsorted(codes[by_space], np.arange(len(names) + 1))
        found = []
        for space, name in enumerate(names):
            here = slice(bounds[space], bounds[space + 1])
            members = (pairs[here] % n)[_regular(count[here], _RARE_IN_PROCESS)]
            own = by_space[first[space] : first[space + 1]]
            found.append(Candidate(str(name), "process", members.astype(np.int32), own, space=str(name)))
        return found

    def measured(self, one: Candidate) -> Candidate:
        """Add what the gates ask for."""
        acts = self._cases.acts
        pairs = ranges(self._first_pair, one.cases)
        case, inside = np.unique(self._case[pairs[_within(self._person[pairs], one.members)]], return_counts=True)
        shared = case[inside >= _FEWEST_MEMBERS]
        rows = ranges(self._first_act, one.cases)
        rows = rows[_within(acts.person[rows], one.members)]
        distinct = [np.unique(codes[rows]) for codes in (acts.unit, acts.role)]
        return replace(
            one,
            shared=len(shared),
            windows=len(np.unique(self._window[shared])),
            units=int((distinct[0] >= 0).sum()),
            roles=int((distinct[1] >= 0).sum()),
        )


def _within(values: npt.NDArray[np.integer], members: CodeArray) -> npt.NDArray[np.bool_]:
    """Tell which values are among sorted members."""
    if not len(members):
        return np.zeros(len(values), dtype=bool)
    place = np.minimum(np.searchsorted(members, values), len(members) - 1)
    return np.asarray(members[place] == values)


def _regular(count: IntArray, rare: float) -> npt.NDArray[np.bool_]:
    """Tell who is on enough cases to be a member: in comparison with the person in the middle of participations."""
    most = np.sort(count)[::-1]
    middle = most[np.searchsorted(np.cumsum(most), most.sum() / 2)] if len(most) else 0
    return count >= max(_FEWEST_MEMBERS, rare * middle)


def _handover_communities(cases: Cases, seed: int) -> tuple[list[tuple[str, IntArray]], float]:
    """Find communities of people who hand over to one another, across units and altogether, with their names."""
    a, b, count = handover_ties(cases)
    weight, unit, n = np.log1p(count), cases.unit_of, len(cases.people)
    everywhere, resolution = _communities(a, b, weight, n, np.random.SeedSequence([seed, 21]))
    # Teams talk most among themselves: without them a group across units stands out.
    across = (unit[a] != unit[b]) | (unit[a] < 0)
    apart: list[IntArray] = []
    if not across.all():
        apart, _ = _communities(a[across], b[across], weight[across], n, np.random.SeedSequence([seed, 22]))
    named = [
        (f"{letter}{number}", who)
        for letter, found in (("X", apart), ("H", everywhere))
        for number, who in enumerate(found, start=1)
    ]
    return named, resolution


def _communities(
    a: IntArray, b: IntArray, weight: npt.NDArray[np.float64], n: int, chance: np.random.SeedSequence
) -> tuple[list[IntArray], float]:
    """Find communities with overlap at the fixed point of the resolution, the largest first."""
    if not len(a):
        return [], float("nan")
    ties = Ties.of(a, b, weight, n=n)
    steps = iter(chance.generate_state(64))

    def partition(resolution: float) -> npt.NDArray[np.int32]:
        return leiden(a, b, weight, n=n, resolution=resolution, seed=int(next(steps)))

    resolution = fixed_point(a, b, weight, partition=partition).value
    seeds = [int(one) for one in chance.spawn(1)[0].generate_state(min(affordable_runs(len(a)), _MOST_RUNS))]
    runs = ensemble(Task(ties, resolution=resolution), seeds)
    found = extend(ties, consensus(runs, a, b, keys=ties.keys)).cover
    large = [one for one in found if len(one) >= _FEWEST_MEMBERS]
    return sorted(large, key=lambda one: (-len(one), one.tolist())), resolution


def _reason(one: Candidate, min_cases: int, min_windows: int) -> str:
    """Return the first gate that a candidate does not pass; empty if it passes all."""
    if len(one.members) < _FEWEST_MEMBERS:
        return "fewer than 3 members on any case"
    if one.shared < min_cases:
        return f"fewer than {min_cases} cases with 3 members"
    if one.windows < min_windows:
        return f"cases in fewer than {min_windows} windows of 4 weeks"
    known = max(one.units, one.roles)
    return "one unit and one role" if known == 1 else ""


def _merged(found: list[Candidate], n: int) -> tuple[tuple[Candidate, ...], pd.DataFrame]:
    """Let one of near-equal candidates stand for all; they come in the order in which they stay."""
    row = np.repeat(np.arange(len(found)), [len(one.members) for one in found])
    column = np.concatenate([np.empty(0, np.int32), *(one.members for one in found)])
    inside = sparse.csr_matrix((np.ones(len(row), np.int64), (row, column)), shape=(len(found), max(n, 1)))
    common = sparse.coo_array(sparse.tril(inside @ inside.T, k=-1))
    size = np.array([len(one.members) for one in found], dtype=np.int64)
    overlap = common.data / np.maximum(size[common.row] + size[common.col] - common.data, 1)
    near: dict[int, list[tuple[int, float]]] = {}
    equal = overlap > _EQUAL
    pairs = (part[equal].tolist() for part in (common.row, common.col, overlap))
    for later, earlier, share in zip(*pairs, strict=True):
        near.setdefault(later, []).append((earlier, share))
    also: dict[int, list[str]] = {}
    rows = []
    for place, one in enumerate(found):
        like = [pair for pair in near.get(place, []) if pair[0] in also and _stands_for(found[pair[0]], one)]
        if not like:
            also[place] = []
            continue
        into, share = min(like, key=lambda pair: (-pair[1], pair[0]))
        also[into].append(one.name)
        rows.append((one.name, one.origin, found[into].name, share))
    kept = tuple(replace(found[place], also=tuple(names)) for place, names in also.items())
    return kept, pd.DataFrame(rows, columns=["name", "origin", "into", "overlap"])


def _stands_for(one: Candidate, other: Candidate) -> bool:
    """Tell whether a candidate may stand for another with the same people."""
    return one.origin != other.origin or one.origin not in ("declared", "process")
