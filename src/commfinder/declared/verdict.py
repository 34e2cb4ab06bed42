"""From evidence to a verdict: the probable class within the rules that guard it, and the words that explain it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commfinder.declared import explain
from commfinder.declared.evidence import Evidence, Settings
from commfinder.declared.explain import percent
from commfinder.declared.probability import CLASSES, community, features, stored_model
from commfinder.declared.thresholds import (
    BIGGER,
    CONNECTED,
    CORE_MOST,
    CORE_SOME,
    CROSS_ALPHA,
    HALF_ALPHA,
    MIN_ACTIVE,
    MIN_COVERAGE,
    MIN_EXTRA,
    MIN_LIFT_LOW,
    MIN_POWER,
    MOST_ALIVE,
    SEASON_ALPHA,
    SIGN,
    SURE,
    SURE_POWER,
    THIRD_ALPHA,
)
from commfinder.logistic import Logistic

__all__ = ["HELP", "VERDICTS", "Ruling", "barred", "rule"]

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

_HELP_BIGGER = " Ask those beyond the roster whether they wish to be listed."
_STANDING = ("real", "broker-dependent", "core-only", "split", "emerging")
_ALIVE = CLASSES.index("formal-only")  # the classes before it have a community
_UNKNOWN = float("nan")


@dataclass(frozen=True)
class Ruling:
    """A verdict with its probability and its words.

    Parameters
    ----------
    verdict : str
        One of `VERDICTS`.
    bigger : bool
        Whether many outside belong to it by their ties.
    reason : str
        The sentence that explains it, with its numbers.
    probability : float
        How probable the class is; nan for `insufficient` and `uncertain`, which claim nothing about the group.
    probabilities : tuple of float
        Of each of `VERDICTS`; 0 for those two, and nan throughout for a group of fewer than five active members. Where
        a rule decided, they are what the evidence would say if it were enough.
    community : float
        How probable it is that a community is there, of whatever kind: real, broker-dependent, core-only, split or
        emerging. It is what orders groups. Known, and missing, as `probabilities` are, whatever the verdict.
    facts : tuple of three str
        The facts that decided it.
    change : str
        What would change it.
    help : str
        What fits.
    """

    verdict: str
    bigger: bool
    reason: str
    probability: float = _UNKNOWN
    probabilities: tuple[float, ...] = (_UNKNOWN,) * len(VERDICTS)
    community: float = _UNKNOWN
    facts: tuple[str, str, str] = ("", "", "")
    change: str = ""
    help: str = ""


def rule(evidence: Evidence, q: float, core_q: float, settings: Settings, model: Logistic | None = None) -> Ruling:
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
    model : Logistic, optional
        What gives the probabilities; None takes the one that planted groups taught.

    Returns
    -------
    Ruling

    Notes
    -----
    In this order: `insufficient` where the evidence can not tell; `uncertain` where the group stands out by ties of its
    own space only; else the most probable class, by a model of groups whose class is known. That class stands if its
    probability is at least one half and no rule bars it; if not, `uncertain`. Rules only take away: they never make a
    class of a group that the model does not. A "no" (`paper`, `formal-only`) needs power and a bound, not only the lack
    of a "yes". Of a group of whose list too little is seen nothing is told but that it is real at its core: all else
    speaks of the whole, and becomes `insufficient`. Low power, which is known before a tie is seen, does not keep from
    judging where the ties that are seen rule out what the power is meant to find.
    """
    found = q <= settings.alpha
    model, row = model or stored_model(), features(evidence)
    chances = model.probability(row[None])[0]
    told = _insufficient(evidence, found, settings)
    if told:
        return _by_rule("insufficient", told, evidence, settings, chances)
    told = _own_space(evidence, found, settings)
    if told:
        return _by_rule("uncertain", told, evidence, settings, chances)
    order = np.argsort(-chances, kind="stable")
    likeliest, next_best = CLASSES[order[0]], CLASSES[order[1]]
    chance = float(chances[order[0]])
    bar = barred(likeliest, evidence, q, core_q, settings) or _bar_alive(likeliest, float(chances[:_ALIVE].sum()))
    verdict = likeliest if chance >= SURE and not bar else "uncertain"
    if evidence.coverage < MIN_COVERAGE and verdict != "core-only":
        return _by_rule("insufficient", _unseen(evidence, settings), evidence, settings, chances)
    why = (
        explain.reason(verdict, evidence, settings)
        if verdict == likeliest
        else _doubt(evidence, settings, likeliest, chance, bar)
    )
    bigger = verdict in _STANDING and evidence.outsiders >= max(1, BIGGER * evidence.active)
    topics = explain.deciding(likeliest, model.contributions(row, likeliest, next_best))
    return Ruling(
        verdict,
        bigger,
        why + (" More people belong to it by their ties than its roster lists." if bigger else ""),
        probability=chance if verdict == likeliest else _UNKNOWN,
        probabilities=(*(float(one) for one in chances), 0.0, 0.0),
        community=community(chances),
        facts=explain.facts(evidence, settings, topics),
        change=explain.change(verdict, evidence, settings),
        help=HELP[verdict] + (_HELP_BIGGER if bigger else ""),
    )


