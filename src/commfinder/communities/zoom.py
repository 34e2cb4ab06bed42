"""Coarser and finer communities beside those found, and what every other resolution would show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder import _validate
from commfinder.communities.compare import adjusted_rand
from commfinder.communities.engines import ENGINES, Task, ensemble
from commfinder.communities.quality import canonical
from commfinder.communities.resolution import fixed_point, optimal_range, planted_rates
from commfinder.communities.ties import Ties
from commfinder.errors import InputError

__all__ = ["Zoom", "profile", "zoom"]

Labels = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]

_RUNS = 4
_STEPS, _MIN_SIZE, _DIGITS = 21, 3, 12


@dataclass(frozen=True, eq=False, repr=False)
class Zoom:
    """Communities at several resolutions, and whether the finer ones lie within the coarser ones.

    Make one with `zoom`.

    Parameters
    ----------
    levels : tuple of (float, ndarray of int32)
        Resolution and canonical labels of each level, coarsest first.
    links : pandas.DataFrame
        One row for each community of two people or more, at every level but the coarsest: level (place in `levels`),
        community (its label there), size, parent (label of the community of the next coarser level that holds most of
        its people; of several, the largest), share (of its people who are in the parent, above 0 to 1), nested (whether
        that is everybody).
    nesting : tuple of float
        For each level but the coarsest, the share of the people of its communities of two or more whose community lies
        wholly in its parent; nan where there is no such community.
    cost : tuple of float
        For each level how far its modularity is below the best found there, for the sake of nesting; 0 for the level
        that was given.
    """

    levels: tuple[tuple[float, Labels], ...]
    links: pd.DataFrame
    nesting: tuple[float, ...]
    cost: tuple[float, ...]

    @property
    def nests(self) -> bool:
        """Whether every community lies wholly in one of the next coarser level."""
        return bool(self.links["nested"].all())

    def to_frame(self, people: Sequence[str] | None = None) -> pd.DataFrame:
        """Return who is in which community at which level.

        Parameters
        ----------
        people : sequence of str, optional
            Names of the people, in the order of the labels; None for their numbers.

        Returns
        -------
        pandas.DataFrame
            person, level, resolution, community (missing for who is alone there): one row per level and person.

        Raises
        ------
        InputError
            If there are more or fewer names than people.
        """
        n = len(self.levels[0][1])
        names = list(range(n)) if people is None else list(people)
        if len(names) != n:
            raise InputError(f"There are {len(names)} names of {n} people.", need="One for each is needed.")
        parts = []
        for level, (resolution, labels) in enumerate(self.levels):
            alone = np.bincount(labels)[labels] < 2
            shown = pd.Series(labels, dtype="Int64").mask(alone)
            parts.append(pd.DataFrame({"person": names, "level": level, "resolution": resolution, "community": shown}))
        return pd.concat(parts, ignore_index=True)

    def __repr__(self) -> str:
        many = ", ".join(str(int((np.bincount(labels) > 1).sum())) for _, labels in self.levels)
        at = ", ".join(f"{resolution:.3g}" for resolution, _ in self.levels)
        apart = int((~self.links["nested"]).sum())
        how = "all nest" if not apart else f"{apart} of {len(self.links)} do not lie wholly in a coarser one"
        return f"<Zoom: {many} communities at resolution {at}; {how}>"


def zoom(
    ties: Ties,
    labels: npt.ArrayLike,
    resolution: float,
    *,
    factors: tuple[float, ...] = (1 / 3, 1.0, 3.0),
    tolerance: float = 1e-3,
    seed: int = 0,
) -> Zoom:
    """Find coarser and finer communities beside given ones, nested where that costs next to nothing.

    Prefer `profile` to see how many communities any resolution would show, without a hierarchy.

    Parameters
    ----------
    ties : Ties
        The ties.
    labels : array-like of int, shape (n,)
        The communities found, from 0 up, each connected; who is in none is alone. They are kept as they are.
    resolution : float
        The resolution they were found at, above zero.
    factors : tuple of float, default (1/3, 1.0, 3.0)
        The levels, as multiples of the resolution; 1 stands for the labels given.
    tolerance : float, default 1e-3
        How much modularity a level may give up for nesting, 0 to 1. Searches differ by about a thousandth anyway. With
        1, levels nest at any cost, which `Zoom.cost` tells.
    seed : int, default 0
        Seed; equal seeds give equal bytes.

    Returns
    -------
    Zoom

    Raises
    ------
    InputError
        If there is not one label for everybody, or an option is out of range.

    Notes
    -----
    A coarser level is searched for with the communities of the level below as the people of a smaller graph, so that it
    is made of them; a finer one within each community of the level above. Merging and cutting change modularity as in
    the whole graph, since strengths are those of the whole graph. Then people may leave what was found, and last the
    search is free, from everybody alone. The first of these three is kept that is as good as the best, but for the
    tolerance. Many real networks have no nested levels at equal quality; `Zoom.links` tells which communities do not
    nest, and by how much. All communities found are connected if those given are.

    References
    ----------
    .. [1] Traag, Waltman, van Eck (2019), From Louvain to Leiden. doi:10.1038/s41598-019-41695-z

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.array([0, 0, 1, 3, 3, 4, 2]), np.array([1, 2, 2, 4, 5, 5, 3])
    >>> zoom(Ties.of(a, b, n=6), [0, 0, 0, 1, 1, 1], 0.8)
    <Zoom: 1, 2, 2 communities at resolution 0.267, 0.8, 2.4; all nest>
    """
    given = _labels(labels, ties.n)
    resolution = _validate.positive(resolution, what="resolution")
    places = sorted({_validate.positive(factor, what="A factor") for factor in factors})
    if 1.0 not in places:
        raise InputError(f"factors is {factors!r}.", need="1 must be among them: it stands for the labels given.")
    at = [_validate.positive(resolution * factor, what="resolution times a factor") for factor in places]
    tolerance = _validate.fraction(tolerance, what="tolerance")
    middle = places.index(1.0)
    search = _Search(ties, _validate.seed(seed))
    kept = [(given, 0.0)]
    for gamma in at[:middle][::-1]:
        kept.insert(0, search.level(search.coarser(kept[0][0], gamma), gamma, tolerance))
    for gamma in at[middle + 1 :]:
        kept.append(search.level(search.finer(kept[-1][0], gamma), gamma, tolerance))
    found, cost = zip(*kept, strict=True)
    links = [_links(level, *pair) for level, pair in enumerate(pairwise(found), 1)]
    shares = [float(np.average(one["nested"], weights=one["size"])) if len(one) else math.nan for one in links]
    nobody = np.empty(0, dtype=np.int32)
    table = pd.concat([_links(0, nobody, nobody), *links], ignore_index=True)
    return Zoom(tuple(zip(at, found, strict=True)), table, tuple(shares), cost)


def profile(ties: Ties, *, resolutions: npt.ArrayLike | None = None, runs: int = 5, seed: int = 0) -> pd.DataFrame:
    """Return what each of many resolutions shows, and which of them show something that is best anywhere.

    It takes as many searches as there are resolutions times runs. Prefer `fixed_point` for the one resolution that
    suits a graph, and `zoom` for a few levels that belong together.

    Parameters
    ----------
    ties : Ties
        The ties.
    resolutions : array-like of float, optional
        Resolutions above zero; None for 21 from a tenth of the fixed point to ten times it, with itself in the middle.
    runs : int, default 5
        Seeded runs at each resolution, at least 2.
    seed : int, default 0
        Seed; equal seeds give equal bytes.

    Returns
    -------
    pandas.DataFrame
        One row per resolution, lowest first, of the run with the highest modularity there: resolution, communities (of
        three people or more), quality (modularity at that resolution, at most 1), largest (share of the people with
        ties who are in the largest community, 0 to 1), agreement (mean adjusted Rand index of all pairs of runs, over
        people with ties), likelihood (of the planted partition, in nats per unit of weight over that of strengths
        alone; nan without ties), admissible (whether no other partition found is better all over), optimal_from and
        optimal_to (between which of the resolutions none found is better; nan where not admissible).

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    The modularity of a partition is a falling line in the resolution, so the best of all partitions found is the upper
    hull of their lines, and each partition on it is best in one range [1]_. A partition that is best over a wide range
    is a scale of its own; one that is best nowhere needs no look. Equal ranges in several rows are one partition, or
    several that are equally good.

    References
    ----------
    .. [1] Weir, Emmons, Gibson, Taylor, Mucha (2017), Post-processing partitions to identify domains of modularity
       optimization. doi:10.3390/a10030093

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.array([0, 0, 1, 3, 3, 4, 2]), np.array([1, 2, 2, 4, 5, 5, 3])
    >>> seen = profile(Ties.of(a, b, n=6), resolutions=[0.2, 0.5, 1.0])
    >>> seen[["communities", "optimal_from", "optimal_to"]].round(3).values.tolist()
    [[1.0, 0.2, 0.286], [2.0, 0.286, 1.0], [2.0, 0.286, 1.0]]
    """
    runs = _validate.count(runs, what="runs", low=2)
    search = _Search(ties, _validate.seed(seed), runs)
    grid = _grid(search, resolutions)
    tied = ties.rows.strength > 0
    lines, rows = [], []
    for number, gamma in enumerate(grid):
        found = search.free(gamma)
        here = np.array([search.line(labels) for labels in found])
        lines.append(here)
        best, quality = _best(here, gamma)
        size = np.bincount(found[best][tied])
        rows.append(
            {
                "resolution": gamma,
                "communities": int((size >= _MIN_SIZE).sum()),
                "quality": quality,
                "largest": float(size.max() / tied.sum()) if len(size) else 0.0,
                "agreement": float(np.mean([adjusted_rand(x[tied], y[tied]) for x, y in combinations(found, 2)])),
                "likelihood": search.likelihood(found[best]),
                "place": number * runs + best,
            }
        )
    frame = pd.DataFrame(rows)
    low, high = optimal_range(np.concatenate(lines), grid[0], grid[-1])
    place = frame.pop("place").to_numpy()
    return frame.assign(admissible=np.isfinite(low[place]), optimal_from=low[place], optimal_to=high[place])


@dataclass(frozen=True, eq=False)
class _Search:
    """Searches on one set of ties, on weights that are whole numbers: they add up the same in any order."""

    ties: Ties
    seed: int
    runs: int = _RUNS

    @cached_property
    def seeds(self) -> list[int]:
        """Seeds of the runs: the same at every resolution, so that none hangs on which others are looked at."""
        return [int(one) for one in np.random.SeedSequence(self.seed).generate_state(self.runs)]

    @cached_property
    def who(self) -> Labels:
        """Whose neighbour each entry of the rows is."""
        return np.repeat(np.arange(self.ties.n, dtype=np.int32), np.diff(self.ties.rows.start))

    def free(self, gamma: float) -> list[Labels]:
        """Search from everybody alone."""
        return ensemble(Task(self.ties, resolution=gamma), self.seeds)

    def coarser(self, labels: Labels, gamma: float) -> list[Labels]:
        """Join communities."""
        rows = self.ties.rows
        one, other = labels[self.who], labels[rows.neighbour]
        strength = np.asarray(np.bincount(labels, rows.strength, 1), dtype=np.float64)
        return [found[labels] for found in self._within(one, other, one < other, strength, gamma)]

    def finer(self, labels: Labels, gamma: float) -> list[Labels]:
        """Cut communities."""
        rows = self.ties.rows
        same = (labels[self.who] == labels[rows.neighbour]) & (self.who < rows.neighbour)
        return self._within(self.who, rows.neighbour, same, rows.strength, gamma)

    def _within(
        self, a: Labels, b: Labels, kept: npt.NDArray[np.bool_], strength: FloatArray, gamma: float
    ) -> list[Labels]:
        """Search among some of the ties with the strengths of all: modularity as a constant Potts model."""
        total = float(strength.sum())
        some = Ties.of(a[kept], b[kept], self.ties.rows.weight[kept], n=len(strength))
        if not total > 0:
            return [np.arange(len(strength), dtype=np.int32)]
        return ensemble(Task(some, objective="cpm", resolution=gamma / total, sizes=strength), self.seeds)

    def level(self, nested: list[Labels], gamma: float, tolerance: float) -> tuple[Labels, float]:
        """Return nested labels, or near ones, or free ones: the first that are good enough, and what that costs."""
        first = self.best(nested, gamma)
        near = ENGINES["leiden"](Task(self.ties, resolution=gamma, start=canonical(first[0])), self.seeds[0])
        tried = [first, self.best([near], gamma), self.best(self.free(gamma), gamma)]
        best = max(quality for _, quality in tried)
        allowed = tolerance if tolerance < 1 else math.inf
        return next((canonical(labels), best - quality) for labels, quality in tried if best - quality <= allowed)

    def best(self, found: list[Labels], gamma: float) -> tuple[Labels, float]:
        """Return the best labels and their modularity."""
        place, quality = _best(np.array([self.line(labels) for labels in found]), gamma)
        return found[place], quality

    def line(self, labels: Labels) -> tuple[float, float]:
        """Return the share of weight inside communities, and the share that strengths alone would put there."""
        rows = self.ties.rows
        total = float(rows.strength.sum())
        if not total > 0:
            return 0.0, 0.0
        inside = float(rows.weight[labels[self.who] == labels[rows.neighbour]].sum()) / total
        # In order of size, so that numbering has no part in it; and no more digits than rounding leaves.
        expected = float((np.sort(np.bincount(labels, rows.strength) / total) ** 2).sum())
        return float(f"{inside:.{_DIGITS}g}"), float(f"{expected:.{_DIGITS}g}")

    def likelihood(self, labels: Labels) -> float:
        """Return the log-likelihood of the planted partition per unit of weight."""
        rows = self.ties.rows
        return round(planted_rates(self.who, rows.neighbour, rows.weight, labels)[2], _DIGITS)


def _best(lines: FloatArray, gamma: float) -> tuple[int, float]:
    """Return which line is highest at a resolution, and how high; the first of those that differ by rounding."""
    quality = lines[:, 0] - gamma * lines[:, 1]
    best = int(np.argmax(np.round(quality, 10)))
    return best, float(quality[best])


def _links(level: int, coarse: Labels, fine: Labels) -> pd.DataFrame:
    """Find for each finer community the coarser one that holds most of it."""
    kinds = int(coarse.max(initial=-1)) + 1
    cell, people = np.unique(fine.astype(np.int64) * kinds + coarse, return_counts=True)
    community, parent = np.divmod(cell, max(kinds, 1))
    order = np.lexsort((parent, -people, community))
    first = order[np.unique(community[order], return_index=True)[1]]
    size = np.bincount(fine)
    first = first[size > 1]
    whole = size[community[first]]
    return pd.DataFrame(
        {
            "level": np.full(len(first), level, dtype=np.int64),
            "community": community[first],
            "size": whole,
            "parent": parent[first],
            "share": people[first] / whole,
            "nested": people[first] == whole,
        }
    )


def _labels(labels: npt.ArrayLike, n: int) -> Labels:
    """Check labels."""
    given = np.asarray(labels)
    if given.shape != (n,):
        raise InputError(f"labels has the shape {given.shape}.", need=f"One for each of the {n} people is needed.")
    if n and (given.dtype.kind not in "iu" or given.min() < 0):
        need = "Whole numbers from 0 up are needed."
        raise InputError(f"labels holds {given.min()}, {given.dtype}.", need=need, hint="Who is in none is alone.")
    return canonical(given.astype(np.int64))


def _grid(search: _Search, given: npt.ArrayLike | None) -> FloatArray:
    """Check resolutions and sort them; or return some around the fixed point."""
    if given is None:
        ties, run = search.ties, ENGINES["leiden"]
        found = fixed_point(
            ties.a, ties.b, ties.weight, partition=lambda gamma: run(Task(ties, resolution=gamma), search.seeds[0])
        )
        return found.value * 10.0 ** np.linspace(-1.0, 1.0, _STEPS)
    values = np.unique(np.asarray(given, dtype=np.float64))
    if not len(values):
        raise InputError("There are no resolutions.", need="At least one is needed.")
    return np.array([_validate.positive(float(one), what="A resolution") for one in values])
