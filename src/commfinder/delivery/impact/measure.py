"""What changed after a change: cycle time, elapsed time, throughput and rework, before and after, with controls."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from commfinder import _validate
from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.impact.case_times import bounds
from commfinder.delivery.impact.cautions import cautions
from commfinder.delivery.impact.change import OUTCOMES, Measured, measured, nothing
from commfinder.delivery.impact.cost import Cost, Rates, saved_value
from commfinder.delivery.impact.effects import MIN_WEEKS, Effect, claims, effect_of
from commfinder.delivery.impact.frames import effects_frame, placebos_frame, weeks_frame
from commfinder.delivery.impact.sides import Side
from commfinder.delivery.impact.words import outside, sentence
from commfinder.errors import InputError
from commfinder.provenance import Provenance, continued, record
from commfinder.result import Result

__all__ = ["Impact", "measure_impact"]

_MOST_SETTLING = 52


@dataclass(frozen=True, eq=False, repr=False)
class Impact(Result):
    """What changed after a change, by outcome, with what can not be told.

    Make one with `measure_impact`.

    Parameters
    ----------
    verdict : str
        Of the outcome that was asked for: ``"changed"`` (an effect is claimed), ``"not shown"``, ``"descriptive"``
        (too few weeks or cases) or ``"outside"`` (the change date is not within the data).
    frame : pandas.DataFrame
        One row per outcome (cycle, elapsed, throughput, rework), that asked for first: outcome, scale ("ratio" or
        "difference"), method ("controlled", "series" or "descriptive"), before, after (each with _low and _high;
        medians in business hours, cases per week, or the share of cases with rework), effect, low, high (95 %
        interval), trend, trend_low, trend_high (change of the trend in 4 weeks), p_model, q (false discovery rate over
        outcomes), p (how the change ranks among changes that never were), placebos (how many of these), claimed,
        weeks_before, weeks_after, cases_before, cases_after, controls, followed_hours, left_out, told (in words).
    weeks : pandas.DataFrame
        One row per outcome and week: outcome, week (its first moment), after, value (on the scale of before and after),
        difference (to the controls, logarithms or shares; missing without).
    placebos : pandas.DataFrame
        Changes that never were: outcome, kind ("date" or "group"), at, group (name of the control), p, stronger.
    told : tuple of str
        The result in plain words; the first sentence is the answer. Nobody is named.
    cautions : tuple of str
        What else may explain it, and what was left out.
    worth : Cost or None
        What the effect is worth, by the user's rates.
    name : str
        Name of the group.
    outcome : str
        The outcome that was asked for.
    changed_on : pandas.Timestamp
        The change.
    provenance : Provenance
        What made this value.
    """

    verdict: str
    frame: pd.DataFrame
    weeks: pd.DataFrame
    placebos: pd.DataFrame
    told: tuple[str, ...]
    cautions: tuple[str, ...]
    worth: Cost | None
    name: str
    outcome: str
    changed_on: pd.Timestamp
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/impact/1"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per outcome."""
        return self.frame.copy()

    @property
    def effect(self) -> tuple[float, float, float]:
        """The effect on the outcome that was asked for, and its interval; nan where none is estimated."""
        row = self.frame.iloc[0]
        return float(row["effect"]), float(row["low"]), float(row["high"])

    def __repr__(self) -> str:
        return f"<Impact: {self.verdict}. {self.told[0]}>"


