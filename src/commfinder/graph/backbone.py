"""Which ties are more than activity alone would give: the noise-corrected backbone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from commfinder import _validate
from commfinder.errors import InputError
from commfinder.graph.interaction_graph import InteractionGraph
from commfinder.provenance import Provenance, record
from commfinder.result import Result

__all__ = ["Backbone", "NoiseCorrected", "backbone", "noise_corrected"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_ROUNDS, _CLOSE = 100, 1e-10
_EXACT = 2**53


@dataclass(frozen=True, eq=False)
class NoiseCorrected:
    """What chance makes of each tie; make one with `noise_corrected`.

    Parameters
    ----------
    expected : ndarray of float64, shape (m,)
        Events that the activity of the two ends alone would give, above zero.
    score : ndarray of float64, shape (m,)
        (observed - expected) / (observed + expected), from -1 to 1; above zero where there are more than expected.
    sd : ndarray of float64, shape (m,)
        Standard deviation of the score, not below zero.
    kept : ndarray of bool, shape (m,)
        Whether the score exceeds delta standard deviations.
    p : ndarray of float64, shape (m,)
        Probability of at least as many events by activity alone, 0 to 1.
    q : ndarray of float64, shape (m,)
        The same, corrected for having looked at all pairs there could be: among ties with q at most .05, at most 5 %
        are expected to be chance.
    """

    expected: FloatArray
    score: FloatArray
    sd: FloatArray
    kept: npt.NDArray[np.bool_]
    p: FloatArray
    q: FloatArray


@dataclass(frozen=True, eq=False, repr=False)
class Backbone(Result):
    """Which ties of a graph are more than activity alone would give; make one with `backbone`.

    Parameters
    ----------
    ties : pandas.DataFrame
        person_a, person_b, events, expected, score, sd, kept, p, q, in the order of ``graph.ties``.
    delta : float
        Standard deviations that a score must exceed to be kept.
    provenance : Provenance
        What made this value.
    """

    ties: pd.DataFrame
    delta: float
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/backbone/1"

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each tie."""
        return self.ties.copy()

    def __repr__(self) -> str:
        kept, sure = int(self.ties["kept"].sum()), int((self.ties["q"] <= 0.05).sum())
        return f"<Backbone: {kept} of {len(self.ties)} ties kept at delta {self.delta:g}, {sure} with q at most .05>"


def backbone(graph: InteractionGraph, *, delta: float = 1.64) -> Backbone:
    """Tell which ties of a graph are more than the activity of the two people alone would give.

    It is for reading and drawing single ties. Do not prune a graph by it before looking for communities, which weigh
    all ties together; and for tests of groups prefer ``graph.ties["tie"]``, which asks for an exchange that comes back.

    Parameters
    ----------
    graph : InteractionGraph
        The graph. Its counts of events are used, not its weights: discounts and decay would make them no counts.
    delta : float, default 1.64
        Standard deviations that a score must exceed; 1.28, 1.64 and 2.32 keep more and fewer.

    Returns
    -------
    Backbone
        ``kept`` is the published rule. Where most pairs have less than one event to expect, it keeps nearly all single
        events; ``q`` does not, and is what "this tie is real" should rest on.

    Raises
    ------
    InputError
        If delta is not above zero.

    See Also
    --------
    noise_corrected : The same on arrays, with the formulas; also for directed ties.

    Examples
    --------
    >>> from commfinder import Interactions, build_graph
    >>> rows = [("ann", "bob")] * 9 + [("eve", "joe")] * 9 + [("ann", "eve"), ("bob", "joe")]
    >>> mail = {"sender": [one for one, _ in rows], "recipient": [other for _, other in rows]}
    >>> found = backbone(build_graph(Interactions.from_frame(mail)))
    >>> found.to_frame()[["person_a", "person_b", "events", "expected", "kept"]].round(2).to_dict("split")["data"]
    [['ann', 'bob', 9, 3.33, True], ['ann', 'eve', 1, 3.33, False], ['bob', 'joe', 1, 3.33, False], \
['eve', 'joe', 9, 3.33, True]]
    """
    a, b = graph.pairs
    events = graph.tie_values("events")
    found = noise_corrected(a, b, events, n=len(graph.people), delta=delta)
    columns = {name: getattr(found, name) for name in ("expected", "score", "sd", "kept", "p", "q")}
    ties = graph.ties[["person_a", "person_b", "events"]].assign(**columns)
    return Backbone(ties, float(delta), record("backbone", {"delta": float(delta)}, inputs=graph.provenance.inputs))


