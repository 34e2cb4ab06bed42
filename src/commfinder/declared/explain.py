"""A verdict in words: why, the facts that decided it, and what would change it. Sentences name nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from commfinder.declared import thresholds
from commfinder.declared.evidence import Evidence, Settings
from commfinder.declared.statistics import lift, poisson_tail, power

__all__ = ["change", "deciding", "facts", "percent", "reason", "ties"]

_SEEN_FIRST = ("seen", "ties", "formal")
_MOST_MEMBERS = 20


def percent(share: float) -> str:
    """Write a share in per cent.

    Examples
    --------
    >>> percent(0.667), percent(float("nan"))
    ('67 %', 'an unknown share')
    """
    return "an unknown share" if np.isnan(share) else f"{round(100 * share)} %"


def ties(e: Evidence, settings: Settings) -> str:
    """Say how many ties there are and how many are expected, from what."""
    source = "activity and formal structure" if settings.structure_known else "activity alone (no units are known)"
    return (
        f"{_count(e.ties, 'tie')} among {e.active} active members where {e.expected:.1f} are expected from {source} "
        f"(lift {e.lift.value:.1f}, {e.lift.low:.1f} to {e.lift.high:.1f})"
    )


def _count(number: int, noun: str) -> str:
    """Return the number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


# ------------------------------------------------------------------------------------------------------------ reasons


def _real(e: Evidence) -> str:
    lasting = f", in {percent(e.persistence)} of the windows" if e.persistence >= 0 else ""
    more = f", and {percent(e.taking_part)} take part" if e.core_share < thresholds.CORE_MOST else ""
    return f"{lasting}; {percent(e.core_share)} of the active members carry it{more}."


def _broker(e: Evidence) -> str:
    if e.broker.remaining < thresholds.CONNECTED:
        return f"; without one member only {percent(e.broker.remaining)} of the others hang together."
    if e.broker_two.remaining < thresholds.CONNECTED:
        return f"; without two members only {percent(e.broker_two.remaining)} of the others hang together."
    if e.bridge.cut_off > 1 - thresholds.CONNECTED:
        return f"; without one member {percent(e.bridge.cut_off)} of those who hang together are cut off."
    return f"; without one member chance gives the ties of the others with a probability of {_chance(e.broker.p)}."


def _core_only(e: Evidence) -> str:
    if e.coverage < thresholds.MIN_COVERAGE:
        return f"; they are {percent(e.coverage)} of the {e.size} members listed, and the rest is not seen in the data."
    return (
        f"; the extra ties are among {percent(e.core_share)} of the active members, and the rest is active elsewhere."
    )


def _formal_only(e: Evidence) -> str:
    return (
        f"; activity alone would give {e.expected_activity:.1f}, so that unit, site and line of report explain its "
        "ties."
    )


def _paper(e: Evidence) -> str:
    return f"; a community would be noticed with a probability of {percent(e.power)}, and none is."


_REASONS: Mapping[str, Callable[[Evidence], str]] = {
    "real": _real,
    "broker-dependent": _broker,
    "core-only": _core_only,
    "split": lambda _: "; it falls into two halves that stand out each, with no extra ties across.",
    "dormant": lambda _: "; it stood out in the first third of the period, and no longer does.",
    "emerging": lambda _: "; it stands out in the last third of the period, and did not before.",
    "formal-only": _formal_only,
    "paper": _paper,
}


def reason(verdict: str, e: Evidence, settings: Settings) -> str:
    """Return the sentence that explains a verdict.

    Parameters
    ----------
    verdict : str
        A class that has a probability.
    e : Evidence
        What is known of the group.
    settings : Settings
        What the tests were run with.

    Returns
    -------
    str
    """
    return f"{ties(e, settings)}{_REASONS[verdict](e)}"


# -------------------------------------------------------------------------------------------------------------- facts


def _about_ties(e: Evidence, settings: Settings) -> str:
    known = "" if settings.structure_known else " No formal structure is known: only activity was netted out."
    return (
        f"There are {_count(e.ties, 'tie')} inside where {e.expected:.1f} are expected, {e.lift.value:.1f} times as "
        f"many ({e.lift.low:.1f} to {e.lift.high:.1f}): {percent(e.lift.extra_density)} of the pairs beyond "
        f"expectation.{known}"
    )


def _about_structure(e: Evidence, settings: Settings) -> str:
    if not settings.structure_known:
        return (
            f"No formal structure is known: only activity was netted out, which gives {e.expected_activity:.1f} ties."
        )
    formal = (
        f"explain {percent(e.structure_share)} of its ties beyond that ({e.expected:.1f} are expected)"
        if e.structure_share > 0
        else f"explain none beyond that ({e.expected:.1f} are expected)"
    )
    return f"Activity alone would give {e.expected_activity:.1f} ties; unit, site and line of report {formal}."


