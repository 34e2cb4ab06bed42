"""Dates such as 31/01/2026 are read where the column shows what comes first, and refused where it does not."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

import commfinder as cf
from commfinder.errors import InputError
from commfinder.sources.column_times import surveyed
from commfinder.sources.slashed import Slashed


def said(*cells: str) -> str | None:
    return surveyed([pa.array(cells)], zone=None, time_format=None).time_format


@pytest.mark.parametrize(
    ("cells", "time_format"),
    [
        (("01.02.2026", "31.01.2026"), "%d.%m.%Y"),
        (("01/02/2026 9:15", "1/31/2026 10:00"), "%m/%d/%Y %H:%M"),
        (("1-2-2026T09:15:01", "13-2-2026T09:15:01"), "%d-%m-%YT%H:%M:%S"),
        (("01/31/2026 09:15:01 AM", "02/01/2026 12:15:01 PM"), "%m/%d/%Y %I:%M:%S %p"),
        (("01/31/2026 9:15pm", "02/01/2026 2:15pm"), "%m/%d/%Y %I:%M%p"),
        (("31/01/2026, 09:15:01.250", ""), "%d/%m/%Y, %H:%M:%S.%f"),
        (("01/02/2026", "11/12/2026"), None),
        (("31/01/2026", "01/31/2026"), None),
        (("31/01/2026", "2026-01-31", "2026-02-01"), None),
        (("31/01/26",), None),
        (("31/01.2026",), None),
        (("31/01/202609:15",), None),
        (("2026-01-31", "2026-02-01"), None),
        (("1.5", "2.5"), None),
    ],
)
def test_a_column_says_how_its_dates_are_written(cells: tuple[str, ...], time_format: str | None) -> None:
    assert said(*cells) == time_format


def test_neither_the_order_nor_the_cuts_matter() -> None:
    cells = [f"{day}/{month}/2026 10:{day:02d}" for day in range(1, 29) for month in range(1, 13)]
    cells += ["3/4/2026", "", "someday"]
    for seed in range(3):
        mixed = np.random.default_rng(seed).permutation(cells).tolist()
        pieces = [pa.array(mixed[at : at + 40 + seed]) for at in range(0, len(mixed), 40 + seed)]
        rule = surveyed(pieces, zone=None, time_format=None)
        assert rule.time_format == "%d/%m/%Y %H:%M"
        assert rule.told == "dates have the day first, as numbers above twelve show"


def test_a_column_of_nothing_says_nothing() -> None:
    slashed = Slashed()
    slashed.look(pa.array([], pa.string()))
    assert slashed.time_format(0) is None


def test_what_was_concluded_is_told_and_other_rows_are_counted(tmp_path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "sender,recipient,time\na,b,31.01.2026 10:15\na,b,01.02.2026 10:16\nb,a,2026-02-01 10:00\n", encoding="utf-8"
    )
    got = cf.read(path, medium="email", timezone="Europe/Berlin")
    times = got.to_frame()["time"]
    assert [time.to_pydatetime() for time in times] == [
        datetime(2026, 1, 31, 9, 15, tzinfo=UTC),
        datetime(2026, 2, 1, 9, 16, tzinfo=UTC),
    ]
    losses = got.losses.set_index("reason")
    assert losses.loc["dates have the day first, as numbers above twelve show", "count"] == 1
    assert '"%d.%m.%Y %H:%M"' in losses.loc["dates have the day first, as numbers above twelve show", "advice"]
    assert losses["count"].sum() == 2
    with pytest.raises(InputError, match="without a zone"):
        cf.read(path, medium="email")


def test_an_event_log_with_months_first(tmp_path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(
        "Case ID,Activity,Resource,Start Timestamp,Complete Timestamp\n"
        "7,check,ann,01/31/2026 09:00 AM,01/31/2026 01:30 PM\n8,check,bob,02/01/2026 09:00 AM,02/01/2026 09:30 AM\n",
        encoding="utf-8",
    )
    got = cf.read(path, timezone="UTC").to_frame()
    assert got["time"].max() == np.datetime64("2026-02-01T09:30:00").astype("datetime64[us]").item().replace(tzinfo=UTC)
    assert got["time"].min().hour in (9, 13)
