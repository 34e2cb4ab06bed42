"""Who keeps in touch with whom: durable ties that follow the formal structure, and the planted ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from commfinder.simulation.rosters import Community, Planted
from commfinder.simulation.structure import Bools, Floats, Ints, Structure

__all__ = ["RATES", "SLOWEST", "Chart", "Ties", "background", "draw_ties"]

_PEERS = 0.62  # chance of a tie between two people of average activity with the same manager
_REPORTS = 0.92  # between a manager and a report
_TARGETS = {"unit": 3.2, "site": 1.9, "elsewhere": 2.1}
"""Durable ties a person has on average in the rest of the unit, the rest of the site, and elsewhere.

With some three and a half to team mates and one to the manager they make about twelve, of which two thirds
stay inside the unit; these are the proportions that mail of organisations shows.
"""

RATES = {"peers": 1.15, "unit": 0.95, "site": 0.9, "elsewhere": 0.9, "planted": 1.0}
"""Messages of a tie per week, median.

A tie must show as two messages in each of two windows of four weeks and one each way, so rates stay well
above the half a message a week at which that would be left to chance.
"""
SLOWEST, _FASTEST = 0.6, 4.0
_FEWEST_PLANTED = 3  # ties inside the community that each of its members has at least


@dataclass(frozen=True)
class Ties:
    """Durable dyads, each pair of people once.

    Parameters
    ----------
    a, b : numpy.ndarray of int, shape (m,)
        The two people, a < b, in lexicographic order.
    rate : numpy.ndarray of float, shape (m,)
        Messages per week, both directions together.
    balance : numpy.ndarray of float, shape (m,)
        Share of the conversations that `a` opens.
    chat_share : numpy.ndarray of float, shape (m,)
        Share of the conversations held in direct chat rather than by mail.
    planted : numpy.ndarray of bool, shape (m,)
        Whether the tie would not be there without a planted community.
    """

    a: Ints
    b: Ints
    rate: Floats
    balance: Floats
    chat_share: Floats
    planted: Bools

    def neighbours(self, people: int) -> list[set[int]]:
        """Return for each of `people` people whom they have ties with."""
        found: list[set[int]] = [set() for _ in range(people)]
        for a, b in zip(self.a.tolist(), self.b.tolist(), strict=True):
            found[a].add(b)
            found[b].add(a)
        return found


def draw_ties(rng: np.random.Generator, structure: Structure, planted: Planted) -> Ties:
    """Draw the durable relationships.

    The background is degree-corrected: two people are tied with a probability in proportion to the product of
    their activities and to a factor for what the chart says of them: same manager, same unit, same site, none
    of these. Planted communities then add ties among their members with a probability of their own, wherever
    the background has none.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    structure : Structure
        The formal organisation.
    planted : Planted
        The communities.

    Returns
    -------
    Ties
    """
    found = background(rng, Chart(structure))
    extra: set[tuple[int, int]] = set()
    for community in planted.tied:
        extra |= _community_ties(rng, community, found)
    pairs = sorted([*found, *extra])
    a = np.array([pair[0] for pair in pairs], dtype=np.int64)
    b = np.array([pair[1] for pair in pairs], dtype=np.int64)
    kind = [found.get(pair, "planted") for pair in pairs]
    median = np.array([RATES[name] for name in kind])
    size = len(pairs)
    rate = np.clip(median * rng.lognormal(0.0, 0.4, size=size), SLOWEST, _FASTEST)
    both_chat = structure.on_slack[a] & structure.on_slack[b]
    chatting = both_chat & (rng.random(size) < 0.35)
    return Ties(
        a=a,
        b=b,
        rate=rate,
        balance=rng.beta(5.0, 5.0, size=size),
        chat_share=np.where(chatting, rng.beta(2.0, 3.0, size=size), 0.0),
        planted=np.array([pair in extra for pair in pairs], dtype=np.bool_),
    )


class Chart:
    """How likely the formal structure ties two people, whatever groups they are in.

    Parameters
    ----------
    structure : Structure
        The formal organisation.
    """

    def __init__(self, structure: Structure) -> None:
        people = structure.size
        self.structure = structure
        self.weight: Floats = np.where(structure.dormant, 0.0, structure.activity)
        self.bosses: Ints = np.where(structure.manager < 0, people, structure.manager)
        self.circle: Ints = np.bincount(self.bosses, minlength=people + 1)
        self.factors: Floats = np.array(_factors(structure, self.weight))

    def row(self, person: int, others: Ints) -> tuple[Floats, Ints]:
        """Return the probability of a tie of one person with each of some others, and what the chart says of them."""
        kind = _kinds(self.structure, person, others)
        # Large circles (all unit heads report to one head) are looser than teams of seven.
        looser = min(1.0, 9.0 / max(self.circle[self.bosses[person]], 1))
        chance = self.factors[kind] * self.weight[person] * self.weight[others]
        chance[kind == 1] *= looser
        both = self.weight[person] * self.weight[others] > 0
        return np.where(kind == 0, _REPORTS * both, np.minimum(chance, 0.92)), kind

    def among(self, members: Sequence[int]) -> float:
        """Return how many ties the chart is expected to bring about among some people."""
        people = np.array(sorted(members), dtype=np.int64)
        return float(sum(self.row(int(people[n]), people[n + 1 :])[0].sum() for n in range(len(people) - 1)))


def background(rng: np.random.Generator, chart: Chart) -> dict[tuple[int, int], str]:
    """Draw the ties that the formal structure brings about, row by row so that memory stays small.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    chart : Chart
        How likely they are.

    Returns
    -------
    dict of (int, int) to str
        What brings two people together, the smaller index first.
    """
    people = chart.structure.size
    found: dict[tuple[int, int], str] = {}
    everyone = np.arange(people)
    for person in range(people - 1):
        others = everyone[person + 1 :]
        chance, kind = chart.row(person, others)
        hits = np.flatnonzero(rng.random(len(others)) < chance)
        for hit in hits:
            found[person, int(others[hit])] = ("peers", "peers", "unit", "site", "elsewhere")[int(kind[hit])]
    return found


def _kinds(structure: Structure, person: int, others: Ints) -> Ints:
    """Say what the chart holds: 0 reports to, 1 same manager, 2 same unit, 3 same site, 4 none of these."""
    kind = np.full(len(others), 4, dtype=np.int64)
    kind[structure.site[others] == structure.site[person]] = 3
    kind[structure.unit[others] == structure.unit[person]] = 2
    kind[(structure.manager[others] == structure.manager[person]) & (structure.manager[person] >= 0)] = 1
    kind[(structure.manager[others] == person) | (structure.manager[person] == others)] = 0
    return kind


def _factors(structure: Structure, weight: Floats) -> tuple[float, ...]:
    """Solve for the factors that give the wanted mean number of ties of each kind."""
    sums = np.zeros(5)
    everyone = np.arange(structure.size)
    for person in range(structure.size - 1):
        others = everyone[person + 1 :]
        products = weight[person] * weight[others]
        sums += np.bincount(_kinds(structure, person, others), weights=products, minlength=5)
    active = int((weight > 0).sum())
    wanted = [target * active / 2 for target in _TARGETS.values()]
    return (_REPORTS, _PEERS, *(w / s if s > 0 else 0.0 for w, s in zip(wanted, sums[2:], strict=True)))


def _community_ties(
    rng: np.random.Generator, community: Community, found: dict[tuple[int, int], str]
) -> set[tuple[int, int]]:
    """Draw the ties of one community; nobody in it hangs on by fewer than a few."""
    core = set(community.core)
    members = community.members
    extra: set[tuple[int, int]] = set()
    degree = dict.fromkeys(members, 0)
    absent: list[tuple[int, int]] = []
    for index, a in enumerate(members):
        for b in members[index + 1 :]:
            outside = 2 - (a in core) - (b in core)
            hit = bool(rng.random() < community.density[outside])
            if hit or (a, b) in found:
                degree[a] += 1
                degree[b] += 1
            else:
                absent.append((a, b))
            if hit and (a, b) not in found:
                extra.add((a, b))
    for position in rng.permutation(len(absent)):
        a, b = absent[int(position)]
        if min(degree[a], degree[b]) < _FEWEST_PLANTED:
            extra.add((a, b))
            degree[a] += 1
            degree[b] += 1
    return extra
