"""Who keeps in touch with whom in a planned organisation: ties with a time span and what carries them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from commfinder.simulation.planting import Knot, PlannedGroup
from commfinder.simulation.rosters import Community
from commfinder.simulation.structure import Bools, Floats, Ints, Structure
from commfinder.simulation.ties import RATES, SLOWEST, Chart, background

__all__ = ["Contacts", "draw_contacts"]

_FASTEST = 4.0
_HELD = 0.8  # share of the others who hang together without any one member
_CHECKED = 60  # members; larger knots of such a density do not hang on anybody
_BRIEF = 1.6  # messages a week that ties of a third of the period have at least, to show in two windows of four weeks


@dataclass(frozen=True)
class Contacts:
    """Durable dyads; a pair stands here once for each thing that brings the two together.

    Parameters
    ----------
    a, b : numpy.ndarray of int, shape (m,)
        The two people, a < b.
    rate, balance, chat : numpy.ndarray of float, shape (m,)
        Messages per week while the tie is used; share of the conversations that `a` opens; share of them held in
        direct chat.
    begin, end : numpy.ndarray of float, shape (m,)
        When the tie is used, as shares of the period.
    group : numpy.ndarray of int, shape (m,)
        Index of the planted group, `len(groups)` and on for undeclared communities, -1 for the background.
    space : numpy.ndarray of int, shape (m,)
        Index of the group whose own list or channel carries the tie; -1 for direct talk.
    """

    a: Ints
    b: Ints
    rate: Floats
    balance: Floats
    chat: Floats
    begin: Floats
    end: Floats
    group: Ints
    space: Ints

    def lasting(self) -> Contacts:
        """Return those that are used all through the period."""
        kept = (self.begin == 0) & (self.end == 1)
        return Contacts(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))

    def neighbours(self, people: int) -> list[set[int]]:
        """Return for each of `people` people whom they have ties with at any time."""
        found: list[set[int]] = [set() for _ in range(people)]
        for a, b in zip(self.a.tolist(), self.b.tolist(), strict=True):
            found[a].add(b)
            found[b].add(a)
        return found


def draw_contacts(
    rng: np.random.Generator,
    chart: Chart,
    groups: Sequence[PlannedGroup],
    undeclared: Sequence[Community],
) -> Contacts:
    """Draw the ties of the background, and the extra ones of groups and communities.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    chart : Chart
        How likely the formal structure ties people.
    groups : sequence of PlannedGroup
        The declared groups.
    undeclared : sequence of Community
        The communities in no roster.

    Returns
    -------
    Contacts
    """
    found = background(rng, chart)
    for group in groups:
        for pair in _between(group.apart):
            found.pop(pair, None)
    pairs, kinds = sorted(found), [found[pair] for pair in sorted(found)]
    owner = [-1] * len(pairs)
    forbidden = {pair for group in groups for pair in _between(group.apart)}
    knots = [(number, knot) for number, group in enumerate(groups) for knot in group.knots]
    knots += [(len(groups) + n, Knot(c.members, c.density[0])) for n, c in enumerate(undeclared)]
    for number, knot in knots:
        extra = [pair for pair in _extra(rng, knot, found) if pair not in forbidden]
        pairs, kinds, owner = pairs + extra, kinds + ["planted"] * len(extra), owner + [number] * len(extra)
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    owners = np.array(owner, dtype=np.int64)
    spans = np.array([(g.begin, g.end) for g in groups] + [(0.0, 1.0)] * (len(undeclared) + 1)).reshape(-1, 2)
    begin, end = spans[owners].T
    rate = np.array([RATES[kind] for kind in kinds]) * rng.lognormal(0.0, 0.4, size=len(pairs))
    rate = np.clip(rate, np.where(end - begin < 1, _BRIEF, SLOWEST), _FASTEST)
    spaced = np.array(
        [i if g.medium in {"list", "channel"} else -1 for i, g in enumerate(groups)] + [-1] * (len(undeclared) + 1)
    )
    return Contacts(
        a=ends[:, 0],
        b=ends[:, 1],
        rate=rate,
        balance=rng.beta(5.0, 5.0, size=len(pairs)),
        chat=_chat(rng, chart.structure, groups, ends, owners),
        begin=begin,
        end=end,
        group=owners,
        space=spaced[owners].astype(np.int64),
    )


def _chat(
    rng: np.random.Generator, structure: Structure, groups: Sequence[PlannedGroup], ends: Ints, group: Ints
) -> Floats:
    """Draw the share of chat of each tie: by the group's medium, or as anybody does."""
    size = len(ends)
    possible: Bools = structure.on_slack[ends[:, 0]] & structure.on_slack[ends[:, 1]]
    usual = np.where(rng.random(size) < 0.35, rng.beta(2.0, 3.0, size=size), 0.0)
    mixed = rng.beta(3.0, 3.0, size=size)
    medium = np.array([g.medium for g in groups] + [""] * (int(group.max(initial=0)) + 2 - len(groups)), dtype=object)
    of = np.where(group >= 0, medium[group], "")
    share = np.select(
        [of == "email", of == "chat", of == "email and chat"], [0.0 * usual, usual * 0 + 1.0, mixed], usual
    )
    return np.asarray(np.where(possible, share, 0.0), dtype=np.float64)