def noise_corrected(
    source: npt.ArrayLike,
    target: npt.ArrayLike,
    events: npt.ArrayLike,
    *,
    n: int,
    delta: float = 1.64,
    directed: bool = False,
    self_pairs: bool = False,
) -> NoiseCorrected:
    """Score ties by how far they exceed what the activity of their two ends would give, and how surely.

    Prefer `backbone` for a graph.

    Parameters
    ----------
    source, target : array-like of int, shape (m,)
        The two ends of each tie, never the same; each pair once (each ordered pair once where directed).
    events : array-like of int, shape (m,)
        Counts of events, at least 1. Discounted or decayed weights are no counts.
    n : int
        Number of people.
    delta : float, default 1.64
        Standard deviations that a score must exceed to be kept.
    directed : bool, default False
        Whether ties lead from source to target.
    self_pairs : bool, default False
        Whether chance may pair people with themselves, as in the publication. Then what is expected of all true pairs
        adds up to less than there is: by 5 % among twenty equally busy people, by .1 % among a thousand.

    Returns
    -------
    NoiseCorrected

    Raises
    ------
    InputError
        If arrays differ in length, an end is out of range, a pair is given twice or joins a person to itself, or a
        count is not a whole number of at least 1.

    Notes
    -----
    Undirected events are counted both ways, n.. = 2 Σ w, so that rows and columns of the table of counts add up to the
    strengths s of people. With self-pairs the expected number is s_i s_j / n..; counting events once and strengths
    twice, as released implementations do, makes it twice too large. Without self-pairs it is x_i y_j, with activities
    x and y such that what is expected of each person adds up to their strength.

    With κ = 1 / expected, the score is (κw - 1) / (κw + 1) and its variance, by the delta method,
    V · (2(κ + w κ') / (κw + 1)²)², where κ' is the derivative of κ = n.. / (s_i s_j) by w. V = n.. π (1 - π) is the
    variance of the count, with π from a beta prior of mean μ = expected / n.. and the variance of a hypergeometric
    share, (μ / n..)(n.. - s_i)(n.. - s_j) / (n.. (n.. - 1)), updated by w of n.. events [1]_.

    p = P(W ≥ w) with W binomial: Σ w trials, of mean expected. q is by Benjamini and Hochberg over all pairs of the n
    people; pairs without an event have p = 1.

    References
    ----------
    .. [1] Coscia, Neffke (2017), Network backboning with noisy data. doi:10.48550/arXiv.1701.07336
    .. [2] Benjamini, Hochberg (1995), Controlling the false discovery rate. doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> ring = noise_corrected([0, 1, 2, 0], [1, 2, 3, 3], [9, 1, 9, 1], n=4, self_pairs=True)
    >>> ring.expected.tolist(), ring.score.round(2).tolist()
    ([2.5, 2.5, 2.5, 2.5], [0.57, -0.43, 0.57, -0.43])
    """
    delta = _validate.positive(delta, what="delta")
    n = _validate.count(n, what="n", low=0)
    a, b, count = _checked(source, target, events, n, directed=directed)
    if not len(a):
        none = np.empty(0)
        return NoiseCorrected(none, none, none, np.empty(0, dtype=bool), none, none)
    outward, inward = _sums(a, count, n), _sums(b, count, n)
    alone = float((outward + inward).max()) >= float(count.sum())
    if not directed:
        outward = inward = outward + inward
    both = float(count.sum()) * (1 if directed else 2)
    from_one, to_other = outward[a], inward[b]
    if self_pairs:
        expected = from_one / both * to_other
    else:
        x, y = _activities(outward, inward)
        expected = x[a] * y[b] if directed else (x[a] * y[b] + x[b] * y[a]) / 2
    observed = count.astype(np.float64)
    if alone and not self_pairs:
        # One person takes part in every event: the strengths of the others leave no choice.
        expected = observed
    score = (observed - expected) / (observed + expected)
    # One event more is one more in n.. where directed, and two where both ways are counted.
    change = (1 if directed else 2) / both - 1 / from_one - 1 / to_other
    slope = 2 * expected * (1 + observed * change) / (observed + expected) ** 2
    sd = np.abs(slope) * np.sqrt(_count_variance(observed, expected, from_one, to_other, both))
    trials = float(count.sum())
    p: FloatArray = np.asarray(stats.binom.sf(observed - 1, trials, np.minimum(expected / trials, 1.0)))
    pairs = n * (n - 1) / (1 if directed else 2)
    return NoiseCorrected(expected, score, sd, score > delta * sd, p, _discoveries(p, pairs))