def _about_core(e: Evidence, _: Settings) -> str:
    quiet = float(e.audience.mean()) if e.active else 0.0
    return (
        f"The core is {percent(e.core_share)} of the active members, with ties beyond expectation between "
        f"{percent(e.core_extra)} of its pairs; {percent(quiet)} are audience."
    )


def _about_time(e: Evidence, _: Settings) -> str:
    if not e.persistence >= 0:
        return "The data have 1 window of time, or none: nothing is known of how long it lasts."
    if np.isnan(e.thirds_p[0]):
        return f"It stands out in {percent(e.persistence)} of the stretches of time, which are too few to tell more."
    first, middle, last = (_chance(p) for p in e.thirds_p)
    return (
        f"It stands out in {percent(e.persistence)} of the stretches of time; chance gives as many ties as it has in "
        f"the first, middle and last third with probabilities of {first}, {middle} and {last}."
    )


def _about_piece(e: Evidence, _: Settings) -> str:
    return f"{percent(e.connectedness)} of its core hang together."


def _about_broker(e: Evidence, _: Settings) -> str:
    return (
        f"Without the member most paths pass through, {percent(e.broker.remaining)} of the others hang together; "
        f"without two such members, {percent(e.broker_two.remaining)}."
    )


def _about_halves(e: Evidence, _: Settings) -> str:
    if e.split is None:
        return f"It does not divide into two halves of {thresholds.MIN_ACTIVE} or more."
    low, high = sorted(e.split.half_tails)
    return (
        f"Divided in two as far as it can be, it has {e.split.cross_lift:.1f} times the expected ties across; chance "
        f"gives those within the halves with a probability of {_chance(low)} and {_chance(high)}."
    )


def _about_seen(e: Evidence, settings: Settings) -> str:
    return (
        f"{e.active} of {e.size} listed members are active ({percent(e.coverage)}); a community with ties between "
        f"{percent(settings.target)} more pairs would be noticed with a probability of {percent(e.power)}."
    )


def _chance(p: float) -> str:
    """Write a small probability."""
    if np.isnan(p) or p >= 0.1:
        return percent(p)
    return "below 0.1 %" if p < 0.001 else f"{100 * p:.1f} %"


_FACTS: Mapping[str, Callable[[Evidence, Settings], str]] = {
    "ties": _about_ties,
    "formal": _about_structure,
    "core": _about_core,
    "time": _about_time,
    "piece": _about_piece,
    "broker": _about_broker,
    "halves": _about_halves,
    "seen": _about_seen,
}


_HALLMARKS: Mapping[str, tuple[str, ...]] = {
    "real": ("ties",),
    "broker-dependent": ("broker", "ties"),
    "core-only": ("core",),
    "split": ("halves",),
    "dormant": ("time",),
    "emerging": ("time",),
    "formal-only": ("formal",),
    "paper": ("ties", "seen"),
}
"""What the rules look at before a group may be called so."""


def deciding(verdict: str, contributions: Mapping[str, float]) -> tuple[str, ...]:
    """Return topics in order: what the rules of a class look at, then what spoke most for it.

    Parameters
    ----------
    verdict : str
        A class; others have nothing that comes first.
    contributions : mapping of str to float
        What each topic adds to the log-odds of the likeliest class against the next.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> deciding("core-only", {"ties": 1.0, "time": 2.5, "core": -0.5})
    ('core', 'time', 'ties')
    """
    first = _HALLMARKS.get(verdict, ())
    return first + tuple(sorted(set(contributions) - set(first), key=lambda topic: (-contributions[topic], topic)))


def facts(e: Evidence, settings: Settings, topics: tuple[str, ...] = _SEEN_FIRST) -> tuple[str, str, str]:
    """Return the three facts that decided, each with its numbers.

    Parameters
    ----------
    e : Evidence
        What is known of the group.
    settings : Settings
        What the tests were run with.
    topics : tuple of str
        What to tell of, the most important first; three are told of.

    Returns
    -------
    tuple of three str
    """
    first, second, third = (_FACTS[topic](e, settings) for topic in topics[:3])
    return first, second, third


# ------------------------------------------------------------------------------------------------ what would change it


def change(verdict: str, e: Evidence, settings: Settings) -> str:
    """Say what would change a verdict.

    Parameters
    ----------
    verdict : str
        One of the classes of verdict.
    e : Evidence
        What is known of the group.
    settings : Settings
        What the tests were run with.

    Returns
    -------
    str
        One sentence. Its numbers hold everything else as it is, so they are rough.
    """
    return _CHANGES[verdict](e, settings)


def _less(e: Evidence, settings: Settings) -> str:
    lost = e.ties
    while lost > 0 and _stands(lost - 1, e, settings):
        lost -= 1
    return f"With about {_count(e.ties - lost + 1, 'tie')} fewer inside it would not stand out any more."


