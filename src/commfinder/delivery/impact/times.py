"""How long cases take, where they wait, and how often work comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from commfinder import _validate
from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.cases.handoffs import Handoffs, hand_offs
from commfinder.delivery.impact.case_times import hours_text
from commfinder.delivery.impact.time_rows import (
    cycle_rows,
    flow_rows,
    pairs_frame,
    per_case_rows,
    per_handoff_rows,
    span_of,
    touch_rows,
    weeks_frame,
)
from commfinder.provenance import Provenance, continued, record
from commfinder.result import Result

__all__ = ["Times", "measure_times"]


@dataclass(frozen=True, eq=False, repr=False)
class Times(Result):
    """Times of the cases of a group, in business hours, with 95 % intervals.

    Make one with `measure_times`.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per measure: measure, value, low, high, unit, n (how many cases, handoffs or weeks it rests on) and
        note. Measures that the data can not tell are there without a value, and the note says why.
    handoffs : pandas.DataFrame
        One row per pair of roles: role_from, role_to, handoffs, cases, elapsed_median, elapsed_p85, waiting_median
        (missing where starts are not known), back (share that returns to who had it before), the slowest in sum first.
    weeks : pandas.DataFrame
        week (its first moment), started, ended, in_progress (open cases, mean over the week).
    told : tuple of str
        The main facts in plain words; nobody is named.
    provenance : Provenance
        What made this value.
    """

    frame: pd.DataFrame
    handoffs: pd.DataFrame
    weeks: pd.DataFrame
    told: tuple[str, ...]
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/times/1"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per measure."""
        return self.frame.copy()

    def value(self, measure: str) -> float:
        """Return one measure; nan where the data can not tell.

        Parameters
        ----------
        measure : str
            Its name in `frame`, for example ``"cycle_median"``.

        Returns
        -------
        float

        Raises
        ------
        InputError
            If there is no such measure.
        """
        names = self.frame["measure"].tolist()
        return float(self.frame["value"].iloc[names.index(_validate.choice(measure, names, what="measure"))])

    def __repr__(self) -> str:
        middle, late = self.value("cycle_median"), self.value("cycle_p85")
        return f"<Times: cycle time {hours_text(middle)} median, {hours_text(late)} P85>"


def measure_times(
    cases: Cases,
    handoffs: Handoffs | None = None,
    calendar: BusinessHours | None = None,
    *,
    draws: int = 199,
    seed: int = 0,
) -> Times:
    """Measure how long cases take, where they wait, and how often work comes back.

    Prefer `measure_impact` to compare times before and after a change: times alone do not tell what caused them.

    Parameters
    ----------
    cases : Cases
        The cases. Those that are open count as having taken at least until the end of the data.
    handoffs : Handoffs, optional
        Their handoffs; None finds them.
    calendar : BusinessHours, optional
        Which hours count; by default Monday to Friday, 9 to 17, UTC.
    draws : int, default 199
        Bootstrap samples of the intervals, at least 99.
    seed : int, default 0
        Seed of these.

    Returns
    -------
    Times
        Without cases, every value is missing.

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    Measures, in the order of the frame:

    - cycle_median, cycle_p85, cycle_p95: business hours from the first act of a case to its last, quantiles of the
      Kaplan–Meier curve;
    - elapsed_median, elapsed_p85: business hours from the last act of who gives to the first act of who takes. It
      holds waiting and work; waiting_median (to the start of the work) is known only where the source has starts;
    - touch_median: business hours in which a case is worked on (overlaps count once), and efficiency: their sum over
      the sum of cycle times, in cases that have ended and have starts;
    - handoffs_per_case; crossings_per_case: handoffs to another unit; rework: share of cases in which a (role,
      activity) comes up again after another; ping_pong: share of handoffs a-b-a, and ping_pong_cases: of cases with
      any;
    - throughput: cases that ended per week, whole weeks only; in_progress: open cases, mean over time; little: work in
      progress over throughput times mean cycle time, in calendar time. In a steady process it is near 1; above, work
      piles up or cases are never closed.

    Intervals are percentiles of a bootstrap over blocks of two weeks (over days or cases where there are fewer than
    eight weeks), since cases of a week hang together.

    References
    ----------
    .. [1] Little (1961), A proof for the queuing formula: L = λW. doi:10.1287/opre.9.3.383
    .. [2] Kaplan, Meier (1958), Nonparametric estimation from incomplete observations.
       doi:10.1080/01621459.1958.10501452

    Examples
    --------
    >>> day = pd.Timestamp("2026-07-01 09:00", tz="UTC")
    >>> hours = [0, 3, 0, 5, 0, 7]
    >>> log = {"case": list("112233"), "person": list("ababab"), "time": [day + pd.Timedelta(h, "h") for h in hours]}
    >>> times = measure_times(Cases.of(log))
    >>> times.value("cycle_median"), times.value("handoffs_per_case")
    (5.0, 1.0)
    """
    draws = _validate.count(draws, what="draws", low=99)
    seed = _validate.seed(seed)
    calendar = calendar or BusinessHours()
    handoffs = hand_offs(cases, calendar=calendar) if handoffs is None else handoffs
    span = span_of(cases, draws, np.random.default_rng([31, seed]))
    rows = [
        *cycle_rows(cases, span, calendar),
        *per_handoff_rows(handoffs, span),
        *touch_rows(cases, span, calendar),
        *per_case_rows(cases, handoffs, span),
        *flow_rows(span),
    ]
    frame = pd.DataFrame(rows, columns=["measure", "value", "low", "high", "unit", "n", "note"])
    frame = frame.astype({"measure": "string", "unit": "string", "note": "string", "n": "int64"})
    frame = frame.astype({"value": "float64", "low": "float64", "high": "float64"})
    pairs = pairs_frame(cases, handoffs)
    options = {"calendar": calendar, "draws": draws}
    return Times(
        frame,
        pairs,
        weeks_frame(span),
        _told(frame, pairs),
        continued(cases.provenance, record("measure_times", options, seed=seed)),
    )


def _told(frame: pd.DataFrame, pairs: pd.DataFrame) -> tuple[str, ...]:
    """Say the main facts in plain words."""
    row = frame.set_index("measure").to_dict("index")
    if not row["cycle_median"]["n"]:
        return ("There are no cases, so no times.",)
    cycle, late = row["cycle_median"], row["cycle_p85"]
    told = []
    if np.isfinite(cycle["value"]):
        rest = f", and 85 in 100 within {hours_text(late['value'])}" if np.isfinite(late["value"]) else ""
        told.append(f"Half of {cycle['n']:,} cases end within {hours_text(cycle['value'])} of work time{rest}.")
    else:
        told.append(f"How long the {cycle['n']:,} cases take can not be told: {cycle['note']}.")
    if len(pairs):
        top, known = pairs.iloc[0], np.isfinite(row["waiting_median"]["value"])
        kind = "waits" if known else "takes"
        hours = row["waiting_median" if known else "elapsed_median"]["value"]
        told.append(f"A handoff {kind} {hours_text(hours)} in the middle.")
        told.append(
            f"Most time in sum goes into handoffs from {top['role_from']} to {top['role_to']}: {top['handoffs']:,} of "
            f"them, {hours_text(top['elapsed_median'])} in the middle."
        )
    if row["rework"]["value"] > 0:
        told.append(f"In {100 * row['rework']['value']:.0f} % of the cases work comes back to a step it had left.")
    if row["little"]["value"] > 1.5:
        told.append("Work piles up, or cases are never closed: more is in progress than what ends accounts for.")
    return tuple(told)
