"""What is said of cases that carry no id: they may be talk, and what would change that."""

from __future__ import annotations

import numpy as np

from commfinder.delivery.kinds.facts import STRICT, TALK, Facts

__all__ = ["about_talk", "like_talk", "percent"]


def percent(share: float) -> str:
    """Write a share in per cent.

    Parameters
    ----------
    share : float
        0 to 1, or nan.

    Returns
    -------
    str

    Examples
    --------
    >>> percent(0.667), percent(float("nan"))
    ('67 %', 'an unknown share')
    """
    return "an unknown share" if np.isnan(share) else f"{round(100 * share)} %"


def like_talk(facts: Facts, sure: float) -> str:
    """Say why cases without ids may be talk, and what would change it; nothing where their order is beyond that.

    Parameters
    ----------
    facts : Facts
        What is known of the group.
    sure : float
        Order beyond chance that is sure: that of the lower bound of an interval, not of the estimate.

    Returns
    -------
    str
        A clause; empty where enough cases carry ids, or where the order is clearly more than that of talk.
    """
    if not facts.may_be_talk or sure >= STRICT:
        return ""
    return (
        f"{_ids(facts)}, and of their order {percent(facts.order_null + sure)} is sure where {_bar(facts)} would have "
        f"to be, since talk reaches {percent(TALK)}; ids, or more cases in that order, would change this"
    )


def about_talk(facts: Facts) -> str:
    """Say how much of the order of cases without ids is sure, to follow another sentence; nothing of cases with ids.

    Parameters
    ----------
    facts : Facts
        What is known of the group.

    Returns
    -------
    str
        A sentence with a space before it, or nothing.
    """
    if not facts.may_be_talk:
        return ""
    said = _ids(facts)
    return (
        f" {said[0].upper()}{said[1:]}: {percent(facts.order_low)} is sure, and from {_bar(facts)} on it is more than "
        "talk shows."
    )


def _ids(facts: Facts) -> str:
    """Say how few cases carry an id."""
    if not facts.with_id:
        return "none of its cases carries an id"
    return f"only {facts.with_id} of its cases {'carries' if facts.with_id == 1 else 'carry'} an id"


def _bar(facts: Facts) -> str:
    """Write the share that has to be sure before cases without ids are told from talk."""
    return percent(facts.order_null + STRICT)