def _by_rule(
    verdict: str, why: str, evidence: Evidence, settings: Settings, chances: npt.NDArray[np.float64]
) -> Ruling:
    """Rule where a rule alone decides; what the model thinks of a group of five or more is kept all the same."""
    known = evidence.active >= MIN_ACTIVE
    return Ruling(
        verdict,
        False,
        why,
        probabilities=(*(float(one) for one in chances), 0.0, 0.0) if known else (_UNKNOWN,) * len(VERDICTS),
        community=community(chances) if known else _UNKNOWN,
        facts=explain.facts(evidence, settings),
        change=explain.change(verdict, evidence, settings),
        help=HELP[verdict],
    )


def _insufficient(e: Evidence, found: bool, settings: Settings) -> str:
    """Say why a group can not be judged, or nothing."""
    if not e.size:
        return "Nobody is listed in the period."
    if e.coverage < MIN_COVERAGE and not found:
        return f"{_few(e)}."
    if e.active < MIN_ACTIVE:
        return f"Only {e.active} members are active in the data; at least {MIN_ACTIVE} are needed to judge."
    # What is seen may rule a community out where that was not to be expected beforehand.
    if e.power < MIN_POWER and e.p > settings.alpha and e.lift.extra_high >= settings.target:
        return (
            f"With {e.active} active members a community would be noticed with a probability of "
            f"{percent(e.power)} only: no verdict is better than a guess."
        )
    return ""


def _few(e: Evidence) -> str:
    """Say how many of the list are seen."""
    return (
        f"Only {e.active} of {e.size} members are seen in the data ({percent(e.coverage)}; "
        f"{percent(MIN_COVERAGE)} are needed to judge)"
    )


def _unseen(e: Evidence, settings: Settings) -> str:
    """Say that those who are seen stand out, and that nothing of the group as a whole follows from them."""
    return f"{_few(e)}. Those who are have {explain.ties(e, settings)}, which does not tell what the whole is."


def _own_space(e: Evidence, found: bool, settings: Settings) -> str:
    """Say that a group stands out only by ties that being on its list makes, or nothing."""
    if found or not e.own_space_ties or e.p_all > settings.alpha:
        return ""
    return (
        f"{explain.ties(e, settings)}; a further {e.own_space_ties} exist only in the group's own space, which its "
        "roster explains as well as a community does."
    )


def barred(verdict: str, evidence: Evidence, q: float, core_q: float, settings: Settings) -> str:
    """Say which rule keeps a group from being called by a class, or nothing.

    Parameters
    ----------
    verdict : str
        A class that has a probability.
    evidence : Evidence
        What is known of the group.
    q, core_q : float
        False discovery rates of the group and of its core.
    settings : Settings
        Level and target.

    Returns
    -------
    str
        A clause that follows "but"; empty if no rule bars it.
    """
    e, found = evidence, q <= settings.alpha
    if verdict in ("real", "broker-dependent"):
        return _bar_whole(e, found) or (_bar_broker(e, settings) if verdict == "broker-dependent" else _bar_share(e))
    if verdict == "core-only":
        return _bar_core(e, found, core_q <= settings.alpha)
    if verdict == "split":
        return _bar_split(e, found)
    if verdict in ("dormant", "emerging"):
        return _bar_season(e, verdict)
    if verdict == "formal-only":
        # What exceeds formal structure surely, and is too little for a community, leaves formal structure the reason.
        return _bar_no(e, found and not _little(e), settings) or _bar_formal(e, settings)
    return _bar_no(e, found, settings) or _bar_paper(e)


def _bar_whole(e: Evidence, found: bool) -> str:
    """Guard what is said of a group as a whole."""
    if not found:
        return "its ties are not more than chance gives some group among so many"
    if e.coverage < MIN_COVERAGE:
        return f"only {percent(e.coverage)} of the members listed are seen in the data"
    return "what goes beyond expectation is too little to call it a community" if _little(e) else ""


