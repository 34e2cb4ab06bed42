"""The evidence on one group: every number that the verdict and its sentence rest on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from commfinder.declared.over_time import held_out_core, persistence, thirds, trend
from commfinder.declared.permutation import Matcher, Replicates, matched_permutation
from commfinder.declared.roster import Roster, TieTable
from commfinder.declared.shape import (
    MIN_CORE,
    Bridge,
    Broker,
    Split,
    best_split,
    bridge,
    brokers,
    component_share,
    member_scores,
    peel_core,
    significant_outsiders,
)
from commfinder.declared.statistics import Lift, lift, poisson_tail, power, z_score
from commfinder.graph.expected import DyadNull

__all__ = ["Evidence", "Settings", "gather"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MIN_OUTSIDE, _APART = 3, 1.5
_NO_REPLICATES = Replicates(1.0, 1.0, float("nan"), np.empty(0))


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
    reciprocity : float
        Share of the ties inside with interactions both ways; nan where the media have no direction or nobody is tied.
    media : tuple of (str, float)
        Share of the ties inside that each medium carries, falling; a tie on two media counts for both.
    structure_share : float
        Share of the ties inside that formal structure explains beyond activity, 0 to 1.
    trend, trend_p : float
        Slope of the group's z per window, and its two-sided probability; nan below four windows.
    broker_two : Broker
        Dependence on two members.
    core_extra : float
        Share of the pairs of the core that have a tie beyond expectation.
    z, z_activity : float
        Residual against formal structure, and against activity alone.
    activity_only : bool
        Whether no formal structure is known, so that activity is all there is to judge by.
    same_as : str
        Another group with the same active members; empty where there is none.
    seen : int
        Members with ties anywhere, of whom `active` are tested: fewer in groups of more than a thousand. -1 for as
        many.
    bridge : Bridge
        What one member joins among all who are tested; `broker` and `connectedness` are of the core where it stands
        out, which may lie on one side of a bridge.
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
    reciprocity: float = float("nan")
    media: tuple[tuple[str, float], ...] = ()
    structure_share: float = 0.0
    trend: float = float("nan")
    trend_p: float = float("nan")
    broker_two: Broker = field(default_factory=lambda: Broker(0.0, 1.0, 0.0))
    core_extra: float = 0.0
    z: float = 0.0
    z_activity: float = 0.0
    activity_only: bool = False
    same_as: str = ""
    seen: int = -1
    bridge: Bridge = field(default_factory=lambda: Bridge(0.0, 0.0, 1.0, 0.0))

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
    def taking_part(self) -> float:
        """Share of the active members who are in the core, or have more ties here than expected all the same."""
        return 1.0 - float(self.audience.mean()) if len(self.core) else 0.0

    @property
    def coverage(self) -> float:
        """Share of the listed members who are active anywhere."""
        return max(self.active, self.seen) / self.size if self.size else 0.0


def gather(
    roster: Roster,
    table: TieTable,
    *,
    formal: DyadNull,
    lam: FloatArray,
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
    lam : ndarray of float, shape (s, s)
        λ among the tested, from a null that does not know the group's own ties where these weigh.
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
    observed, expected = int(ties.sum()) // 2, float(lam.sum()) / 2
    base = float(roster.expected_activity.sum()) / 2
    core, _ = peel_core(ties, lam)
    split = best_split(ties, lam)
    found = _replicates(roster, split, table, formal, matcher, settings, rng)
    shape_of = np.flatnonzero(core) if found.core_p <= settings.alpha and core.any() else np.arange(len(tested))
    inner = np.ix_(shape_of, shape_of)
    one, two = brokers(ties[inner], lam[inner])
    media, reciprocity = table.layers.carried(tested, ties)
    slope, slope_p = trend(roster, expected, table)
    return Evidence(
        group=roster.group,
        size=roster.size,
        active=len(tested),
        seen=roster.active,
        ties=observed,
        own_space_ties=roster.own_space_ties,
        p_all=poisson_tail(observed + roster.own_space_ties, expected),
        expected=expected,
        expected_activity=base,
        lift=lift(observed, expected, roster.pairs),
        p_formal=poisson_tail(observed, expected),
        p_permutation=found.p,
        p_activity=poisson_tail(observed, base),
        power=power(expected, roster.pairs, target=settings.target, alpha=settings.alpha),
        scores=member_scores(ties, lam),
        core=core,
        core_p=found.core_p,
        core_extra=_extra_density(ties, lam, core),
        core_held_out=held_out_core(roster, lam),
        persistence=persistence(roster, expected, table),
        thirds_p=thirds(roster, expected, table),
        trend=slope,
        trend_p=slope_p,
        connectedness=component_share(ties[inner]),
        broker=one,
        broker_two=two,
        bridge=bridge(ties),
        split=split if split is None else replace(split, p_permutation=found.split_p),
        outsiders=_outsiders(roster, table, formal, settings.alpha),
        reciprocity=reciprocity,
        media=media,
        structure_share=_structure_share(observed, expected, base, settings),
        z=float(z_score(observed, expected)),
        z_activity=float(z_score(observed, base)),
        activity_only=not settings.structure_known,
    )


def _replicates(
    roster: Roster,
    split: Split | None,
    table: TieTable,
    formal: DyadNull,
    matcher: Matcher,
    settings: Settings,
    rng: np.random.Generator,
) -> Replicates:
    """Test the group, its core and, where both halves stand out, its division against matched rosters."""
    if len(roster.tested) < MIN_CORE:
        return _NO_REPLICATES
    return matched_permutation(
        roster.tested,
        table=table,
        null=formal,
        matcher=matcher,
        permutations=settings.permutations,
        rng=rng,
        halves=split is not None and split.p <= settings.alpha and split.cross_lift <= _APART,
        alpha=settings.alpha,
        set_aside=roster.all_ties & ~roster.ties,
    )


def _extra_density(ties: BoolArray, lam: FloatArray, core: BoolArray) -> float:
    """Return the share of the pairs of the core that have a tie beyond expectation."""
    many = int(core.sum())
    inner = np.ix_(core, core)
    return float((ties[inner].sum() - lam[inner].sum()) / (many * (many - 1))) if many > 1 else 0.0


def _structure_share(observed: int, expected: float, base: float, settings: Settings) -> float:
    """Return the share of the ties that formal structure explains beyond activity."""
    if not settings.structure_known:
        return 0.0
    return float(np.clip((expected - base) / max(observed, 1), 0.0, 1.0))


def _outsiders(roster: Roster, table: TieTable, null: DyadNull, alpha: float) -> int:
    """Count people outside who have significantly many ties to the tested members."""
    if len(roster.tested) < MIN_CORE:
        return 0
    near, ties = table.near(roster.tested)
    enough = (ties >= MIN_OUTSIDE) & ~np.isin(near, roster.known)
    near, ties = near[enough], ties[enough]
    expected = null.expected(near[:, None], roster.tested[None, :]).sum(axis=1)
    # People with fewer ties to the group do not belong to it, but they count as tests.
    others = int((table.degree > 0).sum()) - roster.active - len(near)
    return int(significant_outsiders(ties.astype(np.float64), expected, alpha=alpha, others=others).sum())
