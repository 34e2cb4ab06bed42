"""An impact in words: what changed, how sure that is, and against what it was held. Sentences name nobody."""

from __future__ import annotations

import numpy as np
import pandas as pd

from commfinder.delivery.impact.case_times import hours_text
from commfinder.delivery.impact.change import Measured
from commfinder.delivery.impact.effects import Effect
from commfinder.delivery.impact.survival import kaplan_meier

__all__ = ["amount", "outside", "sentence"]

_NAMES = {
    "cycle": "Cycle time",
    "elapsed": "Elapsed time per handoff",
    "throughput": "The number of cases that end per week",
    "rework": "The share of cases with rework",
}


def amount(value: float, *, logged: bool) -> str:
    """Write a change.

    Parameters
    ----------
    value : float
        Change of a logarithm, or of a share.
    logged : bool
        Which of them.

    Returns
    -------
    str

    Examples
    --------
    >>> amount(-0.2877, logged=True), amount(0.05, logged=False)
    ('−25 %', '+5 points')
    """
    number = 100 * (np.exp(value) - 1 if logged else value)
    sign = "±" if round(number) == 0 else "+" if number > 0 else "−"
    return f"{sign}{abs(round(number)):,} {'%' if logged else 'points'}"


def _level(own: Measured, *, after: bool) -> str:
    """Write the level of an outcome on one side."""
    units = own.units.take((own.units.week >= 0) == after)
    if not units.n:
        return "nothing"
    if own.outcome in ("cycle", "elapsed"):
        return hours_text(kaplan_meier(np.maximum(units.value, 0.0), units.ended).quantile(0.5))
    mean = float(units.value.mean())
    return f"{mean:.1f}" if own.outcome == "throughput" else f"{100 * mean:.0f} %"


def sentence(effect: Effect, own: Measured, claimed: bool, when: pd.Timestamp) -> str:
    """Say what became of one outcome.

    Parameters
    ----------
    effect : Effect
        Its change.
    own : Measured
        What the group was measured at.
    claimed : bool
        Whether the change is claimed.
    when : pandas.Timestamp
        The change.

    Returns
    -------
    str
        "associated with" unless there are controls.
    """
    name = _NAMES[effect.outcome]
    if effect.why:
        levels = f"{_level(own, after=False)} before and {_level(own, after=True)} after"
        seen = f": {levels}, in the middle" if own.outcome in ("cycle", "elapsed") else f": {levels}"
        return f"{name} is only described{seen if own.units.n else ''}, since {effect.why}."
    change, logged = effect.change, effect.logged
    value, low, high = (amount(one, logged=logged) for one in (change.value, change.low, change.high))
    interval = f"{value} (95 % interval {low} to {high})"
    against = f"{len(effect.controls)} control group{'' if len(effect.controls) == 1 else 's'}"
    day = when.date().isoformat()
    if not claimed:
        versus = f"against {against}" if effect.controls else "against its own trend"
        shown = "no change is shown" if change.low <= 0 <= change.high else "a change is suggested, but not shown,"
        return f"{name}: {shown} {versus}: {interval}.{_rank(effect, claimed=False)}"
    if effect.controls:
        ranked = _rank(effect, claimed=True)
        return f"{name} changed by {interval} with the change of {day}, against {against}.{ranked}"
    what = name[0].lower() + name[1:]
    return (
        f"The change of {day} is associated with a change of {what} by {interval}, against its own trend; without "
        f"controls, another cause at that time can not be told from it.{_rank(effect, claimed=True)}"
    )


def _rank(effect: Effect, *, claimed: bool) -> str:
    """Say how the change stands among changes that never were."""
    if not effect.placebos:
        return " There is no other date or group to compare with."
    stronger = sum(one.p <= effect.change.p for one in effect.placebos)
    dates = sum(one.kind == "date" for one in effect.placebos)
    groups = len(effect.placebos) - dates
    parts = [f"{dates} other dates" if dates else "", f"{groups} control groups" if groups else ""]
    what = " and ".join(part for part in parts if part)
    if claimed or stronger:
        return f" Of {what}, {stronger or 'none'} look{'s' if stronger < 2 else ''} at least as strong."
    return ""


def outside(when: pd.Timestamp, first: int, last: int) -> str:
    """Say that the change is not within the data, what they cover, and what to do.

    Parameters
    ----------
    when : pandas.Timestamp
        The change.
    first, last : int
        What the data cover, microseconds since 1970 UTC.

    Returns
    -------
    str

    Examples
    --------
    >>> outside(pd.Timestamp("2030-01-01", tz="UTC"), 0, 86_400_000_000)[:88]
    'The change of 2030-01-01 is not within the data, which run from 1970-01-01 to 1970-01-02'
    """
    if last - first <= 1:
        return "There are no cases: nothing can be compared."
    begin, end = (pd.Timestamp(one, unit="us").date().isoformat() for one in (first, last))
    return (
        f"The change of {when.date().isoformat()} is not within the data, which run from {begin} to {end}: nothing can "
        "be compared. Read data from both sides of it, or check the date."
    )
