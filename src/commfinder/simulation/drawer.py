"""How rosters of planted groups are drawn: from which units, and from whom of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from commfinder.simulation.structure import Bools, Floats, Ints, Structure

__all__ = ["Drawer"]

_ONE_UNIT = 0.7


class Drawer:
    """Draws people for rosters, and remembers who belongs to which planted community.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    structure : Structure
        The people.
    overlap : float
        Share of the members of a community who belong to another one as well.
    """

    def __init__(self, rng: np.random.Generator, structure: Structure, overlap: float) -> None:
        self.rng = rng
        self.structure = structure
        self.overlap = overlap
        # The head has ties with everybody who leads a unit, and is in nobody's group.
        self.eligible: Bools = ~structure.dormant & (structure.level > 1)
        self.communities: list[frozenset[int]] = []
        self.load: Ints = np.zeros(structure.size, dtype=np.int64)

    def remember(self, members: Sequence[int]) -> None:
        """Note that people have been tied to one another."""
        self.communities.append(frozenset(members))
        self.load[list(members)] += 1

    def home(self, mix: str, size: int, *, tied: bool) -> tuple[int, ...]:
        """Draw the units that a roster is to come from: three, one, or none in particular.

        Parameters
        ----------
        mix : str
            One of the mixes of a plan.
        size : int
            How many people there are to be.
        tied : bool
            Whether ties will be planted among them.

        Returns
        -------
        tuple of int
            Units that have people enough, if there are any.
        """
        many = {"three units": 3, "70 % one unit": 1}.get(mix, 0)
        if not many:
            return ()
        spare = self.eligible & (self.load == 0) if tied else self.eligible
        counts = np.bincount(self.structure.unit[spare], minlength=len(self.structure.unit_names))
        # Units that have nobody to give any more would make the group one of other units.
        needed = min(size / 3 if many == 3 else _ONE_UNIT * size, np.sort(counts)[-many])
        chance = np.where(counts >= needed, np.maximum(counts, 1), 0)
        return tuple(self.rng.choice(len(counts), size=many, replace=False, p=chance / chance.sum()).tolist())

    def draw(
        self, size: int, mix: str, home: Sequence[int] = (), *, tied: bool, chosen: Sequence[int] = ()
    ) -> list[int]:
        """Draw people of a mix, besides those already chosen.

        Parameters
        ----------
        size : int
            How many people, those chosen included.
        mix : str
            One of the mixes of a plan.
        home : sequence of int
            What `home` returned for the mix.
        tied : bool
            Whether ties will be planted among them: then most of them belong to no planted community yet. In
            other rosters no two belong to the same one, as long as there is anybody else.
        chosen : sequence of int
            Those who are in already.

        Returns
        -------
        list of int
            In the order drawn, after those chosen.
        """
        picked = list(chosen)
        weight = self.structure.activity**2 if mix == "active" else np.ones(self.structure.size)
        again = round(self.overlap * size) if tied else 0
        for among, number in self._quotas(size, home, picked):
            target = min(size, len(picked) + number)
            while len(picked) < target:
                fresh = self._allowed(picked, among, tied=tied, again=len(picked) < again)
                person = self._one(fresh, weight)
                if person < 0:
                    break
                picked.append(person)
        while len(picked) < size:
            person = self._one(self._open(picked, self.eligible), weight)
            if person < 0:
                break
            picked.append(person)
        return picked

    def teams(self, size: int) -> list[int]:
        """Draw whole teams of one unit or two; no two belong to the same planted community."""
        structure = self.structure
        best: list[int] = []
        for _ in range(20):
            units = self.rng.permutation(len(structure.unit_names))[: 1 + int(self.rng.random() < 0.5)]
            pool = np.flatnonzero(self.eligible & np.isin(structure.unit, units) & (structure.level > 2))
            order = {int(boss): place for place, boss in enumerate(self.rng.permutation(np.unique(structure.manager)))}
            roster: list[int] = []
            for person in sorted(pool.tolist(), key=lambda p: (order[int(structure.manager[p])], p)):
                if len(roster) < size and not self._neighbours(roster, person):
                    roster.append(person)
            best = roster if len(roster) > len(best) else best
            if len(best) == size:
                break
        return best

    def clashes(self, roster: Sequence[int]) -> int:
        """Count the pairs of a roster that belong to one planted community."""
        shared = [len(community.intersection(roster)) for community in self.communities]
        return sum(count * (count - 1) // 2 for count in shared)

    def _quotas(self, size: int, home: Sequence[int], picked: Sequence[int]) -> list[tuple[Bools, int]]:
        """Say how many more come from whom."""
        unit = self.structure.unit
        if len(home) == 3:
            quotas = [(self.eligible & (unit == which), size // 3 + (n < size % 3)) for n, which in enumerate(home)]
        elif len(home) == 1:
            most = round(_ONE_UNIT * size)
            quotas = [(self.eligible & (unit == home[0]), most), (self.eligible & (unit != home[0]), size - most)]
        else:
            quotas = [(self.eligible, size)]
        return [(among, max(0, number - int(among[list(picked)].sum()))) for among, number in quotas]

    def _open(self, picked: Sequence[int], among: Bools) -> Bools:
        """Return those who are not picked yet."""
        free = among.copy()
        free[list(picked)] = False
        return free

    def _allowed(self, picked: Sequence[int], among: Bools, *, tied: bool, again: bool) -> Bools:
        """Return who may come next, the best choice that anybody is left in."""
        free = self._open(picked, among)
        apart = free.copy()
        for community in self.communities:
            if not community.isdisjoint(picked):
                apart[list(community)] = False
        if tied:
            wanted = apart & ((self.load > 0) if again else (self.load == 0))
            return next((mask for mask in (wanted, apart & (self.load < 2), apart) if mask.any()), free)
        return apart if apart.any() else free

    def _neighbours(self, roster: Sequence[int], person: int) -> bool:
        """Say whether a person shares a planted community with anybody in a roster."""
        return any(person in community and not community.isdisjoint(roster) for community in self.communities)

    def _one(self, allowed: Bools, weight: Floats) -> int:
        """Draw one person; -1 if nobody is left."""
        people = np.flatnonzero(allowed)
        if not len(people):
            return -1
        steps = np.cumsum(weight[people])
        return int(
            people[min(int(np.searchsorted(steps, self.rng.random() * steps[-1], side="right")), len(people) - 1)]
        )
