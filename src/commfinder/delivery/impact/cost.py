"""What the work of a group costs, and what an hour saved would be worth: ranges from the user's own rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from commfinder import _validate
from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.cases.handoffs import Handoffs, hand_offs
from commfinder.delivery.impact.case_times import WEEK_US, bounds, moments, touch_hours
from commfinder.delivery.impact.regression import Estimate
from commfinder.delivery.impact.sides import Setting
from commfinder.delivery.impact.weekly_series import moving_blocks
from commfinder.errors import InputError
from commfinder.provenance import Provenance, continued, record
from commfinder.result import Result

__all__ = ["Cost", "Rates", "hourly_value", "measure_cost", "saved_value"]

FloatPair = tuple[float, float]

_QUARTER_WEEKS, _YEAR_WEEKS = 365.25 / 28, 365.25 / 7
_DRAWS, _BLOCK_WEEKS, _FEWEST_WEEKS = 199, 2, 8


@dataclass(frozen=True)
class Rates:
    """What time is worth to the user: ranges, since nobody knows them to the cent.

    commfinder has no rates of its own: a figure that it made up would be read as a finding.

    Parameters
    ----------
    hourly : float or (float, float), optional
        Cost of an hour of somebody's work, low and high.
    delay_per_day : float or (float, float), optional
        Cost of a case's taking a working day longer, low and high.
    currency : str, default "EUR"
        Its name, for the words.

    Raises
    ------
    InputError
        If neither is given, or a range is no range.

    Examples
    --------
    >>> Rates(hourly=(40, 80)).hourly
    (40.0, 80.0)
    >>> Rates(delay_per_day=25).delay_per_day
    (25.0, 25.0)
    """

    hourly: Any = None
    delay_per_day: Any = None
    currency: str = "EUR"

    def __post_init__(self) -> None:
        if self.hourly is None and self.delay_per_day is None:
            raise InputError("Rates has no rate.", need="hourly or delay_per_day is needed, as (low, high).")
        for name in ("hourly", "delay_per_day"):
            object.__setattr__(self, name, _range(getattr(self, name), name))


def _range(value: Any, name: str) -> FloatPair | None:
    """Read a rate as a range."""
    if value is None:
        return None
    ends = value if isinstance(value, tuple | list) else (value, value)
    numbers = all(isinstance(one, int | float | np.number) and not isinstance(one, bool) for one in ends)
    if len(ends) != 2 or not numbers or not np.isfinite(np.asarray(ends, dtype=np.float64)).all():
        raise InputError(f"{name} is {value!r}.", need="A number, or a pair (low, high), is needed.")
    low, high = float(ends[0]), float(ends[1])
    if not 0 <= low <= high:
        raise InputError(f"{name} is {value!r}.", need="A range from low to high, neither below 0, is needed.")
    return low, high


@dataclass(frozen=True, eq=False, repr=False)
class Cost(Result):
    """A range of money for each of several things.

    Make one with `measure_cost` or `hourly_value`.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per thing and span: what, per ("quarter" or "year"), low, high, currency, amount_low, amount_high (the
        hours, days or handoffs that the rates are multiplied with), basis (in words).
    told : tuple of str
        The same in plain words, with what is assumed.
    provenance : Provenance
        What made this value.
    """

    frame: pd.DataFrame
    told: tuple[str, ...]
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/cost/1"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per thing and span of time."""
        return self.frame.copy()

    def __repr__(self) -> str:
        return f"<Cost: {' '.join(self.told[:1])}>"


