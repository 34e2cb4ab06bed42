"""The evidence on one group: every number that the verdict and its sentence rest on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commfinder.declared.permutation import Matcher, matched_permutation
from commfinder.declared.roster import Roster, TieTable
from commfinder.declared.shape import (
    MIN_CORE,
    Broker,
    Split,
    best_split,
    broker,
    component_share,
    member_scores,
    peel_core,
    peel_cores,
    significant_outsiders,
)
from commfinder.declared.statistics import Lift, lift, poisson_tail, power, z_score
from commfinder.graph.expected import DyadNull

__all__ = ["Evidence", "Settings", "gather"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_WINDOW_Z = 1.64
_FIRST_ROUND, _STOP_AT, _CELLS = 99, 20, 4_000_000
_BLOCKS = 6


@dataclass(frozen=True)
class Settings:
    """What the tests are run with.

    Parameters
    ----------
    alpha : float
        Level of the tests and of the false discovery rate.
    target : float
        Extra density that is worth finding.
    permutations : int
        Matched rosters for each group.
    structure_known : bool
        Whether units, sites or managers are known at all.
    """

    alpha: float
    target: float
    permutations: int
    structure_known: bool


@dataclass(frozen=True)
class Evidence:
    """What is known of one group.

    Parameters
    ----------
    group : str
        Name.
    size, active : int
        Members listed; members with ties anywhere, who are tested.
    ties : int
        Ties among the tested.
    own_space_ties : int
        Ties set aside because only the group's own space makes them.
    p_all : float
        Tail probability with those ties counted in.
    expected, expected_activity : float
        Ties expected from formal structure and activity, and from activity alone.
    lift : Lift
        Observed over expected, against formal structure.
    p_formal, p_permutation, p_activity : float
        Tail against formal structure; matched permutation; tail against activity alone.
    power : float
        Probability of finding a community of the target density.
    scores : ndarray of float
        z of each tested member.
    core : ndarray of bool
        Who is in the core.
    core_p : float
        How often matched rosters have a core that stands out as much.
    core_held_out : bool
        Whether the core of one half of the windows stands out in the other.
    persistence : float
        Share of windows in which the group stands out; nan where there are no windows.
    thirds_p : tuple of float
        Tail probabilities in the first, middle and last third of the windows.
    connectedness : float
        Share of the core, or else of the active, in the largest connected part.
    broker : Broker
        Dependence on one member.
    split : Split or None
        Best division.
    outsiders : int
        People outside with significantly many ties to the group.
    """

    group: str
    size: int
    active: int
    ties: int
    own_space_ties: int
    p_all: float
    expected: float
    expected_activity: float
    lift: Lift
    p_formal: float
    p_permutation: float
    p_activity: float
    power: float
    scores: FloatArray
    core: BoolArray
    core_p: float
    core_held_out: bool
    persistence: float
    thirds_p: tuple[float, float, float]
    connectedness: float
    broker: Broker
    split: Split | None
    outsiders: int

    @property
    def p(self) -> float:
        """The larger of the two tests' probabilities: a group must pass both."""
        return max(self.p_formal, self.p_permutation)

    @property
    def core_share(self) -> float:
        """Share of the active members in the core, if the core stands out."""
        return float(self.core.mean()) if len(self.core) else 0.0

    @property
    def audience(self) -> BoolArray:
        """Who is active elsewhere but has no more ties here than expected."""
        quiet: BoolArray = ~self.core & (self.scores < 1.0)
        return quiet

    @property
    def coverage(self) -> float:
        """Share of the listed members who are active anywhere."""
        return self.active / self.size if self.size else 0.0


def gather(
    roster: Roster,
    table: TieTable,
    *,
    formal: DyadNull,
    without_own: DyadNull,
    matcher: Matcher,
    settings: Settings,
    rng: np.random.Generator,
) -> Evidence:
    """Gather the evidence on one group.

    Parameters
    ----------
    roster : Roster
        The group as numbers.
    table : TieTable
        Ties of the graph.
    formal : DyadNull
        The formal null of the whole graph; matched rosters are judged by it.
    without_own : DyadNull
        The formal null that does not know the group's own ties, where these weigh; else `formal`.
    matcher : Matcher
        Who could stand in for whom.
    settings : Settings
        Level, target and permutations.
    rng : numpy.random.Generator
        Source of chance, the group's own.

    Returns
    -------
    Evidence
    """
    ties, tested = roster.ties, roster.tested
    # A null that has not seen the group's own ties extrapolates to them, and may expect more ties than a pair can have.
    lam = roster.expected if without_own is formal else np.minimum(without_own.matrix(tested), 1.0)
    observed, expected = int(ties.sum()) // 2, float(lam.sum()) / 2
    base = float(roster.expected_activity.sum()) / 2
    residual = float(z_score(observed, float(roster.expected.sum()) / 2))
    core, _ = peel_core(ties, lam)
    p_permutation, core_p = 1.0, 1.0
    if len(tested) >= MIN_CORE:
        found = matched_permutation(
            tested, residual, table=table, null=formal, matcher=matcher, permutations=settings.permutations, rng=rng
        )
        p_permutation = found.p
        core_p = _core_p(roster, table, formal, matcher, settings.permutations, rng)
    shape_of = np.flatnonzero(core) if core_p <= settings.alpha and core.any() else np.arange(len(tested))
    inner = np.ix_(shape_of, shape_of)
    return Evidence(
        group=roster.group,
        size=roster.size,
        active=len(tested),
        ties=observed,
        own_space_ties=roster.own_space_ties,
        p_all=poisson_tail(observed + roster.own_space_ties, expected),
        expected=expected,
        expected_activity=base,
        lift=lift(observed, expected, roster.pairs),
        p_formal=poisson_tail(observed, expected),
        p_permutation=p_permutation,
        p_activity=poisson_tail(observed, base),
        power=power(expected, roster.pairs, target=settings.target, alpha=settings.alpha),
        scores=member_scores(ties, lam),
        core=core,
        core_p=core_p,
        core_held_out=_held_out(roster, lam),
        persistence=_persistence(roster, expected, table),
        thirds_p=_thirds(roster, expected, table),
        connectedness=component_share(ties[inner]),
        broker=broker(ties[inner], lam[inner]),
        split=best_split(ties, lam),
        outsiders=_outsiders(roster, table, formal, settings.alpha),
    )


