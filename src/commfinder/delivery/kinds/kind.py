"""What kind of group it is: the probable type, within the rules that guard it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from commfinder.delivery.kinds import words as kind_words
from commfinder.delivery.kinds.facts import STRICT, Facts
from commfinder.delivery.kinds.without_ids import like_talk
from commfinder.logistic import Logistic, stored

__all__ = ["FEATURES", "KINDS", "TOPICS", "TYPES", "Kind", "barred", "features", "stored_model", "type_of"]

FloatArray = npt.NDArray[np.float64]

KINDS = ("process", "knowledge", "social", "formal-only", "mixed")
"""The types that have a probability; `abstain` is a statement about the evidence."""

TYPES = (*KINDS, "abstain")
"""The types of group."""

SURE = 0.6
"""A type that is less probable is not spoken."""
MIN_CASES, MIN_MESSAGES, MIN_MEMBERS = 10, 50, 3
ORDERED, ALPHA = 0.05, 0.05
LIVELY, EXTRA = 3.0, 0.1
_UNKNOWN = float("nan")


def _log(value: float, least: float = 0.05) -> float:
    """Return a logarithm that does not run away near 0; nan stays nan."""
    return float(np.log(max(value, least))) if value == value else _UNKNOWN


def _formal(read: Callable[[Facts], float]) -> Callable[[Facts], float]:
    """Read something of the ties among members; nan where they are not known."""
    return lambda f: _UNKNOWN if f.formal is None else float(read(f))


_READERS: dict[str, tuple[str, Callable[[Facts], float]]] = {
    "order": ("order", lambda f: f.excess),
    "spread of order": ("order", lambda f: _log(f.order_spread)),
    "order of the strictest part": ("parts", lambda f: f.strictest_part),
    "order of the loosest part": ("parts", lambda f: f.loosest_part),
    "reach of the strictest part": ("parts", lambda f: f.strict_reach),
    "share of the strictest part": ("parts", lambda f: f.strict_share),
    "cases in loose spaces": ("parts", lambda f: f.loose_share),
    "loose spaces": ("parts", lambda f: f.loose_spaces),
    "openers of the parts": ("parts", lambda f: _log(f.fewest_openers, 0.02) - _log(f.most_openers, 0.02)),
    "path of roles": ("path", lambda f: f.path),
    "one way between roles": ("path", lambda f: f.one_way_roles),
    "one way between people": ("path", lambda f: f.one_way_people),
    "mix of roles at a place": ("path", lambda f: f.place_entropy),
    "same roles again": ("roles", lambda f: _log(f.same_roles, 0.01)),
    "same roles, other people": ("roles", lambda f: _log(f.same_roles, 0.01) - _log(f.same_people, 0.01)),
    "handoffs across units": ("units", lambda f: f.across_units),
    "units in a case beyond the group": ("units", lambda f: f.units_in_case - f.units_in_group),
    "units in the group": ("units", lambda f: f.units_in_group),
    "openers": ("openers", lambda f: _log(f.opener_lift, 0.2)),
    "answerers": ("answers", lambda f: _log(f.answer_lift, 0.2)),
    "ends": ("ends", lambda f: _log(f.end_lift, 0.2)),
    "people in a case": ("shape", lambda f: _log(f.people_per_case, 1.0)),
    "back": ("shape", lambda f: f.back),
    "chain": ("shape", lambda f: f.chain),
    "off hours": ("hours", lambda f: f.off_hours),
    "off hours beyond the usual": ("hours", lambda f: f.off_hours - f.usual_off_hours),
    "breadth": ("talk", lambda f: _log(f.talk.breadth, 1.0)),
    "private": ("talk", lambda f: f.talk.private),
    "reciprocity": ("talk", lambda f: f.talk.reciprocity),
    "alone": ("alone", lambda f: f.alone),
    "z": ("formal", _formal(lambda f: np.arcsinh(f.formal.z))),  # type: ignore[union-attr]
    "z of activity": ("formal", _formal(lambda f: np.arcsinh(f.formal.z_activity))),  # type: ignore[union-attr]
    "extra density": ("formal", _formal(lambda f: f.formal.extra)),  # type: ignore[union-attr]
    "beyond units": ("formal", lambda f: max(f.beyond_units, -1.0)),
    "informal": ("formal", lambda f: f.informal),
}

FEATURES = tuple(_READERS)
"""What the model looks at."""

TOPICS = {name: topic for name, (topic, _) in _READERS.items()}
"""Which fact a feature belongs to: features of one topic are told of in one sentence."""


@dataclass(frozen=True)
class Kind:
    """The type of a group, with its probability and its words.

    Parameters
    ----------
    type : str
        One of `TYPES`.
    probability : float
        How probable the type is; nan for `abstain`.
    probabilities : tuple of float
        Of each of `KINDS`; nan throughout for a group with too little to go by. A group that both delivers and shares
        is told by those of process and knowledge.
    reason : str
        The sentence that explains it, with its numbers.
    facts : tuple of three str
        What decided it.
    support : str
        What fits.
    """

    type: str
    probability: float
    probabilities: tuple[float, ...]
    reason: str
    facts: tuple[str, str, str]
    support: str


def features(facts: Facts) -> FloatArray:
    """Read the features of one group.

    Parameters
    ----------
    facts : Facts
        What is known of it.

    Returns
    -------
    ndarray of float64, shape (len(FEATURES),)
        nan where something is not known.
    """
    return np.array([read(facts) for _, read in _READERS.values()], dtype=np.float64)


@cache
def stored_model() -> Logistic:
    """Return the model that planted groups taught; `benchmarks/kinds.py` made it and says how.

    Returns
    -------
    Logistic
    """
    return stored(__package__, "kinds.json", classes=KINDS, features=FEATURES, topics=TOPICS)


def type_of(facts: Facts, model: Logistic | None = None) -> Kind:
    """Tell what kind of group it is.

    Parameters
    ----------
    facts : Facts
        What is known of it.
    model : Logistic, optional
        What gives the probabilities; None takes the one that planted groups taught.

    Returns
    -------
    Kind

    Notes
    -----
    `abstain` where there is too little to go by; else the most probable type, by a model of groups whose type is known.
    That type stands if its probability is at least 0.6 and no rule bars it. Rules only take away: they never make a
    type of a group that the model does not.
    """
    told = _too_little(facts)
    if told:
        return Kind("abstain", _UNKNOWN, (_UNKNOWN,) * len(KINDS), told, kind_words.told(facts), _support("abstain"))
    model, row = model or stored_model(), features(facts)
    chances = model.probability(row[None])[0]
    order = np.argsort(-chances, kind="stable")
    likeliest, next_best = KINDS[order[0]], KINDS[order[1]]
    chance = float(chances[order[0]])
    bar = barred(likeliest, facts)
    said = likeliest if chance >= SURE and not bar else "abstain"
    topics = kind_words.deciding(likeliest, model.contributions(row, likeliest, next_best))
    return Kind(
        said,
        chance if said == likeliest else _UNKNOWN,
        tuple(float(one) for one in chances),
        kind_words.reason(said, facts) if said == likeliest else kind_words.doubt(likeliest, next_best, chance, bar),
        kind_words.told(facts, topics),
        _support(said),
    )


def _support(said: str) -> str:
    """Return what fits a type."""
    return kind_words.SUPPORT[said]


def _too_little(f: Facts) -> str:
    """Say why nothing can be said of a group, or nothing."""
    if f.size < MIN_MEMBERS:
        return f"It has {f.size} members; at least {MIN_MEMBERS} are needed to tell what kind of group it is."
    if f.cases < MIN_CASES and f.talk.messages < MIN_MESSAGES:
        return (
            f"Members worked together on {f.cases} cases and wrote one another {f.talk.messages} messages; at least "
            f"{MIN_CASES} cases or {MIN_MESSAGES} messages are needed to tell what kind of group it is."
        )
    return ""


def barred(kind: str, facts: Facts) -> str:
    """Say which rule keeps a group from being called by a type, or nothing.

    Parameters
    ----------
    kind : str
        A type that has a probability.
    facts : Facts
        What is known of the group.

    Returns
    -------
    str
        A clause that follows "but"; empty if no rule bars it.
    """
    return _BARS[kind](facts)


def _ordered(f: Facts) -> bool:
    """Tell whether new cases come in the order of others more than chance makes them."""
    return f.excess >= ORDERED and f.order_p <= ALPHA


def _bar_process(f: Facts) -> str:
    if f.cases < MIN_CASES:
        return f"it has {f.cases} cases only"
    if not _ordered(f):
        return "no order returns from case to case"
    if f.units == 1 and f.roles == 1:
        return "all its members are of one unit and one role"
    return like_talk(f, f.sure)


def _strict(f: Facts) -> bool:
    """Tell whether cases run in a usual order, as the numbers that are shown say it: few pairs are no excuse here."""
    return f.order_p <= ALPHA and f.order - f.order_null >= STRICT


def _bar_knowledge(f: Facts) -> str:
    if f.cases < MIN_CASES:
        return f"it has {f.cases} cases only"
    return "its cases run in a usual order" if _strict(f) else ""


def _bar_social(f: Facts) -> str:
    return "its cases run in a usual order" if _strict(f) else ""


def _bar_formal(f: Facts) -> str:
    if f.formal is None:
        return "the ties of its members are not known"
    if f.formal.z > LIVELY and f.formal.extra > EXTRA:
        return "its members have more ties than formal structure explains"
    return ""


def _bar_mixed(f: Facts) -> str:
    if f.cases < MIN_CASES:
        return f"it has {f.cases} cases only"
    if not _ordered(f):
        return "no order returns from case to case"
    return like_talk(f, float(np.fmax(f.sure, f.strictest_part)))


_BARS: dict[str, Callable[[Facts], str]] = {
    "process": _bar_process,
    "knowledge": _bar_knowledge,
    "social": _bar_social,
    "formal-only": _bar_formal,
    "mixed": _bar_mixed,
}
