"""Tables of somebody else's database: mappings, times of every kind, odd rows, and errors that say what to do."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import ibis
import ibis.common.exceptions as told_by_ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from commfinder.errors import ColumnError, InputError, MissingDependencyError, PeriodError
from commfinder.interactions import Interactions
from commfinder.interactions.foreign.store import ForeignStore, check_functions, open_backend, teaching

# PySpark 4.3 warns of pandas 3, and calls it in ways that pandas warns of.
pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]

START = 1_782_864_000
# Around both changes of the clocks of Berlin in 2026, and at the very first and last microsecond of them.
WALL = [
    dt.datetime(2026, 3, 29, 1, 59, 59, 999_999),
    dt.datetime(2026, 3, 29, 2, 0),
    dt.datetime(2026, 3, 29, 2, 30, 0, 1),
    dt.datetime(2026, 3, 29, 3, 0),
    dt.datetime(2026, 7, 1, 12, 0, 0, 123_457),
    dt.datetime(2026, 10, 25, 1, 59, 59),
    dt.datetime(2026, 10, 25, 2, 0),
    dt.datetime(2026, 10, 25, 2, 59, 59, 999_999),
    dt.datetime(2026, 10, 25, 3, 0),
]
FAR = [dt.datetime(1999, 12, 31, 23, 59, 59, 999_999), dt.datetime(2038, 6, 1, 3, 14, 8, 500_000)]


def table(times=None, kind=None, **columns):
    """Make a small table of mail whose rows differ."""
    many = len(times) if times is not None else len(next(iter(columns.values()), [0, 0]))
    held = {"sender": [f"a{place}" for place in range(many)], "recipient": ["b"] * many, **columns}
    arrays = {name: value if isinstance(value, pa.Array) else pa.array(value) for name, value in held.items()}
    if times is not None:
        arrays["time"] = pa.array(times, kind)
    return pa.table(arrays)


def equal(frame, inter):
    """Check that a frame read here and a table read there hold the same."""
    here = Interactions.from_frame(frame, source="warehouse") if isinstance(frame, pa.Table) else frame
    # Rows without an id are named in another way there, and so come in another order.
    frames = [value.to_frame().drop(columns="event") for value in (here, inter)]
    frames = [frame.sort_values(list(frame), ignore_index=True) for frame in frames]
    pd.testing.assert_frame_equal(*frames, check_dtype=False)


@pytest.mark.parametrize("per_second", [1, 10**3, 10**6, 10**9])
def test_whole_numbers_are_read_by_their_size(backend, put, per_second):
    seconds = [START, START + 1, START + 86_400 * 90, 0, 9 * 10**9, None]
    times = [None if one is None else one * per_second for one in seconds]
    times[1] += 999 * per_second // 1000
    held = table(times, pa.int64())
    inter = Interactions.from_backend(backend, put(held, "numbers"))
    equal(held, inter)
    assert [(loss.reason, loss.count) for loss in inter.losses.itertuples()] == [("no usable time", 3)]


def test_nanoseconds_lose_no_digit(backend, put):
    times = [START * 10**9 + extra for extra in (0, 1, 999, 1000, 123_456_789, 999_999_999)]
    inter = Interactions.from_backend(backend, put(table(times, pa.int64()), "nano"))
    found = inter.rows.select("sender", "time").to_pyarrow().sort_by("sender")["time"].to_pylist()
    assert found == [one // 1000 for one in times]


def test_seconds_from_a_start_of_their_own(backend, put):
    held = table([0, 5, 100_000], pa.int64())
    inter = Interactions.from_backend(backend, put(held, "clock"))
    equal(held, inter)
    assert inter.losses["reason"].tolist() == ["time from a start of its own: used, read as seconds since 1970"]


def test_moments_to_the_microsecond(backend, put):
    times = [moment.replace(tzinfo=dt.UTC) for moment in (*WALL, *FAR)]
    held = table(times, pa.timestamp("us", tz="UTC"))
    equal(held, Interactions.from_backend(backend, put(held, "moments")))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "America/St_Johns", "Australia/Lord_Howe"])
def test_times_on_the_wall_become_utc(backend, put, zone):
    if backend.name == "pyspark":
        # What Ibis writes there are moments.
        rows = ", ".join(f"('a{place}', 'b', TIMESTAMP_NTZ '{moment}')" for place, moment in enumerate(WALL))
        backend.raw_sql(
            f"CREATE OR REPLACE TEMP VIEW wall AS SELECT * FROM VALUES {rows} AS v(sender, recipient, time)"
        )
        name = "wall"
    else:
        name = put(table(WALL, pa.timestamp("us")), "wall")
    here = Interactions.from_frame(table(WALL, pa.timestamp("us")), source="warehouse", timezone=zone)
    equal(here, Interactions.from_backend(backend, name, timezone=zone))
    with pytest.raises(InputError, match="no time zone") as told:
        Interactions.from_backend(backend, name)
    assert "timezone=" in told.value.hint


def test_columns_by_another_name_and_filled_ones(backend, put):
    held = pa.table(
        {
            "from_id": pa.array([7, 7, 12, None, 3], pa.int64()),
            "to_id": pa.array([12, 3, 7, 7, None], pa.int64()),
            "mail": pa.array(["x", "x", " y ", "z", ""]),
            "bot": pa.array(["no", "no", "YES", "no", None]),
            "how": pa.array(["chat", "chat", "email", "email", "wiki"]),
        }
    )
    columns = {"sender": "from_id", "recipient": "to_id", "event": "mail", "automated": "bot"}
    inter = Interactions.from_backend(backend, put(held, "other"), columns=columns, medium="how", source="erp")
    here = Interactions.from_frame(
        held, sender="from_id", recipient="to_id", event="mail", automated="bot", medium="how", source="erp"
    )
    equal(here, inter)
    assert inter.people == ["12", "3", "7"]
    assert dict(zip(inter.losses["reason"], inter.losses["count"], strict=True)) == {"no sender": 1}
    counted = inter.rows.select("sender", "recipient", "n_recipients").to_pyarrow().to_pylist()
    assert {row["n_recipients"] for row in counted if row["recipient"] is None} == {0}
    assert {row["n_recipients"] for row in counted if row["sender"] == inter.people.index("7")} == {2}


def test_each_time_of_a_series_has_recipients_of_its_own(backend, put):
    first, week = START * 1_000_000, 7 * 86_400_000_000
    times = [first, first, first + week, first + week, first + week]
    held = pa.table(
        {
            "event": ["standup"] * 5,
            "time": pa.array(times, pa.timestamp("us", tz="UTC")),
            "sender": ["a"] * 5,
            "recipient": ["b", "c", "b", "d", "e"],
            "medium": ["meeting"] * 5,
        }
    )
    inter = Interactions.from_backend(backend, put(held, "series"))
    equal(held, inter)
    counts = inter.rows.select("time", "n_recipients").distinct().to_pyarrow().to_pylist()
    assert sorted(row["n_recipients"] for row in counts) == [2, 3]


ODD = ["'; DROP TABLE odd;--", '"q"', "名", "\u202e", "a b", "A", "a", "é", "e\u0301", "Z" * 300, "%s{}\\n", "ß"]


def test_odd_names_and_words(backend, put):
    many = len(ODD)
    held = pa.table(
        {
            "sender": ODD,
            "recipient": ODD[1:] + ODD[:1],
            "space": [*ODD[:-1], "  "],
            "thread": ODD,
            "activity": ["x"] * many,
            "source": ["one"] * (many - 1) + [None],
        }
    )
    inter = Interactions.from_backend(backend, put(held, "odd"))
    assert inter.people == sorted(ODD)
    assert inter.per_source == {"one": many - 1, "warehouse": 1}
    equal(held.drop_columns(["source"]), Interactions.from_backend(backend, put(held.drop_columns(["source"]), "odd")))


AWKWARD = {
    "empty": ([], []),
    "one person": (["a"], [None]),
    "self-loops only": (["a", "b"], ["a", "b"]),
    "duplicates": (["a"] * 3, ["b"] * 3),
    "nobody writes": ([None, ""], ["a", "b"]),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_input(backend, put, name):
    sender, recipient = (pa.array(values, pa.string()) for values in AWKWARD[name])
    held = pa.table({"sender": sender, "recipient": recipient})
    inter = Interactions.from_backend(backend, put(held, "awkward"))
    equal(held, inter)
    here = Interactions.from_frame(held, source="warehouse").clean()
    # A database does not number its rows.
    pd.testing.assert_frame_equal(*[value.losses.drop(columns="where") for value in (here, inter.clean())])
    assert len(inter.clean()) == len(here)
    assert inter.period is None


def test_a_period_with_nothing_in_it(backend, put):
    inter = Interactions.from_backend(backend, put(table([START, START + 1], pa.int64()), "july"))
    with pytest.raises(PeriodError, match="holds none of the 2"):
        inter.clean(period="2020")


BAD = {
    "no table": ({}, "nowhere", InputError, "no table 'nowhere'"),
    "no column": ({"columns": {"sender": "sendr"}}, None, ColumnError, "'sendr'"),
    "no such column of ours": ({"columns": {"sendr": "sender"}}, None, InputError, "Did you mean 'sender'"),
    "not a medium": ({"medium": "emial"}, None, InputError, "Did you mean 'email'"),
    "unknown words": ({"medium": "word"}, None, InputError, "Known are: email"),
    "unknown role": ({"columns": {"role": "word"}}, None, InputError, "Known are: to"),
    "unknown flag": ({"columns": {"automated": "word"}}, None, InputError, "boolean"),
    "name of a wrong type": ({"columns": {"sender": "real"}}, None, InputError, "float64"),
    "word of a wrong type": ({"columns": {"role": "whole"}}, None, InputError, "view"),
    "time of a wrong type": ({"columns": {"time": "word"}}, None, InputError, "timestamp"),
    "time that is none": ({"columns": {"time": "whole"}}, None, InputError, "1990 to 2099"),
    "count of a wrong type": ({"columns": {"n_recipients": "real"}}, None, InputError, "view"),
    "count below nothing": ({"columns": {"n_recipients": "whole"}}, None, InputError, "at least 0"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_can_not_be_used_is_told_with_the_next_action(backend, put, case):
    options, name, kind, words = BAD[case]
    held = table(whole=pa.array([-5, 3], pa.int64()), real=[0.5, 1.5], word=["hello", "you"])
    put(held, "bad")
    with pytest.raises(kind, match=words) as told:
        Interactions.from_backend(backend, name or "bad", **options)
    assert told.value.hint


def test_a_wrong_zone_is_told(duckdb):
    wall = ibis.memtable(table(WALL, pa.timestamp("us")))
    with pytest.raises(InputError, match="IANA"):
        Interactions.from_backend(duckdb, wall, timezone="Berlin/Europe")


def test_a_database_without_a_function_is_told_before_anything_is_written(duckdb, monkeypatch):
    def refuse(expression, **options):
        if "row_number" in str(ibis.to_sql(expression, dialect="duckdb")).lower():
            raise told_by_ibis.OperationNotDefinedError("no windows")
        return ""

    written = []
    monkeypatch.setattr(duckdb, "compile", refuse)
    monkeypatch.setattr(duckdb, "create_table", lambda name, *_, **__: written.append(name))
    with pytest.raises(InputError, match="lacks what interactions need: row numbers within groups") as told:
        Interactions.from_backend(duckdb, ibis.memtable(table()))
    assert "Parquet" in told.value.hint
    assert not written


def test_a_function_that_is_missing_later_is_told_too(duckdb):
    for error in (told_by_ibis.UnsupportedOperationError("no median"), NotImplementedError("no median")):
        with pytest.raises(InputError, match="no median"), teaching(duckdb):
            raise error


def test_the_databases_have_every_function(backend):
    check_functions(backend)


def test_what_is_no_connection_is_told():
    with pytest.raises(InputError, match="is a dict"):
        open_backend({})
    with pytest.raises(InputError, match="'nosuch'") as told:
        open_backend("nosuch://user:secret@host/x")
    assert "secret" not in str(told.value)


def test_an_address_will_do(postgres_folder, postgres):
    assert open_backend(postgres) is postgres
    other = open_backend(f"postgres://tester@/postgres?host={postgres_folder}")
    assert other.name == "postgres"
    other.disconnect()


def test_a_spark_session_will_do(spark):
    found = open_backend(spark._session)
    assert found.name == "pyspark"


@pytest.mark.parametrize("home", [None, "/nowhere"])
def test_no_java_is_told(monkeypatch, home, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    if home:
        monkeypatch.setenv("JAVA_HOME", home)
    with pytest.raises(MissingDependencyError, match="Spark needs Java") as told:
        open_backend("pyspark://?spark.master=local[2]")
    assert "Java 17" in told.value.hint


@pytest.mark.parametrize(
    ("module", "address", "extra"),
    [("pyspark", "pyspark://?spark.master=local[2]", "spark"), ("psycopg", "postgres://user@host/x", "postgres")],
)
def test_a_driver_that_is_not_installed_is_told(module, address, extra):
    code = f"""
