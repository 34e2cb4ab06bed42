"""From evidence to a verdict, in words: the rules in their order, and the sentence that explains each."""

from __future__ import annotations

from dataclasses import dataclass

from commfinder.declared.evidence import Evidence, Settings

__all__ = ["HELP", "VERDICTS", "Ruling", "rule"]

VERDICTS = (
    "real",
    "broker-dependent",
    "core-only",
    "split",
    "dormant",
    "emerging",
    "formal-only",
    "paper",
    "insufficient",
    "uncertain",
)
"""The classes of verdict, from the liveliest to not knowing."""

HELP = {
    "real": "Leave it room; ask its core what it needs, and recognise it.",
    "broker-dependent": "Bring in a second bridge: let others host, introduce and answer, so that it hangs on no one.",
    "core-only": "Invite the audience to take part, or shrink the roster to those who do.",
    "split": "Treat it as two groups, or name somebody to link them if one is wanted.",
    "dormant": "Ask whether it has done its work; close it with thanks, or give it a new occasion.",
    "emerging": "Give it time and light support; look again next quarter.",
    "formal-only": "It lives by unit, site and line of report; support those, unless a goal beyond them is meant.",
    "paper": "Ask whether it is still wanted; if it is, start small with those who want it.",
    "insufficient": "Nothing to do on this evidence; add the sources its members use, or look again with more members.",
    "uncertain": "Look again next quarter, or ask its members.",
}
"""What fits each class."""

_MIN_COVERAGE, _MIN_ACTIVE, _MIN_POWER, _SURE_POWER = 0.6, 5, 0.5, 0.8
_MIN_LIFT_LOW, _MIN_EXTRA = 1.3, 0.05
_CORE_MOST, _CORE_SOME, _PERSISTENT, _CONNECTED, _HELD = 0.6, 0.2, 2 / 3, 0.8, 0.6
_THIRD = {"emerging": "last", "dormant": "first"}
_THIRD_ALPHA, _BIGGER = 0.001, 0.2


@dataclass(frozen=True)
class Ruling:
    """A verdict with its sentence.

    Parameters
    ----------
    verdict : str
        One of `VERDICTS`.
    bigger : bool
        Whether many outside belong to it by their ties.
    reason : str
        The sentence that explains it, with its numbers.
    """

    verdict: str
    bigger: bool
    reason: str


def rule(evidence: Evidence, q: float, core_q: float, settings: Settings) -> Ruling:
    """Rule on one group.

    Parameters
    ----------
    evidence : Evidence
        What is known of it.
    q : float
        Its false discovery rate among all groups tested.
    core_q : float
        The same of its core.
    settings : Settings
        Level and target.

    Returns
    -------
    Ruling

    Notes
    -----
    In this order: insufficient; split; real or broker-dependent; core-only; dormant or emerging; formal-only; paper;
    and uncertain where no rule holds. A "no" needs power, not only the lack of a "yes".
    """
    found, core_found = q <= settings.alpha, core_q <= settings.alpha
    verdict, why = _verdict(evidence, found, core_found, settings)
    stands = verdict in ("real", "broker-dependent", "core-only", "split", "emerging")
    bigger = stands and evidence.outsiders >= max(1, _BIGGER * evidence.active)
    tail = " More people belong to it by their ties than its roster lists." if bigger else ""
    return Ruling(verdict, bigger, why + tail)


def _verdict(e: Evidence, found: bool, core_found: bool, settings: Settings) -> tuple[str, str]:
    """Apply the rules in their order."""
    missing = _insufficient(e, found, settings)
    if missing:
        return "insufficient", missing
    if found and e.split is not None and e.split.p < 0.01 and e.split.cross_lift <= 1:
        return (
            "split",
            f"{_ties(e, settings)}; it falls into two halves that stand out each, with no extra ties across.",
        )
    strong = found and e.lift.low > _MIN_LIFT_LOW and e.lift.extra_density >= _MIN_EXTRA
    core_stands = core_found and (e.core_held_out or not e.persistence >= 0)
    if strong and e.coverage < _MIN_COVERAGE:
        return "core-only", (
            f"{_ties(e, settings)}; they are {_percent(e.coverage)} of the {e.size} members listed, and the rest "
            "is not seen in the data."
        )
    if strong and e.core_share >= _CORE_MOST:
        return _alive(e, settings)
    if core_stands and e.p_formal <= settings.alpha and _CORE_SOME <= e.core_share < _CORE_MOST:
        return "core-only", (
            f"{_ties(e, settings)}; the extra ties are among {_percent(e.core_share)} of the active members, and "
            "the rest is active elsewhere."
        )
    season = _season(e)
    if season:
        return (
            season,
            f"{_ties(e, settings)}; it stands out only in the {'last' if season == 'emerging' else 'first'} third.",
        )
    return _absent(e, found, settings)