def _little(e: Evidence) -> bool:
    """Tell whether what goes beyond expectation is too little for a community, however sure it is."""
    return e.lift.low <= MIN_LIFT_LOW or e.lift.extra_density < MIN_EXTRA


def _bar_share(e: Evidence) -> str:
    """Guard what is said of most members.

    The core is the stage that stands out most, which may leave people behind who take part: they count. A group that
    hangs on a broker may have its core on one side of it, and is not asked.
    """
    return f"only {percent(e.taking_part)} of the active members take part in it" if e.taking_part < CORE_MOST else ""


def _bar_broker(e: Evidence, settings: Settings) -> str:
    """Guard what is said of dependence on one member."""
    if min(e.broker.remaining, e.broker_two.remaining) < CONNECTED or e.broker.p > settings.alpha:
        return ""
    if e.bridge.cut_off > 1 - CONNECTED:
        return ""
    return f"without one member {percent(e.broker.remaining)} of the others hang together"


def _bar_core(e: Evidence, found: bool, core_found: bool) -> str:
    """Guard what is said of a core."""
    if found and e.coverage < MIN_COVERAGE:
        return ""
    if not core_found:
        return "its core stands out no more than cores of groups alike"
    # Chance moves the core by a member, more or less.
    if e.core_share < CORE_SOME or int(e.core.sum()) - 1 >= CORE_MOST * e.active:
        return f"its core is {percent(e.core_share)} of the active members"
    return ""


def _bar_split(e: Evidence, found: bool) -> str:
    """Guard what is said of two halves."""
    if not found:
        return "its ties are not more than chance gives some group among so many"
    if e.split is None or e.split.p >= HALF_ALPHA:
        return "its halves do not stand out each"
    # Of two groups with no extra ties across, every other one has a few more than expected by chance; and a few ties
    # that chance does not explain do not make one group of two, as long as two account for them better than one.
    if e.split.cross_p > CROSS_ALPHA or e.split.apart > 0:
        return ""
    return "there are more ties across its halves than expected"


def _bar_season(e: Evidence, verdict: str) -> str:
    """Guard what is said of coming and going."""
    first, _, last = e.thirds_p
    on, off = (last, first) if verdict == "emerging" else (first, last)
    if np.isnan(on):
        return "there are too few windows of time to tell when it lives"
    if on >= SEASON_ALPHA:
        return f"the {'last' if verdict == 'emerging' else 'first'} third of the period does not stand out by itself"
    if off <= THIRD_ALPHA:
        return f"the {'first' if verdict == 'emerging' else 'last'} third of the period stands out too"
    return ""


def _bar_no(e: Evidence, found: bool, settings: Settings) -> str:
    """Guard a "no": it needs a bound, and no sign of life."""
    if found:
        return "it has more ties than chance gives"
    if e.lift.extra_high >= settings.target:
        return f"ties between {percent(e.lift.extra_high)} more of its pairs than expected can not be ruled out"
    if min(e.p, e.core_p) <= SIGN or min(e.thirds_p) <= THIRD_ALPHA:
        return "there are signs of a community"
    return ""


def _bar_alive(verdict: str, alive: float) -> str:
    """Guard a "no" against the probability of a community of any kind."""
    if CLASSES.index(verdict) < _ALIVE or alive <= MOST_ALIVE:
        return ""
    return f"that there is a community of some kind has a probability of {percent(alive)}"


def _bar_paper(e: Evidence) -> str:
    """Guard what is said of the lack of ties; `formal-only` rests on ties that are there, and `MIN_POWER` is enough."""
    if e.power < SURE_POWER:
        return f"a community would be noticed with a probability of {percent(e.power)} only, too little to say no"
    return ""


def _bar_formal(e: Evidence, settings: Settings) -> str:
    """Guard what is said of formal structure."""
    if not settings.structure_known:
        return "no formal structure is known"
    if e.p_activity > settings.alpha:
        return "its ties are not more than activity alone gives"
    return ""


def _doubt(e: Evidence, settings: Settings, likeliest: str, chance: float, bar: str) -> str:
    """Say why a group is left open."""
    told = explain.ties(e, settings)
    if chance < SURE:
        return f"{told}; the likeliest class is {likeliest}, with a probability of {percent(chance)} only."
    return f"{told}; it looks most like {likeliest} ({percent(chance)}), but {bar}."
