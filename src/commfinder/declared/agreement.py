"""How far who is named and who is in contact agree: shares, correlations, and what chance would give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from commfinder.declared.answers import Answers
from commfinder.declared.statistics import z_score
from commfinder.graph import InteractionGraph
from commfinder.graph.expected import DyadNull

__all__ = ["Cell", "Chance", "Traces", "measure", "permuted", "share_interval"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_CELLS = 2_000_000
_FEWEST_TIES, _FEWEST_PAIRS = 5, 10


@dataclass(frozen=True, eq=False)
class Traces:
    """Who is in contact by the traces.

    Parameters
    ----------
    n : int
        Number of people.
    keys : ndarray of int64, shape (m,)
        a * n + b of each pair a < b that interacts at all, sorted.
    weight : ndarray of float64, shape (m,)
        Weight of the tie.
    tie : ndarray of bool, shape (m,)
        Whether the binary rule holds.
    null : DyadNull
        What activity and formal structure explain.
    """

    n: int
    keys: IntArray
    weight: FloatArray
    tie: BoolArray
    null: DyadNull

    @classmethod
    def of(cls, graph: InteractionGraph, null: DyadNull) -> Traces:
        """Take the ties of a graph."""
        a, b = graph.pairs
        n = max(len(graph.people), 1)
        keys = np.minimum(a, b) * n + np.maximum(a, b)
        order = np.argsort(keys, kind="stable")
        weight = graph.tie_values("weight")[order]
        return cls(n, keys[order], weight, graph.tie_values("tie")[order], null)

    def at(self, i: IntArray, j: IntArray) -> tuple[BoolArray, BoolArray]:
        """Tell of pairs of people whether they have a tie, and whether they interact at all."""
        if not len(self.keys):
            nothing = np.zeros(i.shape, dtype=bool)
            return nothing, nothing
        key = np.minimum(i, j) * self.n + np.maximum(i, j)
        at = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        contact: BoolArray = self.keys[at] == key
        return contact & self.tie[at], contact

    def expected(self, i: IntArray, j: IntArray) -> FloatArray:
        """Return how likely pairs of people have a tie by activity and formal structure."""
        likely: FloatArray = np.minimum(self.null.expected(i, j), 1.0)
        return likely


@dataclass(frozen=True, eq=False)
class Cell:
    """A part of the survey: pairs within `scope` of whom at least one is among `asked`.

    Parameters
    ----------
    asked : ndarray of bool, shape (n,)
        Respondents of the cell.
    scope : ndarray of bool, shape (n,)
        People who count as nominees; respondents are among them.
    """

    asked: BoolArray
    scope: BoolArray

    def nominations(self, answers: Answers) -> IntArray:
        """Return the places of the nominations in the cell."""
        return np.flatnonzero(self.asked[answers.source] & self.scope[answers.target])

    def holds(self, i: IntArray, j: IntArray) -> BoolArray:
        """Tell which pairs are in the cell."""
        inside: BoolArray = self.scope[i] & self.scope[j] & (self.asked[i] | self.asked[j])
        return inside

    @property
    def pairs(self) -> int:
        """Number of pairs in the cell."""
        people, silent = int(self.scope.sum()), int(self.scope.sum() - self.asked.sum())
        return (people * (people - 1) - silent * (silent - 1)) // 2


@dataclass(frozen=True)
class Chance:
    """What permuted surveys give.

    Parameters
    ----------
    p : float
        How often as many nominations or more are seen, over those expected; nan where nobody can stand in for another.
    correlation_p : float
        How often named and traced pairs are as alike or more.
    """

    p: float
    correlation_p: float


def permuted(
    cells: list[Cell],
    answers: Answers,
    traces: Traces,
    strata: IntArray,
    *,
    permutations: int,
    rng: np.random.Generator,
) -> list[Chance]:
    """Give everybody's place in the survey to somebody of the same stratum, many times, and count agreement.

    Parameters
    ----------
    cells : list of Cell
        Parts of the survey; people of one stratum are of the same cells.
    answers : Answers
        The survey.
    traces : Traces
        The traces.
    strata : ndarray of int64, shape (n,)
        Who could stand in for whom; -1 for people who stay where they are.
    permutations : int
        How many times.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    list of Chance
        One for each cell.
    """
    low, high = _named_pairs(answers, traces.n)
    places = [cell.nominations(answers) for cell in cells]
    inside = [np.flatnonzero(cell.holds(low, high)) for cell in cells]
    observed = _agree(np.arange(traces.n)[None], answers, traces, (low, high), places, inside)
    drawn: list[FloatArray] = []
    step = max(_CELLS // max(len(answers.source), 1), 1)
    for start in range(0, permutations, step):
        people = _shuffled(strata, min(step, permutations - start), rng)
        drawn.append(_agree(people, answers, traces, (low, high), places, inside))
    whole = np.concatenate(drawn, axis=0)
    found = []
    for number in range(len(cells)):
        tails = []
        for kind in (0, 1):
            values = whole[:, number, kind]
            # Where nobody could change places, nothing was permuted.
            moved = bool(np.ptp(values) > 0) or bool(abs(values[0] - observed[0, number, kind]) > 1e-9)
            hits = int((values >= observed[0, number, kind] - 1e-9).sum())
            tails.append((1 + hits) / (1 + len(values)) if moved else float("nan"))
        found.append(Chance(*tails))
    return found


def _named_pairs(answers: Answers, n: int) -> tuple[IntArray, IntArray]:
    """Return the pairs of whom one named the other, each once."""
    low, high = np.minimum(answers.source, answers.target), np.maximum(answers.source, answers.target)
    keys = np.unique(low * n + high)
    return keys // n, keys % n


def _shuffled(strata: IntArray, count: int, rng: np.random.Generator) -> IntArray:
    """Return for each permutation who stands in for whom, within strata."""
    order = np.argsort(strata, kind="stable")
    free = order[strata[order] >= 0]
    people: IntArray = np.tile(np.arange(len(strata)), (count, 1))
    # Random keys, sorted within strata, shuffle all strata at once.
    keys = rng.random((count, len(free))) * 0.5 + strata[free]
    people[:, free] = free[np.argsort(keys, axis=1, kind="stable")]
    return people


def _agree(
    people: IntArray,
    answers: Answers,
    traces: Traces,
    named: tuple[IntArray, IntArray],
    places: list[IntArray],
    inside: list[IntArray],
) -> FloatArray:
    """Return of each permutation and cell: z of the nominations that are seen, and the named pairs that have a tie."""
    i, j = people[:, answers.source], people[:, answers.target]
    seen, likely = traces.at(i, j)[0], traces.expected(i, j)
    tied = traces.at(people[:, named[0]], people[:, named[1]])[0]
    result = np.zeros((len(people), len(places), 2))
    for number, (of_cell, pairs) in enumerate(zip(places, inside, strict=True)):
        result[:, number, 0] = z_score(seen[:, of_cell].sum(axis=1), likely[:, of_cell].sum(axis=1))
        result[:, number, 1] = tied[:, pairs].sum(axis=1)
    return result


def measure(cell: Cell, answers: Answers, traces: Traces) -> dict[str, float]:
    """Measure how far answers and traces agree in a cell.

    Parameters
    ----------
    cell : Cell
        The part of the survey.
    answers : Answers
        The survey.
    traces : Traces
        The traces.

    Returns
    -------
    dict of str to float
        Numbers of nominations and ties, shares with their interval, and correlations; nan where too few tell.
    """
    at = cell.nominations(answers)
    source, target = answers.source[at], answers.target[at]
    tied, contact = traces.at(source, target)
    count, confirmed = len(at), int(tied.sum())
    low, high = share_interval(tied, source)
    expected = float(traces.expected(source, target).sum())
    # Of a nomination of somebody who did not answer it is not known whether it would be returned.
    both_asked = answers.answered[target]
    back = np.isin(target * traces.n + source, answers.source * traces.n + answers.target)
    returned = float(back[both_asked].mean()) if int(both_asked.sum()) >= _FEWEST_TIES else np.nan
    return {
        "nominations": count,
        "confirmed": confirmed,
        "faint": int((contact & ~tied).sum()),
        "unconfirmed": int((~contact).sum()),
        "confirmed_share": confirmed / count if count else np.nan,
        "share_low": low,
        "share_high": high,
        "expected_share": expected / count if count else np.nan,
        "lift": (confirmed + 0.5) / (expected + 0.5),
        **_over_pairs(cell, answers, traces),
        "reciprocity": returned,
    }


def _over_pairs(cell: Cell, answers: Answers, traces: Traces) -> dict[str, float]:
    """Measure agreement over pairs: a pair is named if either of those who answered named the other."""
    a, b = traces.keys // traces.n, traces.keys % traces.n
    here = np.flatnonzero(cell.holds(a, b))
    keys = np.minimum(answers.source, answers.target) * traces.n + np.maximum(answers.source, answers.target)
    pairs, inverse = np.unique(keys, return_inverse=True)
    often = np.bincount(inverse.reshape(-1), answers.times, minlength=len(pairs))
    mine = cell.holds(pairs // traces.n, pairs % traces.n)
    named = int(mine.sum())
    times = np.zeros(len(here))
    if len(pairs):
        at = np.minimum(np.searchsorted(pairs, traces.keys[here]), len(pairs) - 1)
        times = np.where(pairs[at] == traces.keys[here], often[at], 0.0)
    tied = traces.tie[here]
    ties, both, every = int(tied.sum()), int((tied & (times > 0)).sum()), cell.pairs
    either = named + ties - both
    spread = named * (every - named) * ties * (every - ties)
    ranks = np.nan
    if len(here) >= _FEWEST_PAIRS and np.ptp(times) > 0 and np.ptp(traces.weight[here]) > 0:
        ranks = float(stats.spearmanr(traces.weight[here], times).statistic)
    return {
        "ties": ties,
        "unnamed": ties - both,
        "named_share": both / ties if ties >= _FEWEST_TIES else np.nan,
        "jaccard": both / either if either else np.nan,
        "correlation": (every * both - named * ties) / float(spread) ** 0.5 if spread > 0 else np.nan,
        "spearman": ranks,
    }


def share_interval(held: BoolArray, who: IntArray, *, level: float = 0.95) -> tuple[float, float]:
    """Return an interval of a share, where what one person says hangs together.

    Parameters
    ----------
    held : ndarray of bool, shape (m,)
        Whether it holds of each answer.
    who : ndarray of int64, shape (m,)
        Who gave it.
    level : float, default 0.95
        Coverage.

    Returns
    -------
    tuple of float
        Wilson's interval, with as many answers as would vary as much if they were independent: m divided by the design
        effect of people, at least 1. Where all answers are alike, each person counts once. nan without answers.

    References
    ----------
    .. [1] Wilson (1927), Probable inference, the law of succession, and statistical inference.
       doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> low, high = share_interval(np.array([True, False] * 50), np.arange(100))
    >>> round(low, 2), round(high, 2)
    (0.4, 0.6)
    """
    count = len(held)
    if not count:
        return float("nan"), float("nan")
    share = float(held.mean())
    _, person = np.unique(who, return_inverse=True)
    answers = np.bincount(person.reshape(-1)).astype(np.float64)
    people = len(answers)
    yes = np.bincount(person.reshape(-1), held.astype(np.float64))
    alone = share * (1 - share) / count
    independent = float(people)
    if alone > 0 and people > 1:
        together = people / (people - 1) * float(((yes - share * answers) ** 2).sum()) / count**2
        independent = count / max(together / alone, 1.0)
    z = float(stats.norm.isf((1 - level) / 2))
    middle = (share + z**2 / (2 * independent)) / (1 + z**2 / independent)
    half = z / (1 + z**2 / independent) * (share * (1 - share) / independent + z**2 / (4 * independent**2)) ** 0.5
    return max(middle - half, 0.0), min(middle + half, 1.0)
