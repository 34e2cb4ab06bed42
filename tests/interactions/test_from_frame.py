from __future__ import annotations

import gc
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from commfinder import Interactions, concat
from commfinder.errors import ColumnError, InputError
from commfinder.interactions.frames import times_to_us
from commfinder.interactions.store import Store

HOUR = 3_600_000_000
NINE = 1_782_896_400_000_000  # 2026-07-01 09:00 UTC


def times(values, timezone=None, **options):
    found, _ = times_to_us(pd.Series(values, **options), timezone=timezone, column="at")
    return [None if pd.isna(one) else int(one) for one in found]


def reasons(inter):
    return dict(zip(inter.losses["reason"], inter.losses["count"], strict=True))


def pairs(inter):
    frame = inter.to_frame()
    return sorted(zip(frame["sender"], frame["recipient"].fillna("-"), strict=True))


DATA = {
    "from": ["ann", "ben", None, "cyd"],
    "to": ["ben", None, "ann", " ann "],
    "at": ["2026-07-01T09:00Z", "2026-07-01T11:00:00+02:00", "2026-07-01T09:00Z", "2026-07-01 10:00:00.5Z"],
    "how": ["email", "chat", "email", "wiki"],
    "room": [None, "general", None, None],
}


@pytest.mark.parametrize(
    "make",
    [pd.DataFrame, dict, pl.DataFrame, pl.LazyFrame, pa.table],
    ids=["pandas", "dict", "polars", "lazy", "arrow"],
)
def test_every_kind_of_frame_gives_the_same_table(make):
    inter = Interactions.from_frame(
        make(DATA), sender="from", recipient="to", time="at", medium="how", space="room", source="s"
    )
    expected = Interactions.from_frame(
        pd.DataFrame(DATA), sender="from", recipient="to", time="at", medium="how", space="room", source="s"
    )
    pd.testing.assert_frame_equal(inter.to_frame(), expected.to_frame())
    assert inter.people == ["ann", "ben", "cyd"]
    assert inter.media == ["chat", "email", "wiki"]
    assert pairs(inter) == [("ann", "ben"), ("ben", "-"), ("cyd", "ann")]
    assert reasons(inter) == {"no sender": 1}
    frame = inter.to_frame()
    assert frame["time"].tolist()[:2] == [pd.Timestamp("2026-07-01T09:00Z")] * 2
    assert frame.set_index("sender")["space"].dropna().to_dict() == {"ben": "general"}
    assert frame["n_recipients"].tolist() == [1 if one else 0 for one in frame["recipient"].notna()]


@pytest.mark.parametrize(
    ("ids", "people"),
    [
        ([1, 2, 3], ["1", "2", "3"]),
        ([1.0, np.nan, 3.0], ["1", "3"]),
        ([987654321987654321, 2, 3], ["2", "3", "987654321987654321"]),
        (["1", " 1", ""], ["1"]),
    ],
)
def test_ids(ids, people):
    assert Interactions.from_frame({"sender": ids, "recipient": [None] * 3}).people == people


def test_rows_lost_are_counted_once():
    frame = {"sender": [None, "a", "b"], "recipient": ["x", "x", "x"], "time": ["bad", "bad", "2026-07-01T09:00Z"]}
    with pytest.raises(InputError, match="'bad' in column 'time', row 1, can not be read"):
        Interactions.from_frame(frame)
    frame["time"][0] = "2026-07-01T09:00Z"
    inter = Interactions.from_frame(frame)
    assert reasons(inter) == {"no usable time": 1, "no sender": 1}
    assert inter.losses["where"].tolist() == ["row 2", "row 1"]
    assert len(inter) == 1


def test_times_with_a_zone():
    assert times(["2026-07-01T09:00Z", "2026-07-01 11:00:00+02:00", "2026-07-01T14:30:00.000+0530"]) == [NINE] * 3
    assert times(["2026-07-01T11:00:00+02"]) == [NINE]
    aware = pd.Series(pd.to_datetime(["2026-07-01T11:00"]).tz_localize("Europe/Berlin"))
    assert times(aware) == [NINE]
    assert times([pd.Timestamp("2026-07-01T09:00Z"), None], dtype=object) == [NINE, None]


