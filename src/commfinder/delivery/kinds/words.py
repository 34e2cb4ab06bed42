"""The type of a group in words: why, the facts that decided it, and the support that fits. Sentences name nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from commfinder.delivery.kinds.facts import Facts
from commfinder.delivery.kinds.without_ids import about_talk, percent

__all__ = ["SUPPORT", "deciding", "doubt", "reason", "told"]

SUPPORT = {
    "process": (
        "Make its handoffs and what waits visible, keep the state of each case where all its units see it, and give "
        "whoever most handoffs go through a substitute."
    ),
    "knowledge": (
        "Give it reach, keep its answers where others find them, and see that newcomers are welcomed and answered."
    ),
    "social": "Leave it room and set it no targets: it holds people together, and what helps work would harm it.",
    "formal-only": "Support it through unit, site and line of report: nothing beyond them is at work.",
    "mixed": (
        "Serve both sides apart: visible handoffs and a substitute for its gatekeepers where it delivers, reach and "
        "lasting answers where it shares what it knows."
    ),
    "abstain": "Nothing to do on this evidence; add the sources its members use, or look again next quarter.",
}
"""What fits each type."""

_NOUN = {
    "process": "delivers a process",
    "knowledge": "shares knowledge",
    "social": "is social",
    "formal-only": "follows formal structure only",
    "mixed": "both delivers and shares",
}
_STANDS_OUT = 1.645
_SEEN_FIRST = ("seen", "order", "openers")
_LEVEL = {"person": "members", "role": "roles", "activity": "activities"}


def _of_ten(share: float) -> str:
    """Write a share in tenths.

    Examples
    --------
    >>> _of_ten(0.91)
    '9 of 10'
    """
    return f"{round(10 * share)} of 10"


def _count(number: float, noun: str) -> str:
    """Return a whole number with its noun."""
    return f"{number:,.0f} {noun}{'' if number == 1 else 's'}"


# ------------------------------------------------------------------------------------------------------------ reasons


def _process(f: Facts) -> str:
    units = f" across {_count(f.units, 'unit')}" if f.units > 1 else ""
    return f"{_count(f.cases, 'case')} pass from member to member{units} in an order that returns: {_order_clause(f)}."


def _knowledge(f: Facts) -> str:
    many = f" ({f.half_open} of them open half)" if f.half_open else ""
    return (
        f"{_count(f.cases, 'case')} among {_count(f.size, 'member')}, opened by many{many} and answered in no set order"
        f"{_order_bracket(f)}."
    )


def _social(f: Facts) -> str:
    talk = f"{_count(f.talk.messages, 'message')} between members" if f.talk.messages else _count(f.cases, "case")
    hours = "" if np.isnan(f.off_hours) else f", {percent(f.off_hours)} of what they do outside usual working hours"
    return f"{talk}{hours}, and no work that passes along a path{_order_bracket(f)}."


def _formal_only(f: Facts) -> str:
    if f.formal is None:
        return "What members do together follows unit, site and line of report."
    beyond = "nothing" if f.formal.z < _STANDS_OUT else "little"
    return (
        f"{_count(f.formal.ties, 'tie')} among its {f.formal.active} active members where unit, site, line of report "
        f"and activity let one expect {f.formal.expected:.1f}: {beyond} beyond formal structure."
    )


def _mixed(f: Facts) -> str:
    if f.parts > 1:
        return (
            f"Some of its {_count(f.cases, 'case')} pass on in a usual order and others do not: in one part of its "
            f"work {_half(f.strictest_part)} of the pairs come in the order seen before, in another "
            f"{_half(f.loosest_part)}, where chance gives 50 %; {percent(f.strict_reach)} of the members work in the "
            "former."
        )
    return f"Some of its {_count(f.cases, 'case')} pass on in a usual order and others do not: {_order_clause(f)}."


_REASONS: Mapping[str, Callable[[Facts], str]] = {
    "process": _process,
    "knowledge": _knowledge,
    "social": _social,
    "formal-only": _formal_only,
    "mixed": _mixed,
}


def _order_clause(f: Facts) -> str:
    """Say how often new cases come in the order seen before."""
    if np.isnan(f.order):
        return "too few pairs tell of their order"
    return (
        f"{_of_ten(f.order)} pairs of {_LEVEL[f.order_level]} in a new case come in the order seen before "
        f"({percent(f.order_null)} by chance)"
    )


def _order_bracket(f: Facts) -> str:
    """Say in brackets how often new cases come in the order seen before, if that is known."""
    return (
        "" if np.isnan(f.order) else f" ({percent(f.order)} of pairs come as before, {percent(f.order_null)} by chance)"
    )


def reason(kind: str, facts: Facts) -> str:
    """Return the sentence that explains a type.

    Parameters
    ----------
    kind : str
        A type that has a probability.
    facts : Facts
        What is known of the group.

    Returns
    -------
    str
    """
    return _REASONS[kind](facts)


def doubt(likeliest: str, next_best: str, chance: float, bar: str) -> str:
    """Return the sentence that explains why no type is spoken.

    Parameters
    ----------
    likeliest, next_best : str
        The two most probable types.
    chance : float
        Probability of the first.
    bar : str
        The rule that bars it, as a clause, or nothing.

    Returns
    -------
    str
    """
    if bar:
        return f"By most of its features it {_NOUN[likeliest]} ({percent(chance)}), but {bar}."
    return (
        f"It most likely {_NOUN[likeliest]} ({percent(chance)}), which is too unsure to say; the next guess is that it "
        f"{_NOUN[next_best]}."
    )


# -------------------------------------------------------------------------------------------------------------- facts


def _about_order(f: Facts) -> str:
    if np.isnan(f.order):
        return f"Its {_count(f.cases, 'case')} hold too few pairs of members after the first to tell of any order."
    chance = "below 1 %" if f.order_p < 0.01 else percent(f.order_p)
    return (
        f"In a new case, whoever opened it left out, {percent(f.order)} of the pairs of {_LEVEL[f.order_level]} come "
        f"in the order of other cases; shuffled cases give {percent(f.order_null)} (probability by chance {chance})."
        f"{about_talk(f)}"
    )


def _about_parts(f: Facts) -> str:
    if not f.parts:
        return "No part of its work has cases enough to be looked at by itself."
    if f.parts < 2:
        return f"All its work is of one part: {_half(f.loosest_part)} of the pairs come as before."
    return (
        f"Its work has {f.parts} parts (spaces, and what passes through none): in the strictest "
        f"{_half(f.strictest_part)} of the pairs come as before, in the loosest {_half(f.loosest_part)}; "
        f"{percent(f.strict_reach)} of the members work in the strictest."
    )


def _half(excess: float) -> str:
    """Write an excess over a half as a share in per cent."""
    return percent(0.5 + excess)


def _about_path(f: Facts) -> str:
    if np.isnan(f.path):
        one_way = (
            "" if np.isnan(f.one_way_people) else f"; {percent(max(f.one_way_people, 0.0))} one way between two people"
        )
        return f"Members hand on {_count(f.handoffs, 'time')}{one_way}; too little is known of their roles."
    return (
        f"Of {_count(f.handoffs, 'handoff')}, the role that hands on tells {percent(f.path)} of what role takes over, "
        f"and two roles hand on {percent(max(f.one_way_roles, 0.0))} one way (0 % is as often either way)."
    )


def _about_roles(f: Facts) -> str:
    if np.isnan(f.same_roles):
        return "Too little is known of the roles in its cases to tell whether the same ones return."
    return (
        f"Two cases have the same set of roles with a probability of {percent(f.same_roles)}, and the same people with "
        f"one of {percent(f.same_people)}."
    )


def _about_units(f: Facts) -> str:
    if f.units < 2:
        return "All its members are of one unit." if f.units else "Of what units its members are is not known."
    return (
        f"{_count(f.units, 'unit')} take part; {percent(f.across_units)} of the handoffs pass between two units, and "
        f"two people of one case are of different units with a probability of {percent(f.units_in_case)}."
    )


def _about_openers(f: Facts) -> str:
    if np.isnan(f.openers):
        return "Too few cases tell who opens them."
    return (
        f"{f.half_open} of {_count(f.size, 'member')} open half of the cases; the same member opens two with a "
        f"probability of {percent(f.openers)}."
    )


def _about_answers(f: Facts) -> str:
    if np.isnan(f.answer_lift):
        return "Too few members join cases that others open to tell whether a few do so most."
    return (
        f"The same member joins two cases that others open {f.answer_lift:.1f} times as often as if all joined alike."
    )


def _about_ends(f: Facts) -> str:
    if np.isnan(f.end_lift):
        return "Of how its cases end nothing is known."
    return f"Two cases end in the same way {f.end_lift:.1f} times as often as if all ends were alike."


def _about_shape(f: Facts) -> str:
    if np.isnan(f.people_per_case):
        return "Members take part in no case together."
    return (
        f"A case has {f.people_per_case:.1f} members on average; {percent(f.back)} of the handoffs return to whoever "
        "had it before."
    )


def _about_hours(f: Facts) -> str:
    if np.isnan(f.off_hours):
        return "At what hours its members work together is not known."
    return (
        f"{percent(f.off_hours)} of what the group does lies outside its members' usual working hours, against "
        f"{percent(f.usual_off_hours)} of all that they do."
    )


def _about_talk(f: Facts) -> str:
    if not f.talk.messages:
        return "Members write one another nothing that the data show."
    return (
        f"Members wrote one another {_count(f.talk.messages, 'message')}, to {f.talk.breadth:.1f} people on average; "
        f"{percent(f.talk.private)} went to one alone and {percent(f.talk.reciprocity)} were returned."
    )


def _about_alone(f: Facts) -> str:
    if np.isnan(f.alone):
        return "It has no space of its own that would show what stays unanswered."
    return f"{percent(f.alone)} of what members open in its spaces stays unanswered."


def _about_formal(f: Facts) -> str:
    if f.formal is None:
        informal = "" if np.isnan(f.informal) else f"; {percent(f.informal)} of the handoffs do not follow the chart"
        return f"What ties its members have beyond formal structure is not known{informal}."
    return (
        f"{_count(f.formal.ties, 'tie')} among its {f.formal.active} active members where activity and formal "
        f"structure let one expect {f.formal.expected:.1f}; {percent(f.informal)} of the handoffs do not follow it."
    )


def _about_seen(f: Facts) -> str:
    return (
        f"{_count(f.size, 'member')} worked together on {_count(f.cases, 'case')} in {_count(f.windows, 'window')} of "
        f"four weeks, and wrote one another {_count(f.talk.messages, 'message')}."
    )


def _whole(sentence: str) -> str:
    """Begin a sentence with a capital letter."""
    return sentence[0].upper() + sentence[1:]


_FACTS: Mapping[str, Callable[[Facts], str]] = {
    "order": _about_order,
    "parts": _about_parts,
    "path": _about_path,
    "roles": _about_roles,
    "units": _about_units,
    "openers": _about_openers,
    "answers": _about_answers,
    "ends": _about_ends,
    "shape": _about_shape,
    "hours": _about_hours,
    "talk": _about_talk,
    "alone": _about_alone,
    "formal": _about_formal,
    "seen": _about_seen,
}

_HALLMARKS: Mapping[str, tuple[str, ...]] = {
    "process": ("order",),
    "knowledge": ("order",),
    "social": (),
    "formal-only": ("formal",),
    "mixed": ("parts",),
}
"""What the rules look at before a group may be called so."""


def deciding(kind: str, contributions: Mapping[str, float]) -> tuple[str, ...]:
    """Return topics in order: what the rules of a type look at, then what spoke most for it.

    Parameters
    ----------
    kind : str
        A type that has a probability.
    contributions : mapping of str to float
        What each topic adds to the log-odds of the likeliest type against the next.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> deciding("process", {"units": 1.0, "openers": 2.5, "order": -0.5})
    ('order', 'openers', 'units')
    """
    first = _HALLMARKS[kind]
    return first + tuple(sorted(set(contributions) - set(first), key=lambda topic: (-contributions[topic], topic)))


def told(facts: Facts, topics: tuple[str, ...] = _SEEN_FIRST) -> tuple[str, str, str]:
    """Return the three facts that decided, each with its numbers.

    Parameters
    ----------
    facts : Facts
        What is known of the group.
    topics : tuple of str
        What to tell of, the most important first; three are told of.

    Returns
    -------
    tuple of three str
    """
    first, second, third = (_whole(_FACTS[topic](facts)) for topic in topics[:3])
    return first, second, third