def _more(e: Evidence, settings: Settings) -> str:
    pairs = _pairs(e.active)
    wanted = next((m for m in range(e.ties + 1, pairs + 1) if _stands(m, e, settings)), pairs)
    return f"With about {max(wanted - e.ties, 1)} more of its {pairs} pairs in lasting contact it would stand out."


def _second_bridge(e: Evidence, _: Settings) -> str:
    joined = 1 - e.bridge.cut_off
    left, without = min((e.broker.remaining, "that member"), (e.broker_two.remaining, "those two members"))
    left, without = (left, without) if left < thresholds.CONNECTED else (joined, "that member")
    if left < thresholds.CONNECTED:
        return (
            f"If {percent(thresholds.CONNECTED)} of the others hung together without {without}, rather than "
            f"{percent(left)}, it would rather be real: a few ties past the bridge do it."
        )
    return (
        f"If the others stood out without that member (chance gives their ties with a probability of "
        f"{_chance(e.broker.p)}), it would be real."
    )


def _wider_core(e: Evidence, _: Settings) -> str:
    if e.coverage < thresholds.MIN_COVERAGE:
        needed = int(np.ceil(thresholds.MIN_COVERAGE * e.size)) - e.active
        return (
            f"If {max(needed, 1)} more of the {e.size} members listed were seen in the data, the whole could be judged."
        )
    needed = int(np.ceil(thresholds.CORE_MOST * e.active)) - int(e.core.sum())
    return (
        f"If {max(needed, 1)} more of the {e.active} active members took part as the core does, or the list were cut "
        "to the core, it would be real."
    )


def _across(e: Evidence, _: Settings) -> str:
    lift_now = e.split.cross_lift if e.split is not None else float("nan")
    return f"With clearly more ties across the halves than expected (now {lift_now:.1f} times), it would be one group."


def _again(e: Evidence, _: Settings) -> str:
    return (
        f"Were the ties of the last third as many as those of the first (chance gives them with a probability of "
        f"{_chance(e.thirds_p[2])}), it would be alive."
    )


def _lasting(e: Evidence, _: Settings) -> str:
    if e.persistence >= thresholds.PERSISTENT:
        return (
            f"If it stands out next quarter too, as in {percent(e.persistence)} of the stretches of time, it is real."
        )
    now = f", now {percent(e.persistence)}" if e.persistence >= 0 else ""
    return f"If it goes on to stand out in {percent(thresholds.PERSISTENT)} of the stretches of time{now}, it is real."


def _to_judge(e: Evidence, settings: Settings) -> str:
    if e.coverage < thresholds.MIN_COVERAGE:
        needed = max(int(np.ceil(thresholds.MIN_COVERAGE * e.size)), thresholds.MIN_ACTIVE) - e.active
        return f"With {max(needed, 1)} more of its {e.size} listed members in the data it could be judged."
    return f"With {_members(e, settings, thresholds.MIN_POWER)} it could be judged."


def _to_decide(e: Evidence, settings: Settings) -> str:
    if e.power < thresholds.SURE_POWER:
        return f"With {_members(e, settings, thresholds.SURE_POWER)}, or another quarter of data, one could say more."
    if _stands(e.ties, e, settings):
        return "Another quarter of data, or further sources that its members use, would show what kind of group it is."
    return f"{_more(e, settings)[:-1]}; another quarter of data would tell."


def _members(e: Evidence, settings: Settings, needed: float) -> str:
    """Say how many more active members, as densely tied as these, give enough power."""
    each = e.expected / max(_pairs(e.active), 1)
    for more in range(1, _MOST_MEMBERS + 1):
        pairs = _pairs(e.active + more)
        enough = power(each * pairs, pairs, target=settings.target, alpha=settings.alpha) >= needed
        if enough and e.active + more >= thresholds.MIN_ACTIVE:
            return f"{more} more active {'member' if more == 1 else 'members'} of the same density"
    return f"more than {_MOST_MEMBERS} more active members of the same density"


def _stands(m: int, e: Evidence, settings: Settings) -> bool:
    """Tell whether as many ties would stand out, by the tail and by the bounds of a real group."""
    told = lift(m, e.expected, _pairs(e.active))
    strong = told.low > thresholds.MIN_LIFT_LOW and told.extra_density >= thresholds.MIN_EXTRA
    return strong and poisson_tail(m, e.expected) <= settings.alpha


def _pairs(active: int) -> int:
    """Return the number of pairs."""
    return active * (active - 1) // 2


_CHANGES: Mapping[str, Callable[[Evidence, Settings], str]] = {
    "real": _less,
    "broker-dependent": _second_bridge,
    "core-only": _wider_core,
    "split": _across,
    "dormant": _again,
    "emerging": _lasting,
    "formal-only": _more,
    "paper": _more,
    "insufficient": _to_judge,
    "uncertain": _to_decide,
}