def measure_cost(cases: Cases, rates: Rates, *, calendar: BusinessHours | None = None, seed: int = 0) -> Cost:
    """Tell what the work on cases, and their taking time, costs in a quarter and in a year.

    Prefer `hourly_value` for what an improvement would be worth: nobody saves the whole cost of a process.

    Parameters
    ----------
    cases : Cases
        The cases.
    rates : Rates
        What time is worth to the user.
    calendar : BusinessHours, optional
        Which hours count; by default Monday to Friday, 9 to 17, UTC.
    seed : int, default 0
        Seed of the bootstrap over weeks.

    Returns
    -------
    Cost
        Rows "work" (touch time by the hourly rate; only where the source has starts) and "delay" (cycle time in working
        days by the cost of a day), as far as the rates and the data allow. Without either, no rows, and `told` says
        why.

    Notes
    -----
    The range goes from the low end of the amount times the low rate to the high end times the high rate. Amounts per
    week have a 95 % interval by a bootstrap over blocks of two weeks; below eight weeks their mean stands alone.

    Examples
    --------
    >>> day = pd.Timestamp("2026-07-01 09:00", tz="UTC")
    >>> times = [day + pd.Timedelta(7 * week, "D") + pd.Timedelta(hour, "h") for week in range(9) for hour in (0, 8)]
    >>> log = {"case": np.repeat(np.arange(9), 2).astype(str), "person": ["a", "b"] * 9, "time": times}
    >>> cost = measure_cost(Cases.of(log), Rates(delay_per_day=(10, 20)))
    >>> cost.frame[["what", "per"]].values.tolist()
    [['delay', 'quarter'], ['delay', 'year']]
    """
    calendar, seed = calendar or BusinessHours(), _validate.seed(seed)
    first, last = bounds(cases)
    start, end = moments(cases.frame["start"]), moments(cases.frame["end"])
    until = np.where(cases.frame["open"].to_numpy(dtype=bool), last, end)
    parts, told = [], []
    if rates.hourly is not None:
        touch = touch_hours(cases.acts, len(cases), calendar)
        if np.isfinite(touch).any():
            amount = _per_week(start, np.nan_to_num(touch), first, last, seed)
            parts.append(("work", amount, rates.hourly, "hours of work that the source shows"))
        else:
            told.append("Starts of work are not known, so what the work itself costs can not be told.")
    if rates.delay_per_day is not None and len(cases):
        days = np.maximum(calendar.hours(start, until), 0.0) / calendar.hours_per_day
        amount = _per_week(start, days, first, last, seed)
        parts.append(("delay", amount, rates.delay_per_day, "working days that cases take"))
    return _cost(parts, told, rates, continued(cases.provenance, record("measure_cost", {"rates": rates}, seed=seed)))


def hourly_value(
    cases: Cases,
    rates: Rates,
    *,
    handoffs: Handoffs | None = None,
    hours: float = 1.0,
    calendar: BusinessHours | None = None,
    seed: int = 0,
) -> Cost:
    """Tell what an hour saved at every handoff would be worth in a quarter and in a year.

    Whether that hour is somebody's work or the waiting of a case is not known beforehand, so both are told: the first
    by the hourly rate, the second by the cost of a day's delay. They can be added only if both are saved.

    Parameters
    ----------
    cases : Cases
        The cases.
    rates : Rates
        What time is worth to the user.
    handoffs : Handoffs, optional
        Their handoffs; None finds them.
    hours : float, default 1.0
        Business hours saved at each handoff.
    calendar : BusinessHours, optional
        Which hours count; by default Monday to Friday, 9 to 17, UTC.
    seed : int, default 0
        Seed of the bootstrap over weeks.

    Returns
    -------
    Cost
        Rows "work saved" and "waiting saved", as far as the rates allow.

    Raises
    ------
    InputError
        If `hours` is not above 0.

    Examples
    --------
    >>> day = pd.Timestamp("2026-07-01 09:00", tz="UTC")
    >>> times = [day + pd.Timedelta(7 * week, "D") + pd.Timedelta(hour, "h") for week in range(9) for hour in (0, 8)]
    >>> log = {"case": np.repeat(np.arange(9), 2).astype(str), "person": ["a", "b"] * 9, "time": times}
    >>> worth = hourly_value(Cases.of(log), Rates(hourly=(40, 80)))
    >>> worth.frame["what"].tolist(), worth.frame["basis"].iloc[0]
    (['work saved', 'work saved'], "1 h at each handoff, if it is somebody's work")
    """
    hours = _validate.positive(hours, what="hours")
    calendar, seed = calendar or BusinessHours(), _validate.seed(seed)
    handoffs = hand_offs(cases, calendar=calendar) if handoffs is None else handoffs
    first, last = bounds(cases)
    parts: list[tuple[str, FloatPair, FloatPair, str]] = []
    if len(handoffs.case):
        each = _per_week(handoffs.left, np.full(len(handoffs.case), hours), first, last, seed)
        days = (each[0] / calendar.hours_per_day, each[1] / calendar.hours_per_day)
        amount = f"{hours:g} h at each handoff"
        if rates.hourly is not None:
            parts.append(("work saved", each, rates.hourly, f"{amount}, if it is somebody's work"))
        if rates.delay_per_day is not None:
            parts.append(("waiting saved", days, rates.delay_per_day, f"{amount}, if cases end so much sooner"))
    told = [] if parts else ["There are no handoffs, so nothing could be saved at them."]
    options = {"rates": rates, "hours": hours}
    return _cost(parts, told, rates, continued(cases.provenance, record("hourly_value", options, seed=seed)))


