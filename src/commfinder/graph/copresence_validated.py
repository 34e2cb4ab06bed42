"""Pairs of people who share more meetings, pages or threads than chance gives them."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.graph.copresence import CopresenceRule
from commfinder.graph.copresence_null import bicm_shared, binomial_tail, hypergeometric_tail
from commfinder.graph.copresence_units import KINDS, acts
from commfinder.interactions import Interactions

__all__ = ["NULLS", "ValidatedPairs", "validated_pairs"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

NULLS = ("bicm", "hypergeometric")
"""What chance keeps: how much each person has part in, with the size of each thing or without."""


@dataclass(frozen=True, eq=False)
class ValidatedPairs:
    """Which pairs of people share more than chance gives them; make one with `validated_pairs`.

    Parameters
    ----------
    pairs : pandas.DataFrame
        One row per pair that shares something: person_a < person_b, together (things shared), things_a and things_b (of
        each), expected, p, q and validated; by p, then names.
    kind, null : str
        What is shared, and what chance keeps.
    people, things : int
        How many people and things the count is over.
    sizes : tuple of int
        Fewest and most people of one thing.
    too_large : int
        Things with more people than the rule allows; they are left out.
    """

    pairs: pd.DataFrame
    kind: str
    null: str
    people: int
    things: int
    sizes: tuple[int, int]
    too_large: int

    @property
    def density(self) -> float:
        """Share of all pairs of people that are validated, 0 to 1; nan for fewer than two people.

        Nulls that differ at one level agree at one density: tell it beside the level.
        """
        every = self.people * (self.people - 1) // 2
        return float(self.pairs["validated"].sum()) / every if every else float("nan")


@dataclass(frozen=True, eq=False)
class _Things:
    """Who has part in what that is neither too small nor too large."""

    members: ir.Table
    sizes: IntArray
    counts: IntArray
    too_large: int


def validated_pairs(
    inter: Interactions,
    kind: str,
    *,
    rule: CopresenceRule | None = None,
    null: str = NULLS[0],
    alpha: float = 0.05,
) -> ValidatedPairs:
    """Find pairs of people who share more meetings, pages or threads than chance gives them.

    Prefer `commfinder.graph.copresence.find_copresence` for how strong ties are, and `commfinder.delivery.excess_pairs`
    for the cases of a process.

    Parameters
    ----------
    inter : Interactions
        Clean interactions.
    kind : {"meeting", "edit", "thread"}
        What is shared.
    rule : CopresenceRule, optional
        How many people may share one thing, and which threads count.
    null : {"bicm", "hypergeometric"}, default "bicm"
        What chance keeps: how much each person has part in and how many have part in each thing, or the first only.
        Take the second for things of one size only, such as meetings of two: elsewhere it takes large things for
        evidence.
    alpha : float, default 0.05
        Share of false pairs to expect among those validated.

    Returns
    -------
    ValidatedPairs

    Raises
    ------
    InputError
        If `kind` or `null` is unknown or `alpha` is not from 0 to 1.

    Notes
    -----
    Only things that two or more people share count. By the bipartite configuration model [1]_ (see
    `commfinder.graph.copresence_null.bicm_shared`) each thing of the one has some chance to be one of the other's; p is
    the tail of a binomial distribution of the same mean. Without sizes, p is that of the hypergeometric distribution
    [2]_. q-values are those of Benjamini and Hochberg [3]_ over all pairs of people who share anything with anybody,
    also those who share nothing with each other.

    A thing is one page, one thread, or one meeting with all its occurrences under one id: a weekly meeting is one
    decision to meet, and the stretches of a page's history are no independent draws. Occurrences with ids of their own
    look like independent evidence and are not.

    On random data with five patterns of sizes, 60 times each, the first null found a pair at .05 in none of 300 runs;
    the second in 2 to 3 % of runs with sizes much alike, and in 27 to 100 % of those with a few large things. Of 200
    pairs planted where sizes are much alike, with nine things more in common, the first found 160 and the second 186.

    References
    ----------
    .. [1] Saracco, Straka, Di Clemente, Gabrielli, Caldarelli, Squartini (2017), Inferring monopartite projections of
       bipartite networks: an entropy-based approach. doi:10.1088/1367-2630/aa6b38
    .. [2] Tumminello, Miccichè, Lillo, Piilo, Mantegna (2011), Statistically validated networks in bipartite complex
       systems. doi:10.1371/journal.pone.0017994
    .. [3] Benjamini, Hochberg (1995), Controlling the false discovery rate. doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows = [(f"t{n}", f"person {who}") for n in range(90) for who in rng.choice(30, 3, replace=False)]
    >>> rows += [(f"t{n}", who) for n in range(100, 112) for who in ("ada", "ben")]
    >>> posts = pd.DataFrame(rows, columns=["thread", "sender"]).assign(recipient=None, time="2026-07-01T09:00Z")
    >>> posts["event"] = posts["thread"] + posts["sender"]
    >>> inter = Interactions.from_frame(posts, thread="thread", event="event", medium="chat")
    >>> found = validated_pairs(inter, "thread").pairs
    >>> found.loc[found["validated"], ["person_a", "person_b", "together"]].values.tolist()
    [['ada', 'ben', 12]]
    """
    _validate.choice(kind, KINDS, what="kind")
    _validate.choice(null, NULLS, what="null")
    alpha = _validate.fraction(alpha, what="alpha")
    things = _things(inter, kind, rule or CopresenceRule())
    members, many = things.members, int(things.counts.sum())
    person, degree = _columns(members.group_by("person").aggregate(n=members.count()).order_by("person"), "person", "n")
    one, other = members, members.view()
    joined = one.join(other, ["medium", "unit", one.person < other.person], rname="{name}_other")
    shared = joined.group_by([joined.person, joined.person_other]).aggregate(n=joined.count())
    a, b, together = _columns(shared.order_by(["person", "person_other"]), "person", "person_other", "n")
    first, second = np.searchsorted(person, a), np.searchsorted(person, b)
    if null == "bicm":
        expected = bicm_shared(degree, things.sizes, things.counts, first, second)
        p = binomial_tail(together, np.minimum(degree[first], degree[second]), expected)
    else:
        expected = degree[first] * degree[second] / max(many, 1)
        p = hypergeometric_tail(together, many, degree[first], degree[second])
    q = _q_values(p, len(person) * (len(person) - 1) // 2)
    frame = pd.DataFrame(
        {
            "person_a": pd.array(inter.names[a], dtype="string"),
            "person_b": pd.array(inter.names[b], dtype="string"),
            "together": together,
            "things_a": degree[first],
            "things_b": degree[second],
            "expected": expected,
            "p": p,
            "q": q,
            "validated": q <= alpha,
        }
    )
    frame = frame.iloc[np.lexsort((b, a, p))].reset_index(drop=True)
    span = (int(things.sizes[0]), int(things.sizes[-1])) if many else (0, 0)
    return ValidatedPairs(frame, kind, null, len(person), many, span, things.too_large)


def _things(inter: Interactions, kind: str, rule: CopresenceRule) -> _Things:
    """Return who has part in what, numbers and sizes of the things that count, and how many are too large."""
    taken = acts(inter.rows, kind, thread_media=tuple(rule.thread_media))
    once = taken.group_by(["medium", "unit", "person"]).aggregate(told=taken.told.max())
    held = inter.store.add(once)
    sums = held.group_by(["medium", "unit"]).aggregate(size=held.count(), most=held.told.max())
    n = ibis.greatest(sums["size"], sums.most.cast("int64"))
    sizes = inter.store.add(sums.select("medium", "unit", "size", n=n))
    few = sizes.filter((sizes["size"] >= 2) & (sizes.n <= rule.most(kind)))
    keyed = few.select("medium", "unit")
    members = inter.store.add(held.select("medium", "unit", "person").join(keyed, ["medium", "unit"]))
    per_size = few.group_by("size").aggregate(count=few.count()).order_by("size")
    large = int(sizes.filter(sizes.n > rule.most(kind)).count().to_pyarrow().as_py())
    size, count = _columns(per_size, "size", "count")
    return _Things(members, size, count, large)


def _columns(table: ir.Table, *names: str) -> tuple[IntArray, ...]:
    """Compute a table and return some of its columns as arrays."""
    found = table.to_pyarrow()
    return tuple(found[name].to_numpy().astype(np.int64) for name in names)


def _q_values(p: FloatArray, tests: int) -> FloatArray:
    """Return Benjamini and Hochberg's q-values; the tests that are not here have p = 1."""
    order = np.argsort(p, kind="stable")
    steps = p[order] * tests / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return q