def _insufficient(e: Evidence, found: bool, settings: Settings) -> str:
    """Say why a group can not be judged, or nothing."""
    if e.coverage < _MIN_COVERAGE and not found:
        return (
            f"Only {e.active} of {e.size} members are seen in the data ({_percent(e.coverage)}; "
            f"{_percent(_MIN_COVERAGE)} are needed to judge)."
        )
    if e.active < _MIN_ACTIVE:
        return f"Only {e.active} members are active in the data; at least {_MIN_ACTIVE} are needed to judge."
    if e.power < _MIN_POWER and e.p > settings.alpha:
        return (
            f"With {e.active} active members a community would be noticed with a probability of "
            f"{_percent(e.power)} only: no verdict is better than a guess."
        )
    return ""


def _alive(e: Evidence, settings: Settings) -> tuple[str, str]:
    """Rule on a group that stands out as a whole."""
    if e.broker.remaining < _HELD or e.broker.p > settings.alpha:
        left = _percent(e.broker.remaining)
        return "broker-dependent", f"{_ties(e, settings)}; without one member only {left} of the others hang together."
    if e.persistence >= 0 and e.persistence < _PERSISTENT:
        season = _season(e)
        if season:
            return (
                season,
                f"{_ties(e, settings)}; the ties are of the {'last' if season == 'emerging' else 'first'} third.",
            )
        return "uncertain", f"{_ties(e, settings)}, but it stands out in {_percent(e.persistence)} of the windows only."
    if e.connectedness < _CONNECTED:
        return "uncertain", f"{_ties(e, settings)}, but only {_percent(e.connectedness)} of its core hang together."
    lasting = f", in {_percent(e.persistence)} of the windows" if e.persistence >= 0 else ""
    return "real", f"{_ties(e, settings)}{lasting}; {_percent(e.core_share)} of the active members carry it."


def _season(e: Evidence) -> str:
    """Say whether a group stands out in the first or the last third only."""
    first, middle, last = e.thirds_p
    if last < _THIRD_ALPHA and first > 0.05 and middle > _THIRD_ALPHA:
        return "emerging"
    if first < _THIRD_ALPHA and last > 0.05 and middle > _THIRD_ALPHA:
        return "dormant"
    return ""


def _absent(e: Evidence, found: bool, settings: Settings) -> tuple[str, str]:
    """Rule on a group that does not stand out, or not enough."""
    if not found and e.own_space_ties and e.p_all <= settings.alpha:
        return "uncertain", (
            f"{_ties(e, settings)}; a further {e.own_space_ties} exist only in the group's own space, which its roster "
            "explains as well as a community does."
        )
    if settings.structure_known and e.p_activity <= settings.alpha and e.lift.low <= 1 and not found:
        return "formal-only", (
            f"{_ties(e, settings)}; activity alone would give {e.expected_activity:.1f}, so that unit, site and line "
            "of report explain its ties."
        )
    nothing = e.p > settings.alpha and e.core_p > settings.alpha and min(e.thirds_p) > _THIRD_ALPHA
    if nothing and e.power >= _SURE_POWER and e.lift.extra_high < settings.target:
        return "paper", (
            f"{_ties(e, settings)}; a community would be noticed with a probability of "
            f"{_percent(e.power)}, and none is."
        )
    if found:
        return "uncertain", f"{_ties(e, settings)}: more than chance, but too little to call it a community."
    if e.p <= settings.alpha or e.core_p <= settings.alpha:
        return "uncertain", f"{_ties(e, settings)}: there are signs of a community, but not enough to be sure."
    return "uncertain", (
        f"{_ties(e, settings)}; a community would be noticed with a probability of {_percent(e.power)}, too little to "
        "say no."
    )


def _ties(e: Evidence, settings: Settings) -> str:
    """Say how many ties there are and how many are expected."""
    number = f"{e.ties} tie{'' if e.ties == 1 else 's'}"
    source = "activity and formal structure" if settings.structure_known else "activity alone (no units are known)"
    return (
        f"{number} among {e.active} active members where {e.expected:.1f} are expected from {source} "
        f"(lift {e.lift.value:.1f}, {e.lift.low:.1f} to {e.lift.high:.1f})"
    )


def _percent(share: float) -> str:
    """Write a share in per cent."""
    return f"{100 * share:.0f} %"
