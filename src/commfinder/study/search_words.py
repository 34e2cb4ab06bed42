"""How communities were looked for, and what came of it, in words."""

from __future__ import annotations

import math

from commfinder.communities import Communities
from commfinder.communities.confidence import UNCLUSTERED
from commfinder.study.config import CommunitiesConfig

__all__ = ["chance_words", "clustered", "known_chance", "limits_of_search", "resolution_words", "weights_words"]

_LEAST_CHANCE = 0.001
_HOW = {
    "held-out ties": "chosen by hidden ties",
    "fixed point": "the fixed point",
    "cycle": "the likeliest of a cycle",
    "no fixed point": "no other shows structure",
}
_NO_COMMUNITIES = (
    "“No communities” means that chance alone makes networks of the same activity that look as clustered as this one. "
    "It does not show that there are none: communities too loose or too small for these records may exist."
)
_CONFIDENCE = (
    "Confidence is learnt from generated networks and, where time allows, from copies of this one with communities "
    "planted in them: there, of those given 80%, about 8 in 10 are like a planted one. How far it holds for networks "
    "unlike these is not known."
)
_NOT_JUDGED = (
    "How likely communities are real was not worked out. Every network can be divided, also one that chance made: a "
    "community that is found is a place to look at."
)


def clustered(found: Communities) -> bool | None:
    """Say whether a network has communities at all; None where that was not asked.

    Parameters
    ----------
    found : Communities
        What was found.

    Returns
    -------
    bool or None
    """
    return None if math.isnan(found.p_chance) else bool(found.p_chance < UNCLUSTERED)


def known_chance(found: Communities) -> float | None:
    """Return how likely chance alone makes a network as clustered, as far as it is known.

    Parameters
    ----------
    found : Communities
        What was found.

    Returns
    -------
    float or None
        Two digits, at least 0.001: below, it is a guess beyond the networks of chance that were looked at. None where
        it was not asked.
    """
    return None if math.isnan(found.p_chance) else max(float(f"{found.p_chance:.2g}"), _LEAST_CHANCE)


def chance_words(found: Communities) -> str:
    """Say how far a network can be told from what chance alone makes of the same activity.

    Parameters
    ----------
    found : Communities
        What was found.

    Returns
    -------
    str
    """
    chance = known_chance(found)
    if chance is None:
        return "not asked"
    if chance <= _LEAST_CHANCE:
        return "clearly; chance makes a network as clustered less than once in 1,000 times"
    often = f"about {1000 * chance:.2g} in 1,000 times" if chance < 0.01 else f"about {100 * chance:.0f} in 100 times"
    return f"{'yes' if chance < UNCLUSTERED else 'no'}; chance makes a network as clustered {often}"


def weights_words(found: Communities, asked: CommunitiesConfig) -> str:
    """Say which weights communities were found by, and what chose them.

    Parameters
    ----------
    found : Communities
        What was found.
    asked : CommunitiesConfig
        What the study file gives.

    Returns
    -------
    str
    """
    choice = found.weights
    words = f"{choice.damping} × embeddedness" if choice.embedded else choice.damping
    open_ones = [one for one in (asked.damping, asked.embedded) if one is None]
    if not open_ones:
        return f"{words}, given"
    if choice.how != "held-out ties":
        return f"{words}, the usual"
    part = "" if len(open_ones) == 2 else " as far as not given"
    others = len({(one.damping, one.embedded) for one in choice.settings}) - 1
    verb = "has" if others == 1 else "have"
    shared = f"; {others} more of like worth {verb} a share of the runs" if others else ""
    return f"{words}, chosen by hidden ties{part}{shared}"


def resolution_words(found: Communities) -> str:
    """Say at which resolution communities were found, and what chose it.

    Parameters
    ----------
    found : Communities
        What was found.

    Returns
    -------
    str
    """
    how, own = found.resolution.how, f"{found.resolution.value:.3g}"
    tried = sorted({one.resolution for one in found.weights.settings})
    spread = f" ({tried[0]:.3g} to {tried[-1]:.3g} in the runs)" if len(tried) > 1 else ""
    return f"{own}, {_HOW.get(how, how)}{spread}"


def limits_of_search(found: Communities) -> list[str]:
    """Say what the search for communities can not tell.

    Parameters
    ----------
    found : Communities
        What was found.

    Returns
    -------
    list of str
    """
    real = clustered(found)
    limits = [{None: _NOT_JUDGED, True: _CONFIDENCE, False: _NO_COMMUNITIES}[real]]
    if real is not False and not found.searched_beyond:
        limits.append("Communities across units that overlap with others were not looked for.")
    return limits
