"""Working hours as one line of time: nine to five, Monday to Friday, without the nights and weekends between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commfinder.simulation.clock import DAY, HOUR
from commfinder.simulation.structure import Ints

__all__ = ["OPENS", "SHUTS", "WORKDAY", "OfficeHours"]

OPENS, SHUTS = 9, 17
"""Hours at which the working day begins and ends."""

WORKDAY = (SHUTS - OPENS) * HOUR
"""Microseconds of a working day."""
_MONDAY = 3  # days from the Monday before the first of January 1970, a Thursday


@dataclass(frozen=True)
class OfficeHours:
    """Working hours of one site.

    Parameters
    ----------
    offset : int
        Hours that its clock is ahead of UTC.
    """

    offset: int

    def worked(self, moments: Ints) -> Ints:
        """Return the working time gone by since the Monday before 1970, in microseconds.

        Nights and weekends add nothing: a moment of theirs counts as the next opening.
        """
        local = moments + self.offset * HOUR + _MONDAY * DAY
        week, weekday = local // (7 * DAY), local // DAY % 7
        inside = np.clip(local % DAY - OPENS * HOUR, 0, WORKDAY)
        return np.asarray(week * 5 * WORKDAY + np.minimum(weekday, 5) * WORKDAY + np.where(weekday < 5, inside, 0))

    def moments(self, worked: Ints) -> Ints:
        """Return the moments at which so much working time has gone by, microseconds since 1970 UTC."""
        workday, inside = worked // WORKDAY, worked % WORKDAY
        day = workday // 5 * 7 + workday % 5 - _MONDAY
        return np.asarray(day * DAY + OPENS * HOUR + inside - self.offset * HOUR)