def measure_impact(
    group: Any,
    *,
    changed_on: Any,
    controls: Any = None,
    rates: Rates | None = None,
    calendar: BusinessHours | None = None,
    outcome: str = "cycle",
    anticipation: int = 0,
    settling: int = 0,
    seed: int = 0,
) -> Impact:
    """Tell how much faster, or better, the work of a group became after a change, and how sure that is.

    With controls it is a difference-in-differences; without, an interrupted time series, and then the change is only
    *associated with* what is seen. Prefer `measure_times` where nothing changed.

    Parameters
    ----------
    group : DeliveryGroup or Cases
        Whose work changed.
    changed_on : date, date-time or str
        When; a date is midnight UTC. It should be known from elsewhere: a date that was chosen because times fell then
        shows an effect where there is none.
    controls : DeliveryGroup, Cases or sequence of these, optional
        Groups whose work did not change. The more, the better.
    rates : Rates, optional
        What time is worth, to tell what the effect is worth.
    calendar : BusinessHours, optional
        Which hours count; by default the calendar of the group, or Monday to Friday, 9 to 17, UTC.
    outcome : {"cycle", "elapsed", "throughput", "rework"}, default "cycle"
        The outcome that the answer is about: cycle time; elapsed time per handoff; cases that end per week; share of
        cases with rework. The others are told too, and the false discovery rate is held over all of them.
    anticipation : int, default 0
        Weeks before the change that count for neither side, since people prepared for it.
    settling : int, default 0
        Weeks after it that count for neither side, since people got used to it.
    seed : int, default 0
        Seed of the intervals of medians before and after; the effects need no chance.

    Returns
    -------
    Impact
        With fewer than 8 weeks or 30 cases on a side it stays descriptive, and says so. A change outside of the data is
        told with what the data cover.

    Raises
    ------
    InputError
        If the date can not be read, an option is out of range, or something is no group.

    Notes
    -----
    The weekly mean y of the logarithm of the outcome (of the share, for rework) is modelled as y = b0 + b1 t + b2 D +
    b3 (t - T) D + one wave a year (held to about a tenth in less than two years of data), and b2 is the effect; with
    controls, y is the difference to them and the model b0 + b2 D. Neighbouring weeks are alike to an extent that is
    averaged over, not guessed: see `commfinder.delivery.impact.regression.estimate`. Cases of both sides are followed
    equally: see `commfinder.delivery.impact.change`.

    An effect is claimed if q ≤ 0.025 over the outcomes, and the change outranks placebos (at 0.05; all of them where
    they are fewer than 19): the same analysis at other dates on one side of the change, and at the same date in each
    control against the others. The rank among these is the p to quote.

    References
    ----------
    .. [1] Bernal, Cummins, Gasparrini (2017), Interrupted time series regression for the evaluation of public health
       interventions: a tutorial. doi:10.1093/ije/dyw098
    .. [2] Bertrand, Duflo, Mullainathan (2004), How much should we trust differences-in-differences estimates?
       doi:10.1162/003355304772839588
    .. [3] Benjamini, Hochberg (1995), Controlling the false discovery rate. doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> from commfinder.delivery.cases.find import Cases
    >>> rng = np.random.default_rng(0)
    >>> start = pd.Timestamp("2026-01-05 09:00", tz="UTC") + pd.to_timedelta(np.arange(400) * 16, "h")
    >>> took = pd.to_timedelta(np.exp(rng.normal(3, 0.5, 400) - 0.7 * (start >= "2026-05-18")), "h")
    >>> case = np.repeat(np.arange(400), 2).astype(str)
    >>> log = {"case": case, "person": ["a", "b"] * 400, "time": np.stack([start, start + took], 1).ravel()}
    >>> impact = measure_impact(Cases.of(log), changed_on="2026-05-18", calendar=BusinessHours.always())
    >>> impact.verdict, impact.effect[2] < 1
    ('changed', True)
    """
    main = Side.of(group, "the group", calendar)
    # The calendar of the group serves for all: hours of different calendars can not be compared.
    others = [Side.of(one, f"control {number}", main.calendar) for number, one in enumerate(_listed(controls), 1)]
    when = _moment(changed_on)
    outcome = _validate.choice(outcome, OUTCOMES, what="outcome")
    off = (_weeks_off(anticipation, "anticipation"), _weeks_off(settling, "settling"))
    seed = _validate.seed(seed)
    wanted = (outcome, *(one for one in OUTCOMES if one != outcome))
    main, *others = (side.at(when, off) for side in (main, *others))
    inside = [side for side in others if side.setting.inside]
    effects = tuple(_effect(which, main, inside) for which in wanted)
    claimed, q = claims([effect for effect, _ in effects])
    worth = None
    if rates is not None and outcome == "cycle" and not effects[0][0].why:
        worth = saved_value(main.cases, effects[0][0].change, rates, main.calendar, main.setting, seed)
    verdict = "descriptive" if effects[0][0].why else "changed" if claimed[0] else "not shown"
    told = tuple(
        sentence(effect, own[0], is_claimed, when) for (effect, own), is_claimed in zip(effects, claimed, strict=True)
    )
    warned = cautions(main, others, effects[0][0], effects[0][1], off)
    if not main.setting.inside:
        verdict, told, warned = "outside", (outside(when, *bounds(main.cases)),), ()
    options = {"changed_on": when, "controls": [side.name for side in others], "outcome": outcome, "rates": rates}
    options |= {"anticipation": off[0], "settling": off[1], "calendar": main.calendar}
    return Impact(
        verdict,
        effects_frame(effects, claimed, q, told, seed),
        weeks_frame(effects, when),
        placebos_frame(effects, when, [side.name for side in inside]),
        told,
        warned,
        worth,
        main.name,
        outcome,
        when,
        continued(main.cases.provenance, record("measure_impact", options, seed=seed)),
    )


def _weeks_off(value: int, what: str) -> int:
    """Check a number of weeks that count for neither side."""
    return _validate.count(value, what=what, low=0, high=_MOST_SETTLING)


def _effect(which: str, main: Side, others: Sequence[Side]) -> tuple[Effect, tuple[Measured, ...]]:
    """Measure one outcome of all groups, and estimate its change."""
    if not main.setting.inside:
        own = nothing(which, "the change is not within the data")
        return effect_of(own, []), (own,)
    found = tuple(measured(which, side, weeks=MIN_WEEKS) for side in (main, *others))
    return effect_of(found[0], found[1:]), found


def _listed(controls: Any) -> list[Any]:
    """Return the controls as a list; one group is a list of one."""
    if controls is None:
        return []
    if hasattr(controls, "acts") or hasattr(controls, "cases") or not isinstance(controls, Iterable):
        return [controls]
    return list(controls)


def _moment(value: Any) -> pd.Timestamp:
    """Read the moment of the change."""
    if isinstance(value, str | datetime.date | np.datetime64):
        try:
            found = pd.Timestamp(value)
        except (ValueError, TypeError):
            found = None
        if isinstance(found, pd.Timestamp):
            return found.tz_localize("UTC") if found.tzinfo is None else found.tz_convert("UTC")
    raise InputError(
        f"changed_on is {value!r}.", need="A date, a date-time or ISO 8601 text is needed, for example '2026-05-01'."
    )