def _between(parts: Sequence[tuple[int, ...]]) -> list[tuple[int, int]]:
    """Return the pairs of people of different parts."""
    return [
        (min(a, b), max(a, b))
        for place, part in enumerate(parts)
        for other in parts[place + 1 :]
        for a in part
        for b in other
    ]


def _extra(rng: np.random.Generator, knot: Knot, found: dict[tuple[int, int], str]) -> list[tuple[int, int]]:
    """Draw the extra ties of one knot: between those who have none, and one or two for everybody."""
    people = knot.members
    if knot.hub >= 0:
        return _spokes(rng, knot, found)
    # At low densities nothing is added, so that a power curve has the strength that it says.
    average = knot.density * (len(people) - 1)
    fewest = min(len(people) - 1, 2 if average > 3 else 1 if average > 2 else 0)
    first, second = np.triu_indices(len(people), 1)
    known = np.array(
        [_pair(people[i], people[j]) in found for i, j in zip(first.tolist(), second.tolist(), strict=True)]
    )
    hits = ~known & (rng.random(len(first)) < knot.density)
    degree = np.bincount(first[hits], minlength=len(people)) + np.bincount(second[hits], minlength=len(people))
    for place in rng.permutation(len(people)).tolist():
        mine = np.flatnonzero(~known & ~hits & ((first == place) | (second == place)))
        for edge in rng.permutation(mine)[: max(0, fewest - int(degree[place]))].tolist():
            hits[edge] = True
            degree[first[edge]] += 1
            degree[second[edge]] += 1
    if fewest > 1 and len(people) <= _CHECKED:
        _hold_together(rng, first, second, known, hits)
    return [_pair(people[i], people[j]) for i, j in zip(first[hits].tolist(), second[hits].tolist(), strict=True)]


def _hold_together(rng: np.random.Generator, first: Ints, second: Ints, known: Bools, hits: Bools) -> None:
    """Add the few ties without which a knot would hang on one of its members."""
    size = int(second.max()) + 1
    for _ in range(size):
        tied = np.eye(size, dtype=np.float32)
        edges = known | hits
        tied[first[edges], second[edges]] = tied[second[edges], first[edges]] = 1
        # One copy for each member: what is connected to what without that member.
        reach = np.repeat(tied[None], size, axis=0)
        reach[np.arange(size), np.arange(size)] = reach[np.arange(size), :, np.arange(size)] = 0
        for _ in range(size.bit_length()):
            reach = np.minimum(reach @ reach, 1)
        largest = reach.sum(axis=2).max(axis=1)
        weak = np.flatnonzero(largest < _HELD * (size - 1))
        if not len(weak):
            return
        apart = reach[weak[0]]
        inside = apart[int(apart.sum(axis=1).argmax())] > 0
        free = ~known & ~hits & (inside[first] != inside[second]) & (first != weak[0]) & (second != weak[0])
        hits[rng.choice(np.flatnonzero(free))] = True


def _spokes(rng: np.random.Generator, knot: Knot, found: dict[tuple[int, int], str]) -> list[tuple[int, int]]:
    """Tie a hub to a part: to two of it at least, where there are two."""
    open_ = [person for person in knot.members if _pair(person, knot.hub) not in found]
    keys = rng.random(len(open_))
    most = max(min(2, len(open_)), int((keys < knot.density).sum()))
    return [_pair(open_[place], knot.hub) for place in np.argsort(keys)[:most].tolist()]


def _pair(a: int, b: int) -> tuple[int, int]:
    """Put the smaller first."""
    return (a, b) if a < b else (b, a)
