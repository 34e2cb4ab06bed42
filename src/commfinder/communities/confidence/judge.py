"""How likely each community, and each membership, is real."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse as sp

from commfinder.communities.adjacency import large
from commfinder.communities.confidence.calibrate import (
    Logistic,
    community_evidence,
    fitted,
    member_evidence,
    prior,
)
from commfinder.communities.confidence.evidence import (
    MIN_SIZE,
    Returns,
    partition,
    returns,
    returns_and_chance,
    striking,
)
from commfinder.communities.confidence.traces import Traces
from commfinder.communities.confidence.twins import planted
from commfinder.communities.overlap import Memberships, extend
from commfinder.communities.quality import canonical, picked
from commfinder.communities.resolution import fixed_point
from commfinder.communities.threads import together
from commfinder.communities.tied import Tied

__all__ = ["SAME", "UNCLUSTERED", "Budget", "Cases", "Judgement", "as_truth", "cases", "judge"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int32]

SAME = 0.5
"""A found community stands for a real one if their Jaccard index is at least this."""

UNCLUSTERED = 0.002
"""A network is said to have communities if chance makes one like it less often than this."""

_CASES = 200.0


@dataclass(frozen=True)
class Budget:
    """How much work goes into confidence.

    Parameters
    ----------
    draws : int
        How often all events are drawn again.
    chance : int
        Networks of the same degrees without communities.
    twins : int
        Networks of the same degrees with planted communities.
    twin_draws : int
        How often the events of a twin are drawn again.
    """

    draws: int
    chance: int
    twins: int
    twin_draws: int

    @classmethod
    def of(cls, ties: int) -> Budget:
        """Return what a network of so many ties can afford."""
        if ties <= 200_000:
            return cls(20, 10, 4, 6)
        return cls(8, 5, 1, 3) if ties <= 2_000_000 else cls(4, 3, 0, 0)


@dataclass(frozen=True, eq=False)
class Judgement:
    """How likely communities and memberships are real.

    Parameters
    ----------
    community : ndarray of float64, shape (k,)
        Probability that some real community is like each (Jaccard index of at least 0.5); 0 below three members.
    stability : ndarray of float64, shape (k,)
        Mean Jaccard index of the most alike community when events are drawn again.
    returning : ndarray of float64, shape (m,)
        Share of draws in which a membership holds.
    membership : ndarray of float64, shape (m,)
        Probability that the community is real and the person in it.
    p_chance : float
        How likely a network of the same degrees without communities looks like this one.
    clustered : bool
        Whether the network has communities at all: `p_chance` is below `UNCLUSTERED`.
    """

    community: FloatArray
    stability: FloatArray
    returning: FloatArray
    membership: FloatArray
    p_chance: float
    clustered: bool


def judge(
    traces: Traces,
    labels: Labels,
    resolution: float,
    *,
    memberships: Memberships,
    budget: Budget,
    seeds: np.random.SeedSequence,
) -> Judgement:
    """Judge communities and memberships.

    Parameters
    ----------
    traces : Traces
        Ties and events.
    labels : ndarray of int32, shape (n,)
        Canonical labels of the partition.
    resolution : float
        Resolution at which it was found.
    memberships : Memberships
        Who is in which communities: their own, and others beside it.
    budget : Budget
        How much work to do.
    seeds : numpy.random.SeedSequence
        Source of seeds.

    Returns
    -------
    Judgement

    Notes
    -----
    Two things speak for a community: that it comes back when every event is drawn a Poisson(1) number of times, and
    that it is more striking than what the same search makes of chance. A logistic model turns both into a probability.
    It starts from what generated networks taught (`benchmarks/confidence.py`), counted as two hundred communities, and
    is brought up to date by twins of this network: the same degrees, weights and events, a part of the communities
    planted, in varied strength, and the rest dissolved. Memberships are judged in the same way.

    Nothing hangs on how people or communities are numbered, nor on the order of ties, but for people whose surroundings
    are the same to the last digit. Who has no tie takes no part, and changes nothing for the others.
    """
    if not len(traces.a):
        nothing, none = np.zeros(int(labels.max(initial=-1)) + 1), np.zeros(len(memberships.person))
        return Judgement(nothing, nothing, none, none, 1.0, False)
    among = Tied.of(traces.a, traces.b, traces.n)
    if among.everybody:
        return _judge(traces, labels, resolution, memberships, budget, seeds)
    kept, inside = among.place[memberships.person] >= 0, labels[among.people]
    own = canonical(inside)
    number = np.full(int(labels.max()) + 1, -1)
    number[inside] = own
    theirs = replace(
        memberships,
        person=among.place[memberships.person[kept]],
        community=number[memberships.community[kept]],
        **{name: getattr(memberships, name)[kept] for name in ("strength", "surprise", "p", "home")},
        periphery=memberships.periphery[among.people],
    )
    tied = replace(traces, n=len(among.people), a=among.place[traces.a], b=among.place[traces.b])
    found = _judge(tied, own, resolution, theirs, budget, seeds)
    # Who has no tie is surely alone again, and no community.
    some, at = number >= 0, number[number >= 0]
    likely, stability = np.zeros(len(number)), np.ones(len(number))
    likely[some], stability[some] = found.community[at], found.stability[at]
    returning, member = np.ones(len(kept)), np.zeros(len(kept))
    returning[kept], member[kept] = found.returning, found.membership
    return Judgement(likely, stability, returning, member, found.p_chance, found.clustered)


def _judge(
    traces: Traces,
    labels: Labels,
    resolution: float,
    memberships: Memberships,
    budget: Budget,
    seeds: np.random.SeedSequence,
) -> Judgement:
    """Judge communities and memberships of people who all have ties."""
    traces, labels, memberships, number = _unnamed(traces, labels, memberships)
    own, by_chance, of_twins = seeds.spawn(3)
    ties = traces.ties()
    back, at_random = returns_and_chance(traces, labels, resolution, (budget.draws, budget.chance), (own, by_chance))
    clustered = at_random.p < UNCLUSTERED
    twins = _cases(traces, labels, at_random.level, budget, of_twins) if clustered else Cases.none()
    returning = _returning(back, memberships)
    evidence = community_evidence(back.community, striking(ties, labels), at_random.level)
    likely = _updated(prior("community", _CASES), twins.community, twins.true).probability(evidence)
    likely = np.where((np.bincount(labels) >= MIN_SIZE) & clustered, likely, 0.0)
    belongs = member_evidence(returning, memberships.surprise, memberships.home)
    member = _updated(prior("member", _CASES), twins.member, twins.belongs).probability(belongs)
    member = likely[memberships.community] * member
    return Judgement(likely[number], back.community[number], returning, member, at_random.p, clustered)


def _unnamed(traces: Traces, labels: Labels, memberships: Memberships) -> tuple[Traces, Labels, Memberships, IntArray]:
    """Number people and ties by structure, as chance is drawn in their order; return new numbers of communities too."""
    order = np.argsort(traces.ties().keys, kind="stable")
    rank = np.empty(traces.n, dtype=np.int64)
    rank[order] = np.arange(traces.n)
    ends = rank[traces.a], rank[traces.b]
    a, b = np.minimum(*ends), np.maximum(*ends)
    rows = np.argsort(a * traces.n + b)
    weight, amount, events = traces.weight[rows], traces.amount[rows], traces.events[rows]
    renamed = canonical(labels[order])
    number = np.empty(int(labels.max()) + 1, dtype=np.int64)
    number[labels[order]] = renamed
    return (
        replace(traces, a=a[rows], b=b[rows], weight=weight, amount=amount, events=events, by_structure=True),
        renamed,
        replace(memberships, person=rank[memberships.person], community=number[memberships.community]),
        number,
    )


def _returning(back: Returns, memberships: Memberships) -> FloatArray:
    """Return the share of draws in which each membership holds."""
    share: FloatArray = (back.inside[:, memberships.person] == memberships.community).mean(axis=0)
    return share


@dataclass(frozen=True, eq=False)
class Cases:
    """Evidence for communities and memberships of twins, and what is true of them."""

    community: FloatArray
    true: BoolArray
    member: FloatArray
    belongs: BoolArray

    @classmethod
    def none(cls) -> Cases:
        """No case at all."""
        return cls(np.empty((0, 3)), np.empty(0, bool), np.empty((0, 4)), np.empty(0, bool))

    @classmethod
    def together(cls, many: list[Cases]) -> Cases:
        """Put cases together."""
        if not many:
            return cls.none()
        return cls(
            np.concatenate([one.community for one in many]),
            np.concatenate([one.true for one in many]),
            np.concatenate([one.member for one in many]),
            np.concatenate([one.belongs for one in many]),
        )


def _updated(start: Logistic, evidence: FloatArray, truth: BoolArray) -> Logistic:
    """Bring a model up to date; twins together count as much as what was known before."""
    return fitted(evidence, truth, start, min(1.0, _CASES / len(truth))) if len(truth) else start


def _cases(traces: Traces, labels: Labels, level: float, budget: Budget, seeds: np.random.SeedSequence) -> Cases:
    """Draw twins and collect their cases."""

    def once(own: np.random.SeedSequence) -> Cases:
        first, second = own.spawn(2)
        rng = np.random.default_rng(first)
        twin = planted(traces, labels.astype(np.int64), rng)
        ties, seed = twin.traces.ties(), int(rng.integers(2**31))
        # Made once, before both starts share them.
        ties.numbered if large(ties.n) else ties.keys
        gamma = fixed_point(
            twin.traces.a, twin.traces.b, ties.weight, partition=lambda at: partition(ties, at, seed), threads=None
        ).value
        found = partition(ties, gamma, seed)
        return cases(twin.traces, found, gamma, level, as_truth(twin.truth), budget.twin_draws, second)

    return Cases.together(together(once, seeds.spawn(budget.twins)))


def cases(
    traces: Traces,
    labels: Labels,
    resolution: float,
    level: float,
    truth: sp.csr_array[np.float64],
    draws: int,
    seeds: np.random.SeedSequence,
) -> Cases:
    """Return the cases of one network whose communities are known.

    Parameters
    ----------
    traces : Traces
        Ties and events.
    labels : ndarray of int32, shape (n,)
        The communities that were found.
    resolution : float
        Resolution.
    level : float
        The score that one in twenty communities found in chance passes.
    truth : sparse array, shape (n, planted communities)
        1 for who is in which planted community.
    draws : int
        How often events are drawn again.
    seeds : numpy.random.SeedSequence
        Source of seeds.

    Returns
    -------
    Cases
    """
    ties = traces.ties()
    back = returns(traces, labels, resolution, draws, seeds)
    memberships = extend(ties, labels)
    jaccard, match = best_planted(memberships, int(labels.max()) + 1, truth)
    large = np.bincount(memberships.community, minlength=len(jaccard)) >= MIN_SIZE
    true = jaccard >= SAME
    told = (large & true)[memberships.community]
    evidence = member_evidence(_returning(back, memberships), memberships.surprise, memberships.home)
    belongs = picked(truth, memberships.person[told], match[memberships.community[told]]) > 0
    return Cases(
        community_evidence(back.community, striking(ties, labels), level)[large], true[large], evidence[told], belongs
    )


def best_planted(memberships: Memberships, count: int, truth: sp.csr_array[np.float64]) -> tuple[FloatArray, IntArray]:
    """Return the Jaccard index of each found community with the planted one most like it, and which that is."""
    best, match = np.zeros(count), np.zeros(count, dtype=np.int64)
    if not truth.nnz:
        return best, match
    ones = np.ones(len(memberships.person))
    found = sp.csr_array((ones, (memberships.community, memberships.person)), shape=(count, truth.shape[0]))
    shared = (found @ truth).tocoo()
    one, other = shared.coords
    size = np.bincount(memberships.community, minlength=count)[one]
    jaccard = shared.data / (size + np.asarray(truth.sum(axis=0)).reshape(-1)[other] - shared.data)
    order = np.lexsort((-other, jaccard))
    best[one[order]], match[one[order]] = jaccard[order], other[order]
    return best, match


def as_truth(truth: IntArray) -> sp.csr_array[np.float64]:
    """Turn planted labels, -1 for none, into a sparse array."""
    inside = np.flatnonzero(truth >= 0)
    shape = (len(truth), int(truth.max(initial=-1)) + 1)
    return sp.csr_array((np.ones(len(inside)), (inside, truth[inside])), shape=shape)
