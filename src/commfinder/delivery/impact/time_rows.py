"""The measures of times, one by one: each a row with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.delivery.cases.acts import NO_TIME
from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.cases.handoffs import Handoffs
from commfinder.delivery.impact.case_times import DAY_US, WEEK_US, bounds, moments, reworked, touch_hours
from commfinder.delivery.impact.survival import kaplan_meier, quantile_intervals
from commfinder.delivery.impact.weekly_series import moving_blocks

__all__ = [
    "Row",
    "Span",
    "cycle_rows",
    "flow_rows",
    "pairs_frame",
    "per_case_rows",
    "per_handoff_rows",
    "span_of",
    "touch_rows",
    "weeks_frame",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_FEWEST_BLOCKS = 8
_MOST_BLOCKS = 200
_BLOCK_WEEKS = 2
_STARTS_ENOUGH = 0.8
_SHARES = (0.5, 0.85, 0.95)


@dataclass(frozen=True, eq=False)
class Span:
    """What the measures share: the cases as arrays, the span of the data, and the blocks of the bootstrap.

    Parameters
    ----------
    start, end : ndarray of int64, shape (n,)
        First and last act of each case, microseconds since 1970 UTC.
    ended : ndarray of bool, shape (n,)
        Whether it has ended.
    first, last : int
        The first moment of the data, and the one just after the last.
    unit : int
        Length of a block, a week or a day; 0 where there are too few of these, and cases are drawn.
    drawn : ndarray of int64, shape (draws, blocks)
        How often each block is drawn.
    """

    start: IntArray
    end: IntArray
    ended: BoolArray
    first: int
    last: int
    unit: int
    drawn: IntArray

    def block(self, moment: IntArray, number: IntArray) -> IntArray:
        """Return the block of each moment: its week or day; without enough of these, of the number of its case."""
        if not self.unit:
            return np.asarray(number % self.drawn.shape[1])
        # Counted back from the end, so that the remainder of a week at the old end joins the oldest one.
        first = self.last - self.drawn.shape[1] * self.unit
        return np.asarray(np.clip((moment - first) // self.unit, 0, self.drawn.shape[1] - 1))

    @property
    def weeks(self) -> int:
        """Number of whole weeks."""
        return int((self.last - self.first) // WEEK_US) if len(self.start) else 0


def span_of(cases: Cases, draws: int, rng: np.random.Generator) -> Span:
    """Prepare what the measures share."""
    first, last = bounds(cases)
    start, end = moments(cases.frame["start"]), moments(cases.frame["end"])
    unit = next((one for one in (WEEK_US, DAY_US) if (last - first) >= _FEWEST_BLOCKS * one), 0)
    blocks = max((last - first) // unit if unit else min(max(len(start), 1), _MOST_BLOCKS), 1)
    length = _BLOCK_WEEKS if unit else 1
    drawn = moving_blocks(int(blocks), draws=draws, length=length, rng=rng)
    return Span(start, end, ~cases.frame["open"].to_numpy(dtype=bool), first, last, unit, drawn)


Row = tuple[str, float, float, float, str, int, str]


def _empty(measure: str, unit: str, note: str) -> Row:
    """Write down a measure that the data can not tell."""
    return measure, float("nan"), float("nan"), float("nan"), unit, 0, note


def _quantiles(
    names: tuple[str, ...], shares: tuple[float, ...], time: FloatArray, ended: BoolArray, block: IntArray, span: Span
) -> list[Row]:
    """Return quantiles of times with their intervals."""
    curve = kaplan_meier(time, ended)
    between = quantile_intervals(time, ended, span.drawn, block, shares)
    waits = int((~ended).sum())
    rows: list[Row] = []
    for name, share, (low, high) in zip(names, shares, between, strict=True):
        value = curve.quantile(share)
        note = f"{waits} open at the end of the data" if waits else ""
        note = (
            note if np.isfinite(value) else f"too many are open: {100 * curve.reached():.0f} % are known to have ended"
        )
        rows.append((name, value, float(low), float(high), "hours", len(time), note))
    return rows


def cycle_rows(cases: Cases, span: Span, calendar: BusinessHours) -> list[Row]:
    """Measure cycle times."""
    names = ("cycle_median", "cycle_p85", "cycle_p95")
    if not len(cases):
        return [_empty(name, "hours", "no cases") for name in names]
    until = np.where(span.ended, span.end, np.maximum(span.last, span.end))
    hours = np.maximum(calendar.hours(span.start, until), 0.0)
    block = span.block(span.start, np.arange(len(cases)))
    return _quantiles(names, _SHARES, hours, span.ended, block, span)


def per_handoff_rows(handoffs: Handoffs, span: Span) -> list[Row]:
    """Measure elapsed and waiting times of handoffs."""
    rows: list[Row] = []
    for names, hours, why in (
        (("elapsed_median", "elapsed_p85"), handoffs.elapsed, "no handoffs"),
        (("waiting_median",), handoffs.waiting, "starts of work are not known: elapsed time holds work and waiting"),
    ):
        known = np.isfinite(hours)
        if not known.any():
            rows += [_empty(name, "hours", why) for name in names]
            continue
        block = span.block(handoffs.left[known], handoffs.case[known].astype(np.int64))
        time = np.maximum(hours[known], 0.0)
        rows += _quantiles(names, _SHARES[: len(names)], time, np.ones(len(time), dtype=bool), block, span)
    return rows


def touch_rows(cases: Cases, span: Span, calendar: BusinessHours) -> list[Row]:
    """Measure touch time and cycle-time efficiency."""
    touch = touch_hours(cases.acts, len(cases), calendar)
    known = np.isfinite(touch) & span.ended
    if not known.any():
        why = "starts of work are not known"
        return [_empty("touch_median", "hours", why), _empty("efficiency", "share", why)]
    block = span.block(span.start, np.arange(len(cases)))[known]
    rows = _quantiles(("touch_median",), (0.5,), touch[known], np.ones(int(known.sum()), dtype=bool), block, span)
    cycle = np.maximum(calendar.hours(span.start[known], span.end[known]), 0.0)
    started = float((cases.acts.started != NO_TIME).mean())
    note = "" if started >= _STARTS_ENOUGH else f"at least: {100 * started:.0f} % of the acts have a start"
    return [(*rows[0][:6], note), _ratio("efficiency", "share", touch[known], cycle, block, span, note)]


def _ratio(
    name: str, unit: str, over: FloatArray, under: FloatArray, block: IntArray, span: Span, note: str = ""
) -> Row:
    """Return a ratio of two sums over cases, with its interval."""
    if under.sum() <= 0:
        return _empty(name, unit, note or "nothing to divide by")
    blocks = span.drawn.shape[1]
    above, below = (span.drawn @ np.bincount(block, part, minlength=blocks) for part in (over, under))
    drawn = above[below > 0] / below[below > 0]
    low, high = np.quantile(drawn, (0.025, 0.975)) if len(drawn) else (np.nan, np.nan)
    return name, float(over.sum() / under.sum()), float(low), float(high), unit, len(over), note


def per_case_rows(cases: Cases, handoffs: Handoffs, span: Span) -> list[Row]:
    """Measure handoffs, crossings, rework and ping-pong."""
    n = len(cases)
    block, ones = span.block(span.start, np.arange(n)), np.ones(n)
    given, taken = (cases.unit_of[one] for one in (handoffs.giver, handoffs.taker))
    placed = (given >= 0) & (taken >= 0)
    crossing = (given != taken) & placed
    counts: list[FloatArray] = [
        np.bincount(handoffs.case, part, minlength=n).astype(np.float64)
        for part in (np.ones(handoffs.n), crossing.astype(np.float64), handoffs.back.astype(np.float64))
    ]
    rows = [_ratio("handoffs_per_case", "handoffs", counts[0], ones, block, span)]
    name, unit = "crossings_per_case", "handoffs"
    if placed.any() or not len(handoffs.case):
        share = float(placed.mean()) if len(placed) else 1.0
        note = "" if share > 0.995 else f"units are known in {100 * share:.0f} % of the handoffs"
        rows.append(_ratio(name, unit, counts[1], ones, block, span, note))
    else:
        rows.append(_empty(name, unit, "units are not known"))
    if (cases.acts.activity >= 0).any():
        again = reworked(cases.acts, n).astype(np.float64)
        rows.append(_ratio("rework", "share of cases", again, ones, block, span))
    else:
        rows.append(_empty("rework", "share of cases", "activities are not known"))
    rows.append(_ratio("ping_pong", "share of handoffs", counts[2], counts[0], block, span))
    rows[-1] = (*rows[-1][:5], len(handoffs.case), rows[-1][6])
    rows.append(_ratio("ping_pong_cases", "share of cases", (counts[2] > 0).astype(np.float64), ones, block, span))
    return rows


_FLOW = (("throughput", "cases per week"), ("in_progress", "cases"), ("little", "ratio"))


def flow_rows(span: Span) -> list[Row]:
    """Measure throughput, work in progress and their consistency."""
    if not span.weeks:
        why = "less than a week of data" if len(span.start) else "no cases"
        return [_empty(name, unit, why) for name, unit in _FLOW]
    ended, weeks, nan = span.end[span.ended], span.weeks, float("nan")
    counts = _counted(ended, span.last - weeks * WEEK_US, weeks).astype(np.float64)
    low = high = nan
    if span.unit == WEEK_US:
        low, high = np.quantile(span.drawn @ counts / weeks, (0.025, 0.975)).tolist()
    # The first weeks lack the cases that began before the data: they would look empty.
    warm = int(np.quantile(ended - span.start[span.ended], 0.85)) if len(ended) else 0
    begin = span.first + warm if span.last - span.first - warm >= 4 * WEEK_US else span.first
    until = np.where(span.ended, span.end, span.last)
    held = np.clip(until, begin, None) - np.clip(span.start, begin, None)
    level = float(held.sum() / (span.last - begin))
    inside = span.ended & (span.end >= begin)
    flow = float((span.end - span.start)[inside].sum() / (span.last - begin))
    little = level / flow if flow > 0 else nan
    return [
        ("throughput", float(counts.mean()), low, high, _FLOW[0][1], weeks, ""),
        ("in_progress", level, nan, nan, _FLOW[1][1], len(span.start), ""),
        ("little", little, nan, nan, _FLOW[2][1], int(inside.sum()), "" if flow > 0 else "no case has ended"),
    ]


def _counted(moment: IntArray, first: int, weeks: int) -> IntArray:
    """Count moments by week."""
    at = (moment - first) // WEEK_US
    return np.bincount(at[(at >= 0) & (at < weeks)], minlength=weeks).astype(np.int64)


def weeks_frame(span: Span) -> pd.DataFrame:
    """Count what starts, ends and is in progress, week by week, back from the end of the data."""
    weeks = span.weeks
    first = span.last - weeks * WEEK_US
    edges = first + WEEK_US * np.arange(weeks + 1)
    until = np.sort(np.where(span.ended, span.end, span.last))
    held = _time_before(np.sort(span.start), edges) - _time_before(until, edges)
    begin = pd.Series(edges[:-1].view("M8[us]")).dt.tz_localize("UTC")
    return pd.DataFrame(
        {
            "week": begin,
            "started": _counted(span.start, first, weeks),
            "ended": _counted(span.end[span.ended], first, weeks),
            "in_progress": np.diff(held) / WEEK_US,
        }
    )


def _time_before(moment: IntArray, edges: IntArray) -> FloatArray:
    """Return for each edge the sum over sorted moments of the time from the moment to the edge, if it is before."""
    relative = (moment - edges[0]).astype(np.float64) if len(edges) else moment.astype(np.float64)
    sums, count = np.append(0.0, np.cumsum(relative)), np.searchsorted(moment, edges)
    total: FloatArray = count * (edges - edges[:1]).astype(np.float64) - sums[count]
    return total


def pairs_frame(cases: Cases, handoffs: Handoffs) -> pd.DataFrame:
    """Describe handoffs by pair of roles; the pairs that take most time in sum come first."""
    names = np.append(cases.roles, "role not known").astype(object)
    frame = pd.DataFrame(
        {
            "role_from": names[handoffs.role_from],
            "role_to": names[handoffs.role_to],
            "case": handoffs.case,
            "elapsed": handoffs.elapsed,
            "waiting": handoffs.waiting,
            "back": handoffs.back,
        }
    )
    groups = frame.groupby(["role_from", "role_to"], sort=True)
    found = groups.agg(
        handoffs=("case", "size"),
        cases=("case", "nunique"),
        elapsed_median=("elapsed", "median"),
        waiting_median=("waiting", "median"),
        back=("back", "mean"),
        elapsed_sum=("elapsed", "sum"),
    )
    # Of all groups at once: one by one takes most of the time that a group takes to describe.
    found.insert(3, "elapsed_p85", groups["elapsed"].quantile(0.85))
    found = found.reset_index()
    found = found.sort_values(["elapsed_sum", "role_from", "role_to"], ascending=[False, True, True], kind="stable")
    texts = {"role_from": "string", "role_to": "string", "handoffs": "int64", "cases": "int64"}
    numbers = dict.fromkeys(("elapsed_median", "elapsed_p85", "waiting_median", "back"), "float64")
    return found.drop(columns="elapsed_sum").reset_index(drop=True).astype({**texts, **numbers})
