"""Working hours are one line of time, without nights and weekends."""

from __future__ import annotations

import numpy as np
import pytest

from commfinder.simulation.clock import HOUR
from commfinder.simulation.work_hours import OfficeHours


def _us(text: str) -> int:
    return int(np.datetime64(text, "us").astype(np.int64))


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ("2026-04-01T09:00", "2026-04-01T17:00", 8),
        ("2026-04-01T16:00", "2026-04-02T10:00", 2),
        ("2026-04-03T16:30", "2026-04-06T09:30", 1),
        ("2026-04-03T20:00", "2026-04-06T08:00", 0),
        ("2026-04-04T11:00", "2026-04-05T15:00", 0),
        ("2026-04-01T03:00", "2026-04-08T23:00", 48),
    ],
)
def test_nights_and_weekends_do_not_count(begin, end, hours):
    for offset in (0, 2, -4, 9):
        office = OfficeHours(offset)
        worked = office.worked(np.array([_us(begin), _us(end)]) - offset * HOUR)
        assert np.diff(worked)[0] == hours * HOUR


def test_working_time_leads_back_to_the_moment():
    office = OfficeHours(-4)
    worked = np.arange(10_000) * 7 * HOUR // 3 + office.worked(np.array([_us("2026-04-01T12:00")]))
    moments = office.moments(worked)
    assert (office.worked(moments) == worked).all()
    local = (moments - 4 * HOUR) // HOUR
    assert ((local % 24 >= 9) & (local % 24 < 17)).all()
    assert ((local // 24 + 3) % 7 < 5).all()
