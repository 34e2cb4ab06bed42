"""How probable each class of verdict is: a multinomial logistic model of groups whose class is known."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import special

from commfinder.declared.evidence import Evidence
from commfinder.logistic import Logistic, stored

__all__ = ["ALIVE", "CLASSES", "FEATURES", "TOPICS", "community", "features", "stored_model"]

FloatArray = npt.NDArray[np.float64]

CLASSES = ("real", "broker-dependent", "core-only", "split", "dormant", "emerging", "formal-only", "paper")
"""The classes that have a probability; `insufficient` and `uncertain` are statements about the evidence."""

ALIVE = ("real", "broker-dependent", "core-only", "split", "emerging")
"""The classes in which a community is there now, of whatever kind."""

_MOST_SURPRISE, _CORE_SURPRISE = 6.0, 2.0


def _surprise(p: float, most: float = _MOST_SURPRISE) -> float:
    """Return -log10 of a probability, at most so much; nan stays nan."""
    return float(min(-np.log10(max(p, 1e-300)), most))


def _squashed(z: float) -> float:
    """Return the inverse hyperbolic sine: linear near 0, logarithmic far out, so that large groups do not shout."""
    return float(np.arcsinh(z))


def _halves(e: Evidence) -> float:
    """Say how far both halves stand out while there are few ties across, 0 to 1."""
    if e.split is None:
        return 0.0
    return _surprise(max(e.split.half_tails), 3.0) / 3.0 * (1 - min(e.split.cross_lift, 2.0) / 2.0)


def _across(e: Evidence) -> float:
    """Say how far ties across the best division exceed what is expected; nan where no division leaves two halves."""
    return float("nan") if e.split is None else _surprise(e.split.cross_p, 4.0)


def _evenly(e: Evidence) -> float:
    """Return log ties across the best division, over those that there were if ties were spread evenly; nan without."""
    if e.split is None:
        return float("nan")
    one = int(e.split.first.sum())
    share = one * (len(e.split.first) - one) / max(_pairs(e), 1)
    # The ties across are not kept; those expected across are nearly this share of all expected.
    across = max(e.split.cross_lift * (share * e.expected + 0.5) - 0.5, 0.0)
    return float(np.log((across + 0.5) / (share * e.ties + 0.5)))


def _fewer(e: Evidence) -> float:
    """Return the surprise of so few ties across, were they spread evenly: a group of one piece; nan without halves."""
    if e.split is None:
        return float("nan")
    return _surprise(float(special.pdtr(e.split.across, e.split.even)))


def _smaller(first: npt.NDArray[np.bool_]) -> float:
    """Return the share of the members in the smaller half."""
    return min(float(first.mean()), 1 - float(first.mean()))


def _score(e: Evidence, share: float) -> float:
    """Return the score below which a share of the members are: who is not in the core may take part all the same."""
    return _squashed(float(np.sort(e.scores)[int(share * len(e.scores))])) if len(e.scores) else float("nan")


def _pairs(e: Evidence) -> int:
    """Return the number of pairs of active members."""
    return e.active * (e.active - 1) // 2


def _trend(e: Evidence) -> float:
    """Return the surprise of the trend, with its sign."""
    return float(np.sign(e.trend)) * _surprise(e.trend_p, 4.0)


def _without_chart(read: Callable[[Evidence], float]) -> Callable[[Evidence], float]:
    """Read a feature only where no formal structure is known; nan, which counts as the mean, where it is."""
    return lambda e: read(e) if e.activity_only else float("nan")


_READERS: dict[str, tuple[str, Callable[[Evidence], float]]] = {
    "z": ("ties", lambda e: _squashed(e.z)),
    "extra density": ("ties", lambda e: e.lift.extra_density),
    "log of the lift's lower bound": ("ties", lambda e: float(np.log(e.lift.low + 0.1))),
    "log of ties per member": ("ties", lambda e: float(np.log((2 * e.ties + 1) / max(e.active, 1)))),
    "log of the density expected": ("formal", lambda e: float(np.log((e.expected + 0.5) / max(_pairs(e), 1)))),
    "z against activity": ("formal", lambda e: _squashed(e.z_activity)),
    "formal structure's share": ("formal", lambda e: e.structure_share),
    "core share": ("core", lambda e: e.core_share),
    "extra density of the core": ("core", lambda e: e.core_extra),
    "surprise of the core": ("core", lambda e: _surprise(e.core_p, _CORE_SURPRISE)),
    "score of the lowest quarter": ("core", lambda e: _score(e, 0.25)),
    "score of the lower half": ("core", lambda e: _score(e, 0.5)),
    "without ties": ("core", lambda e: e.bridge.alone),
    "persistence": ("time", lambda e: e.persistence),
    "surprise of the first third": ("time", lambda e: _surprise(e.thirds_p[0])),
    "surprise of the middle third": ("time", lambda e: _surprise(e.thirds_p[1])),
    "surprise of the last third": ("time", lambda e: _surprise(e.thirds_p[2])),
    "trend": ("time", _trend),
    "too few windows": ("time", lambda e: float(np.isnan(e.thirds_p[0]))),
    "connectedness": ("piece", lambda e: e.connectedness),
    "left without one": ("broker", lambda e: e.broker.remaining),
    "left without two": ("broker", lambda e: e.broker_two.remaining),
    "surprise without one": ("broker", lambda e: _surprise(e.broker.p)),
    "cut off without one": ("broker", lambda e: e.bridge.cut_off),
    "parts the broker joins": ("broker", lambda e: e.bridge.share),
    "log of the broker's lead": ("broker", lambda e: float(np.log(e.bridge.lead))),
    "halves": ("halves", _halves),
    "surprise across halves": ("halves", _across),
    "ties across halves": ("halves", _evenly),
    "surprise of so few across": ("halves", _fewer),
    "busiest across": ("halves", lambda e: float("nan") if e.split is None else e.split.busiest),
    "smaller half": ("halves", lambda e: float("nan") if e.split is None else _smaller(e.split.first)),
    "coverage": ("seen", lambda e: e.coverage),
    "log of the active": ("seen", lambda e: float(np.log(max(e.active, 1)))),
    "power": ("seen", lambda e: e.power),
}
_WEIGHED_ANEW = (
    "z",
    "extra density",
    "log of the lift's lower bound",
    "log of the density expected",
    "log of ties per member",
)
# Where no chart is known, ties that it would explain count as the group's: the same excess says less, or more.
_READERS["no chart"] = ("formal", lambda e: float(e.activity_only))
_READERS |= {
    f"{name} without a chart": (_READERS[name][0], _without_chart(_READERS[name][1])) for name in _WEIGHED_ANEW
}

FEATURES = tuple(_READERS)
"""What the model looks at."""

TOPICS = {name: topic for name, (topic, _) in _READERS.items()}
"""Which fact a feature belongs to: features of one topic are told of in one sentence."""


def features(evidence: Evidence) -> FloatArray:
    """Read the features of one group.

    Parameters
    ----------
    evidence : Evidence
        What is known of it.

    Returns
    -------
    ndarray of float64, shape (len(FEATURES),)
        nan where something is not known (no windows, no division into halves).
    """
    return np.array([read(evidence) for _, read in _READERS.values()], dtype=np.float64)


def community(chances: npt.ArrayLike) -> float:
    """Return the probability that a community is there, of whatever kind.

    This number orders groups. The probability of one class does not: it also falls where another class, in which a
    community is there as well, becomes more likely.

    Parameters
    ----------
    chances : array_like of float, shape (n,)
        The probabilities of `CLASSES`, in that order; what follows them does not count.

    Returns
    -------
    float
        The sum over the classes `ALIVE`, 0 to 1; nan where nothing is known.

    Examples
    --------
    >>> round(community([0.3, 0.1, 0.1, 0.3, 0.1, 0.0, 0.05, 0.05]), 6)
    0.8
    """
    found = np.asarray(chances, dtype=np.float64)
    return float(sum(found[CLASSES.index(name)] for name in ALIVE))


@cache
def stored_model() -> Logistic:
    """Return the model that planted groups taught; `benchmarks/verdicts.py` made it and says how.

    Returns
    -------
    Logistic
    """
    return stored(__package__, "verdicts.json", classes=CLASSES, features=FEATURES, topics=TOPICS)