def _checked(
    source: npt.ArrayLike, target: npt.ArrayLike, events: npt.ArrayLike, n: int, *, directed: bool
) -> tuple[IntArray, IntArray, IntArray]:
    """Check ends and counts."""
    arrays = [np.atleast_1d(np.asarray(values)) for values in (source, target, events)]
    a, b, count = arrays
    if not a.ndim == b.ndim == count.ndim == 1 or not len(a) == len(b) == len(count):
        raise InputError(
            f"There are {len(a)} sources, {len(b)} targets and {len(count)} counts.", need="They must be as many."
        )
    if not len(a):
        empty = np.empty(0, dtype=np.int64)
        return empty, empty, empty
    for name, ends in (("source", a), ("target", b)):
        if ends.dtype.kind not in "iu" or int(ends.min()) < 0 or int(ends.max()) >= n:
            raise InputError(
                f"{name} holds numbers from {ends.min()} to {ends.max()} of the type {ends.dtype}.",
                need=f"Whole numbers from 0 to n - 1 = {n - 1} are needed.",
            )
    a, b = a.astype(np.int64), b.astype(np.int64)
    if (a == b).any():
        raise InputError(f"Tie {int((a == b).argmax())} joins a person to itself.", hint="Leave self-loops out.")
    if count.dtype.kind not in "iuf" or not bool(np.all((count >= 1) & (count < _EXACT) & (count == np.floor(count)))):
        raise InputError(
            "events holds what is no count.",
            need="Whole numbers of at least 1 are needed.",
            hint="Give numbers of events (graph.ties['events']), not weights; leave pairs without an event out.",
        )
    low, high = (a, b) if directed else (np.minimum(a, b), np.maximum(a, b))
    if len(np.unique(low * n + high)) < len(a):
        raise InputError("A pair is given twice.", hint="Add its events up first.")
    return low, high, count.astype(np.int64)


def _sums(ends: IntArray, count: IntArray, n: int) -> FloatArray:
    """Add up counts for each person."""
    return np.bincount(ends, count, n).astype(np.float64)


def _activities(outward: FloatArray, inward: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return x and y such that x_i y_j adds up to the strengths over all pairs of two different people.

    The steps are those of iterative proportional fitting to a table of ones with an empty diagonal.
    """
    x, y = outward / np.sqrt(outward.sum()), inward / np.sqrt(inward.sum())
    for _ in range(_ROUNDS):
        before = x
        x = outward / _positive(y.sum() - y)
        y = inward / _positive(x.sum() - x)
        if float(np.abs(x - before).max()) <= _CLOSE * float(x.max()):
            break
    return x, y


def _positive(values: FloatArray) -> FloatArray:
    """Keep a sum of nothing, which rounding can leave below zero, from being divided by."""
    floor = float(np.finfo(np.float64).tiny)
    return np.asarray(np.maximum(values, floor), dtype=np.float64)


def _count_variance(
    observed: FloatArray, expected: FloatArray, from_one: FloatArray, to_other: FloatArray, both: float
) -> FloatArray:
    """Return the variance of each count, by a beta prior that has learnt from it."""
    mean = np.minimum(expected / both, 1.0)
    if both <= 1:
        return np.zeros_like(mean)
    prior = mean / both * (both - from_one) * (both - to_other) / (both * (both - 1))
    # A beta of this mean and variance has α + β = μ(1 - μ)/variance - 1.
    size = np.divide(mean * (1 - mean), prior, out=np.full_like(mean, np.inf), where=prior > 0) - 1
    certain = ~np.isfinite(size) | (size <= 0)
    finite = np.where(certain, 1.0, size)
    share = np.where(certain, mean, (finite * mean + observed) / (finite + both))
    return np.asarray(both * share * (1 - share), dtype=np.float64)


def _discoveries(p: FloatArray, tests: float) -> FloatArray:
    """Correct for many tests, of which most had nothing to show and are not among those given."""
    order = np.argsort(p, kind="stable")
    raised = p[order] * (tests / np.arange(1, len(p) + 1))
    q = np.empty_like(p)
    q[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return q