@pytest.mark.parametrize(
    "values",
    [
        ["2026-07-01T09:00"],
        ["2026-07-01"],
        pd.to_datetime(["2026-07-01T09:00"]),
        [date(2026, 7, 1)],
        ["2026-07-01T09:00Z", "2026-07-01T09:00"],
    ],
)
def test_times_without_a_zone_ask_for_it(values):
    with pytest.raises(InputError, match=r"2026-07-01.*'at' has no time zone.*timezone='Europe/Berlin'"):
        times(values)


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-07-01 11:00", NINE),
        ("2026-07-01", NINE - 11 * HOUR),
        (date(2026, 7, 1), NINE - 11 * HOUR),
        ("2026-03-29 02:30", pd.Timestamp("2026-03-29T01:00Z").value // 1000),  # the hour that does not come
        ("2026-10-25 02:30", pd.Timestamp("2026-10-25T00:30Z").value // 1000),  # the hour that comes twice
        ("2026-07-01T09:00Z", NINE),
    ],
)
def test_timezone(local, expected):
    assert times([local], "Europe/Berlin") == [expected]
    if not isinstance(local, str) or not local.endswith("Z"):
        assert times(pd.to_datetime(pd.Series([local])), "Europe/Berlin") == [expected]


def test_mixed_zones():
    mixed = ["2026-07-01T09:00Z", "2026-07-01T09:00Z", "2026-07-01T11:00"]
    assert times(mixed, "Europe/Berlin") == [NINE] * 3
    inter = Interactions.from_frame({"sender": ["a", "b", "c"], "recipient": ["x"] * 3, "time": mixed})
    assert len(inter) == 2
    assert reasons(inter) == {"time without a zone": 1}
    assert "timezone=" in inter.losses["advice"][0]


def test_unknown_zone():
    with pytest.raises(InputError, match=r"'Europe/Berlim'.*Did you mean 'Europe/Berlin'"):
        times(["2026-07-01"], "Europe/Berlim")