import sys
sys.modules[{module!r}] = None
from commfinder.errors import MissingDependencyError
from commfinder.interactions.foreign.store import open_backend
try:
    open_backend({address!r})
except MissingDependencyError as error:
    print(error.hint)
"""
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == f'pip install "commfinder[{extra}]"'


def test_a_store_writes_both_kinds_of_tables_and_drops_them(backend):
    store = ForeignStore(backend)
    held = store.add(pa.table({"n": pa.array([1, 2, None], pa.int64())}))
    sums = store.add(held.aggregate(n=held.n.sum()))
    assert sums.schema()["n"].is_integer()
    assert sums.mutate(n=sums.n // 2).to_pyarrow()["n"].to_pylist() == [1]
    gone = store.add(held.filter(held.n > 1))
    name = gone.get_name()
    assert gone.count().to_pyarrow().as_py() == 1
    del gone
    store.add(held)
    with pytest.raises(Exception, match=name):
        backend.table(name).count().to_pyarrow()
    assert held.count().to_pyarrow().as_py() == 3
    store.release()
    store.release()


def test_numbers_of_names_are_places_in_sorted_names(backend, put):
    rng = np.random.default_rng(5)
    names = [f"person {number}" for number in range(60)]
    held = pa.table({"sender": rng.choice(names, 200), "recipient": rng.choice(names, 200)})
    inter = Interactions.from_backend(backend, put(held, "many"))
    assert inter.people == sorted(set(held["sender"].to_pylist()) | set(held["recipient"].to_pylist()))
    rows = inter.rows.select("sender", "recipient").to_pyarrow().to_pandas()
    pairs = sorted(zip(inter.names[rows["sender"]], inter.names[rows["recipient"]], strict=True))
    assert pairs == sorted(zip(held["sender"].to_pylist(), held["recipient"].to_pylist(), strict=True))