def _core_p(
    roster: Roster, table: TieTable, null: DyadNull, matcher: Matcher, permutations: int, rng: np.random.Generator
) -> float:
    """Compare the core with the cores of matched rosters: all are chosen the same way, so the choice is no gain."""
    _, core_z = peel_core(roster.ties, roster.expected)
    hits, seen = 0, 0
    step = max(_CELLS // max(len(roster.tested) ** 2, 1), 1)
    for size in (min(_FIRST_ROUND, permutations), max(permutations - _FIRST_ROUND, 0)):
        drawn = matcher.draw(roster.tested, size, rng) if size else np.empty((0, len(roster.tested)), dtype=np.int64)
        for start in range(0, len(drawn), step):
            i, j = drawn[start : start + step, :, None], drawn[start : start + step, None, :]
            _, z = peel_cores(table.joined(i, j) & (i != j), null.expected(i, j))
            hits, seen = hits + int((z >= core_z - 1e-9).sum()), seen + len(z)
        if hits >= _STOP_AT:
            break
    return (1 + hits) / (1 + seen)


def _held_out(roster: Roster, lam: FloatArray) -> bool:
    """Choose the core on every other window and ask whether it stands out on the rest, and the other way round."""
    windows = len(roster.windows)
    if windows < 2 or not len(roster.tested):
        return False
    stands = []
    for first in (0, 1):
        chosen_on: BoolArray = np.logical_or.reduce(roster.windows[first::2], axis=0)
        asked_of: BoolArray = np.logical_or.reduce(roster.windows[1 - first :: 2], axis=0)
        core, _ = peel_core(chosen_on, lam)
        if not core.any():
            return False
        inner = np.ix_(core, core)
        # Every tie of the graph may be active in the half: expecting all of them there errs on the safe side.
        stands.append(float(z_score(asked_of[inner].sum() / 2, lam[inner].sum() / 2)))
    return min(stands) > _WINDOW_Z


def _persistence(roster: Roster, expected: float, table: TieTable) -> float:
    """Return the share of stretches of time in which the group has more active ties than expected.

    Half a year has six windows of four weeks. Over a longer period single windows hold too little of a small group to
    tell, so there are never more than six stretches.
    """
    total = len(table.keys)
    if len(roster.windows) < 2 or not total:
        return float("nan")
    stands = []
    for block in np.array_split(np.arange(len(roster.windows)), min(len(roster.windows), _BLOCKS)):
        # A tie counts once for each window in which it was active, here as in the whole graph.
        active = roster.windows[block].sum() / 2
        mean = expected * table.by_window[block].sum() / total
        stands.append(float(z_score(active, mean)) > _WINDOW_Z)
    return float(np.mean(stands))


def _thirds(roster: Roster, expected: float, table: TieTable) -> tuple[float, float, float]:
    """Return the tail probabilities in the three thirds of the windows; 1 where there are fewer than three windows."""
    total = len(table.keys)
    if len(roster.windows) < 3 or not total:
        return (1.0, 1.0, 1.0)
    means = expected * table.by_third / total
    counts = roster.thirds.sum(axis=(1, 2)) / 2
    first, middle, last = (poisson_tail(count, mean) for count, mean in zip(counts, means, strict=True))
    return first, middle, last


def _outsiders(roster: Roster, table: TieTable, null: DyadNull, alpha: float) -> int:
    """Count people outside who have significantly many ties to the tested members."""
    if len(roster.tested) < MIN_CORE:
        return 0
    inside = np.zeros(table.n, dtype=bool)
    inside[roster.known] = True
    others = np.flatnonzero(~inside & (table.degree > 0))
    low, high = table.keys // table.n, table.keys % table.n
    tested = np.zeros(table.n, dtype=bool)
    tested[roster.tested] = True
    ties = np.bincount(low[tested[high]], minlength=table.n) + np.bincount(high[tested[low]], minlength=table.n)
    near = others[ties[others] > 0]
    expected = null.expected(near[:, None], roster.tested[None, :]).sum(axis=1)
    # People without a tie to the group can not be significant, but they count as tests.
    observed = np.concatenate([ties[near], np.zeros(len(others) - len(near))]).astype(np.float64)
    mean = np.concatenate([expected, np.ones(len(others) - len(near))])
    return int(significant_outsiders(observed, mean, alpha=alpha).sum())