@pytest.mark.parametrize("scale", [1, 1_000, 1_000_000, 1_000_000_000])
@pytest.mark.parametrize("kind", ["int64", "Int64", "float64", "string"])
def test_numbers_since_1970(scale, kind):
    whole = [NINE // 1_000_000 * scale, (NINE // 1_000_000 + 1) * scale]
    assert times(whole, dtype="int64" if kind == "string" else kind) == [NINE, NINE + 1_000_000]
    if kind == "string":
        assert times([str(one) for one in whole]) == [NINE, NINE + 1_000_000]


def test_numbers_that_are_no_times():
    assert times([NINE / 1e6 + 0.25, np.nan, np.inf, NINE / 1e6]) == [NINE + 250_000, None, None, NINE]
    assert times([NINE // 1_000_000, 9 * 10**18, NINE // 1_000_000]) == [NINE, None, NINE]
    for wrong in ([45_000, 45_001], [True, False], [np.uint64(2**63)]):
        with pytest.raises(InputError, match="'at'"):
            times(wrong)


def test_a_wrong_format_is_refused_and_a_bad_minority_counted():
    with pytest.raises(InputError, match=r"'01/07/2026 09:00'.*row 1.*to_datetime"):
        times(["01/07/2026 09:00", "02/07/2026 09:00"], "UTC")
    assert times(["2026-07-01T09:00Z", "soon", "2026-07-01T09:00Z"]) == [NINE, None, NINE]
    assert times(["2026-07-01T09:00Z", "0001-01-01T00:00Z", "9999-01-01T00:00Z", "2026-07-01T09:00Z"]) == [
        NINE,
        None,
        None,
        NINE,
    ]
    assert times([None, None]) == [None, None]
    assert times(["", None, "2026-07-01T09:00Z"]) == [None, None, NINE]


def test_a_column_of_media_is_taken_by_its_name():
    frame = {"sender": ["a", "b"], "recipient": ["b", "a"]}
    assert Interactions.from_frame(frame).media == ["email"]
    assert Interactions.from_frame(frame | {"medium": ["chat", "wiki"]}).media == ["chat", "wiki"]
    assert Interactions.from_frame(frame | {"medium": ["chat", "wiki"]}, medium="code").media == ["code"]


def test_medium():
    frame = {"sender": ["a", "b"], "recipient": ["b", "a"], "how": ["chat", "emial"]}
    assert Interactions.from_frame(frame, medium="wiki").media == ["wiki"]
    with pytest.raises(InputError, match=r"'emial'.*Did you mean 'email'"):
        Interactions.from_frame(frame, medium="how")
    with pytest.raises(InputError, match=r"'slack'.*neither"):
        Interactions.from_frame(frame, medium="slack")
    with pytest.raises(InputError, match="rows without a medium"):
        Interactions.from_frame(frame | {"how": ["chat", None]}, medium="how")


def test_role_flag_and_count():
    frame = {
        "sender": ["a"] * 3,
        "recipient": ["b", "c", "d"],
        "role": ["cc", None, "to"],
        "automated": ["false", "TRUE", None],
    }
    got = Interactions.from_frame(frame).to_frame().set_index("recipient")
    assert got["role"].to_dict() == {"b": "cc", "c": "to", "d": "to"}
    assert got["automated"].to_dict() == {"b": False, "c": True, "d": False}
    for column, value, shown in (
        ("role", "CC", "Did you mean 'cc'"),
        ("automated", "perhaps", "'perhaps'"),
        ("n_recipients", -1, "at least 0"),
        ("n_recipients", "x", "'x'"),
        ("n_recipients", 1.5, "whole number"),
    ):
        with pytest.raises(InputError, match=shown):
            Interactions.from_frame(frame | {column: [value] * 3})


def test_columns_that_are_not_there():
    frame = pd.DataFrame({"Sender": ["a"], "recipient": ["b"]})
    with pytest.raises(ColumnError, match=r"no column 'sender'.*Did you mean 'Sender'"):
        Interactions.from_frame(frame)
    with pytest.raises(ColumnError, match="no column 'when'"):
        Interactions.from_frame(frame, sender="Sender", time="when")
    with pytest.raises(ColumnError, match="no column 'x'"):
        Interactions.from_frame(frame, sender="Sender", thread="x")
    with pytest.raises(InputError, match=r"'tread'.*Did you mean 'thread'"):
        Interactions.from_frame(frame, sender="Sender", tread="x")
    with pytest.raises(InputError, match="explode"):
        Interactions.from_frame({"sender": ["a"], "recipient": [["b", "c"]]})


def test_events_group_rows_and_count_recipients():
    frame = pd.DataFrame(
        {
            "sender": ["a"] * 4 + ["b"],
            "recipient": ["b", "c", "c", "a", "a"],
            "mail": ["1", "1", "1", "1", "2"],
        }
    )
    got = Interactions.from_frame(frame, event="mail").to_frame()
    assert got.groupby("event")["n_recipients"].unique().map(list).to_dict() == {"1": [2], "2": [1]}
    given = Interactions.from_frame(frame.assign(n_recipients=[500] * 4 + [None]), event="mail").to_frame()
    assert given.groupby("event")["n_recipients"].unique().map(list).to_dict() == {"1": [500], "2": [1]}


def test_each_time_of_a_series_has_recipients_of_its_own():
    rows = [("m", 1, "b"), ("m", 1, "c"), ("m", 1, "b"), ("m", 8, "d"), ("m", 8, "a"), ("n", 8, "b")]
    frame = pd.DataFrame(
        [{"event": event, "time": f"2026-07-0{day}T09:00Z", "sender": "a", "recipient": to} for event, day, to in rows]
    )
    held = Interactions.from_frame(frame, medium="meeting")
    found = held.to_frame().set_index(["event", "time"])["n_recipients"]
    assert found.groupby(level=[0, 1]).unique().map(list).tolist() == [[2], [1], [1]]
    # Else the others of the series would be taken for recipients that nobody wrote out.
    assert set(held.clean().to_frame()["n_recipients"]) == {1, 2}
    timeless = Interactions.from_frame(frame.drop(columns="time"), medium="meeting")
    assert sorted(set(timeless.to_frame()["n_recipients"])) == [1, 3]


def test_rows_without_an_event_id_are_events_of_their_own_whatever_their_order():
    frame = pd.DataFrame({"sender": ["a", "a", "b", "a"], "recipient": ["b", "b", "a", None]})
    inter = Interactions.from_frame(frame)
    assert inter.to_frame()["event"].is_unique
    pd.testing.assert_frame_equal(Interactions.from_frame(frame.iloc[::-1]).to_frame(), inter.to_frame())
    partly = frame.assign(event=["1", "1", None, None])
    assert sorted(Interactions.from_frame(partly).to_frame()["event"].str.startswith("row:")) == [
        False,
        False,
        True,
        True,
    ]


def test_static():
    inter = Interactions.from_frame({"sender": ["a"], "recipient": ["b"]}, medium="survey")
    assert inter.period is None
    assert repr(inter) == "<Interactions: 1 rows, 1 events, 2 people, survey, no times>"
    assert len(inter.clean(period="2026Q3")) == 1
    assert len(inter.select(period="2026Q3")) == 1


def test_no_column_for_content():
    frame = pd.DataFrame({"sender": ["a"], "recipient": ["b"], "subject": ["Secret"], "body": ["Secret"]})
    assert "Secret" not in Interactions.from_frame(frame).to_json()


@pytest.mark.parametrize("kind", ["object", "string", "float64"])
def test_empty(kind):
    frame = pd.DataFrame({name: pd.Series([], dtype=kind) for name in ("sender", "recipient", "time", "space")})
    empty = Interactions.from_frame(frame)
    assert (len(empty), empty.people, empty.media, empty.period) == (0, [], [], None)
    assert repr(empty) == "<Interactions: 0 rows, 0 events, 0 people, no medium, no times>"
    assert empty.automated_names() == []
    for one in (
        empty,
        empty.clean(),
        empty.clean(period="2026", keep_automated=True),
        empty.select(period="2026", medium=["email"], people=["a"]),
        empty.rename({"a": "b"}, empty.provenance),
        concat([empty, empty]),
    ):
        assert one.to_frame().shape == (0, 13)
        assert '"rows": []' in one.to_json()
        assert "0 rows" in one._repr_html_()
    some = Interactions.from_frame({"sender": ["a"], "recipient": ["b"]})
    assert concat([empty, some]).people == ["a", "b"]


def test_the_store_leaves_nothing_behind():
    inter = Interactions.from_frame({"sender": ["a", "b"], "recipient": ["b", "c"]})
    folder = Path(inter.store.backend.raw_sql("SELECT current_setting('temp_directory')").fetchall()[0][0])
    assert folder.is_dir()
    assert folder.stat().st_mode & 0o077 == 0
    for _ in range(20):
        inter = inter.clean()
    gc.collect()
    inter = inter.clean()
    held = inter.store.backend.raw_sql("SELECT count(*) FROM duckdb_tables()").fetchall()[0][0]
    assert held <= 8
    assert len(inter) == 2
    del inter
    gc.collect()
    assert not folder.exists()


def test_a_derived_expression_keeps_its_table():
    inter = Interactions.from_frame({"sender": ["a", "b"], "recipient": ["b", "c"]})
    rows, store = inter.rows.filter(inter.rows.recipient.notnull()), inter.store
    del inter
    gc.collect()
    store.add(pa.table({"x": [1]}))
    assert int(rows.count().to_pyarrow().as_py()) == 2


def test_names_of_tables_do_not_meet_the_aliases_of_queries():
    store = Store()
    held = [store.add(pa.table({"x": [number]})) for number in range(6)]
    joined = held[4].select("x").distinct().semi_join(held[4].filter(held[4].x > 0), "x").left_join(held[0], "x")
    assert int(joined.count().to_pyarrow().as_py()) == 1


def test_seconds_from_a_start_of_their_own_are_used_and_told():
    frame = pd.DataFrame({"sender": ["a", "b"], "recipient": ["b", "a"], "time": [20, 1_000_000]})
    inter = Interactions.from_frame(frame)
    assert len(inter) == 2
    assert str(inter.period).startswith("1970-01-01T00:00:20")
    assert inter.losses["reason"].str.contains("start of its own").any()


def test_days_of_a_spreadsheet_are_refused():
    frame = pd.DataFrame({"sender": ["a", "b"], "recipient": ["b", "a"], "time": [45_000, 46_000]})
    with pytest.raises(InputError, match="45000"):
        Interactions.from_frame(frame)