def saved_value(
    cases: Cases, change: Estimate, rates: Rates, calendar: BusinessHours, setting: Setting, seed: int
) -> Cost:
    """Tell what a change of cycle time is worth in a quarter and in a year.

    Parameters
    ----------
    cases : Cases
        The cases of the group.
    change : Estimate
        Change of the logarithm of cycle time.
    rates : Rates
        What time is worth to the user: only the cost of a day's delay counts here, since a case that ends sooner need
        not take less work.
    calendar : BusinessHours
        Which hours count.
    setting : Setting
        When the change was.
    seed : int
        Seed of the bootstrap over weeks.

    Returns
    -------
    Cost
        The range is below zero where the cases may take longer now.
    """
    provenance = continued(cases.provenance, record("saved_value", {"rates": rates}, seed=seed))
    if rates.delay_per_day is None:
        return _cost([], ["What the effect is worth needs delay_per_day in the rates."], rates, provenance)
    start, end = moments(cases.frame["start"]), moments(cases.frame["end"])
    before = (start < setting.changed) & ~cases.frame["open"].to_numpy(dtype=bool) & (end <= setting.changed)
    days = float(np.maximum(calendar.hours(start[before], end[before]), 0.0).mean()) / calendar.hours_per_day
    after = start >= setting.changed
    flow = _per_week(start[after], np.ones(int(after.sum())), setting.changed, setting.last, seed)
    least, most = (days * (1 - np.exp(one)) for one in (change.high, change.low))
    amount = (min(least * flow[0], least * flow[1]), max(most * flow[0], most * flow[1]))
    basis = f"cases took {days:.1f} working days on average before"
    return _cost([("delay saved", amount, rates.delay_per_day, basis)], [], rates, provenance)


def _per_week(moment: Any, amount: Any, first: int, last: int, seed: int) -> FloatPair:
    """Return an interval of the amount per week; of its mean alone where weeks are few."""
    weeks = int((last - first) // WEEK_US)
    mean = float(amount.sum()) / max((last - first) / WEEK_US, 1 / 7)
    if weeks < _FEWEST_WEEKS:
        return mean, mean
    # Whole weeks, counted back from the end; a part of a week at the old end would look like a slow one.
    at = (moment - (last - weeks * WEEK_US)) // WEEK_US
    inside = (at >= 0) & (at < weeks)
    sums = np.bincount(at[inside], amount[inside], minlength=weeks)
    drawn = moving_blocks(weeks, draws=_DRAWS, length=_BLOCK_WEEKS, rng=np.random.default_rng([37, seed]))
    low, high = np.quantile(drawn @ sums / weeks, (0.025, 0.975))
    return float(low), float(high)


def _cost(
    parts: list[tuple[str, FloatPair, FloatPair, str]], told: list[str], rates: Rates, provenance: Provenance
) -> Cost:
    """Multiply amounts per week with rates, for a quarter and a year."""
    rows, said = [], []
    for what, amount, rate, basis in parts:
        for per, weeks in (("quarter", _QUARTER_WEEKS), ("year", _YEAR_WEEKS)):
            # A loss is largest at the high rate.
            low = weeks * amount[0] * rate[int(amount[0] < 0)]
            high = weeks * amount[1] * rate[int(amount[1] >= 0)]
            ends = (weeks * amount[0], weeks * amount[1])
            rows.append((what, per, low, high, rates.currency, *ends, basis))
            if per == "year":
                said.append(f"{what.capitalize()}: {low:,.0f} to {high:,.0f} {rates.currency} a year ({basis}).")
    columns = ["what", "per", "low", "high", "currency", "amount_low", "amount_high", "basis"]
    frame = pd.DataFrame(rows, columns=columns)
    frame = frame.astype(dict.fromkeys(("what", "per", "currency", "basis"), "string"))
    frame = frame.astype(dict.fromkeys(("low", "high", "amount_low", "amount_high"), "float64"))
    return Cost(frame, (*said, *told), provenance)
