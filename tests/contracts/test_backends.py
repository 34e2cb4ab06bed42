"""The same expressions on three databases: DuckDB, Spark and PostgreSQL give the same numbers to the last digit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from commfinder import build_graph, resolve_people
from commfinder.delivery import find_cases, hand_offs
from commfinder.graph.aggregate import layers, pair_windows, ties_of
from commfinder.graph.copresence import CopresenceRule, find_copresence
from commfinder.graph.reply_times import reply_times
from commfinder.interactions import Interactions, concat
from commfinder.interactions.machines.find import find_machines
from commfinder.interactions.schema import INTERACTIONS
from commfinder.people import Directory
from commfinder.period import Windows

# PySpark 4.3 warns of pandas 3, and calls it in ways that pandas warns of.
pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]

DAY = 86_400_000_000
START = 1_782_864_000_000_000
END = START + 92 * DAY


def draw(events: int = 240, seed: int = 3) -> pa.Table:
    """Draw a quarter of mail, chat, meetings, edits and tickets, with everything that cleaning takes away."""
    rng = np.random.default_rng(seed)
    people = [f"p{number:02d}" for number in range(24)]
    rows = []
    for number in range(events):
        medium = ("email", "email", "chat", "meeting", "wiki", "ticket")[rng.integers(6)]
        many = int(rng.choice([0, 1, 1, 1, 2, 3, 7, 30])) if medium not in ("wiki", "ticket") else 0
        sender, *recipients = rng.choice(people[:23], size=min(many, 22) + 1, replace=False).tolist()
        if not number % 17:
            recipients.append(sender)
        when = START + int(rng.integers(0, 92 * DAY)) if number % 29 else START
        told = {
            "event": f"e{number}",
            "time": when,
            "medium": medium,
            "space": f"s{rng.integers(5)}" if medium != "email" else None,
            "thread": f"t{rng.integers(40)}" if number % 3 else None,
            "parent": f"e{rng.integers(max(number, 1))}" if not number % 4 else None,
            "activity": ("ask", "do", "check")[rng.integers(3)] if medium == "ticket" else None,
            "automated": not number % 23,
            "n_recipients": many if number % 5 else None,
            "source": ("mail", "work")[number % 2],
        }
        roles = {"meeting": ["attendee"], "wiki": ["edit"], "ticket": ["edit"]}.get(medium, ["to", "cc"])
        for place, recipient in enumerate(recipients or [None]):
            one = {**told, "sender": sender, "recipient": recipient, "role": roles[place % len(roles)]}
            # Some mail is in two boxes.
            rows += [one, {**one, "role": roles[-1], "source": "mail"}] if not number % 7 else [one]
    # Some mail is answered.
    for number, asked in enumerate([row for row in rows if row["role"] == "to" and row["recipient"]][::9]):
        answer = {"event": f"a{number}", "time": asked["time"] + (number + 1) * DAY // 24, "sender": asked["recipient"]}
        rows.append({**asked, **answer, "recipient": asked["sender"], "parent": asked["event"], "n_recipients": 1})
    # A machine, which everybody hears from and nobody answers.
    for number in range(60):
        recipient = people[number % 15]
        one = {"event": f"m{number}", "time": START + number * DAY, "sender": "p23", "recipient": recipient}
        rows.append({**one, "role": "to", "medium": "email", "automated": False, "n_recipients": 1, "source": "mail"})
    return pa.Table.from_pylist([rows[place] for place in rng.permutation(len(rows))], schema=nullable())


def nullable() -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in INTERACTIONS])


@dataclass(frozen=True)
class Both:
    """The same interactions in the embedded database and in another."""

    here: Interactions
    there: Interactions
    clean_here: Interactions
    clean_there: Interactions


@pytest.fixture(scope="module")
def both(backend, put) -> Both:
    table = draw()
    here = Interactions.from_frame(table, source="warehouse")
    # from_frame names one source for all.
    there = Interactions.from_backend(backend, put(table.drop_columns(["source"]), "quarter"))
    return Both(here, there, here.clean(), there.clean())


def same(one, other):
    """Check that two frames or tables hold the same, to the last digit."""
    frames = [value.to_pandas() if isinstance(value, pa.Table) else value for value in (one, other)]
    pd.testing.assert_frame_equal(*frames, check_exact=True, check_dtype=False)


def test_rows_are_those_of_the_embedded_database(both):
    same(both.here.to_frame(), both.there.to_frame())
    assert both.here.people == both.there.people
    assert both.here.media == both.there.media
    assert both.here.span_us == both.there.span_us
    assert both.here.per_source == both.there.per_source
    assert repr(both.here) == repr(both.there)


def test_cleaning_removes_and_counts_the_same(both):
    same(both.clean_here.to_frame(), both.clean_there.to_frame())
    same(both.clean_here.losses, both.clean_there.losses)
    reasons = set(both.clean_there.losses["reason"])
    assert reasons == {"automated", "to oneself", "duplicate", "mass mail (more than 20)"}
    assert both.clean_here.people == both.clean_there.people


def test_cleaning_of_a_period(both):
    options = {"period": "2026-08", "max_recipients": 5, "keep_automated": True}
    found = [inter.clean(**options) for inter in (both.here, both.there)]
    same(*[inter.to_frame() for inter in found])
    same(*[inter.losses for inter in found])
    same(*[inter.select(medium="chat", people=["p01", "p02", "p03", "p04"]).to_frame() for inter in found])


@pytest.mark.parametrize("half_life", [None, 45.0, 0.37])
def test_weights_decay_alike(both, half_life):
    found = [layers(inter, end_us=END, half_life=half_life) for inter in (both.clean_here, both.clean_there)]
    same(*found)
    assert found[1].num_rows > 100
    here, there = (ties_of(inter, half_life=half_life) for inter in (both.clean_here, both.clean_there))
    for name in ("a", "b", "weight", "events"):
        assert getattr(here, name).tolist() == getattr(there, name).tolist()


def test_windows_and_binary_ties_are_the_same(both):
    for windows in (None, Windows(END, 7 * DAY, 13)):
        found = [pair_windows(inter, windows) for inter in (both.clean_here, both.clean_there)]
        for name in ("a", "b", "window", "forth", "back", "events"):
            assert getattr(found[0], name).tolist() == getattr(found[1], name).tolist()
    here, there = (build_graph(inter, half_life=45) for inter in (both.here, both.there))
    same(here.ties, there.ties)
    same(here.people, there.people)
    assert here.rule == there.rule
    assert len(here.ties)
    assert here.space_windows(("s1",)).events.tolist() == there.space_windows(("s1",)).events.tolist()


def test_people_are_resolved_alike(both):
    directory = Directory.from_frame({"person": ["one", "p05"], "addresses": ["p01;p02", ""]})
    here, there = (resolve_people(inter, directory)[0] for inter in (both.here, both.there))
    assert "one" in there.people
    same(here.to_frame(), there.to_frame())
    same(here.clean().losses, there.clean().losses)


def test_what_is_shared_is_counted_alike(both):
    rule = CopresenceRule(max_attendees=5)
    here, there = (find_copresence(inter, rule) for inter in (both.clean_here, both.clean_there))
    for half_life in (None, 45.0):
        same(*[value.layers(end_us=END, half_life=half_life) for value in (here, there)])
    assert there.layers().num_rows
    assert here.losses == there.losses


def test_reply_times_are_the_same(both):
    here, there = (reply_times(inter).to_frame() for inter in (both.clean_here, both.clean_there))
    same(here, there)
    assert there["answered"].sum()


def test_machines_are_the_same(both):
    here, there = (find_machines(inter).to_frame() for inter in (both.here, both.there))
    same(here, there)
    assert "p23" in set(there["account"])


def test_handoffs_are_the_same(both):
    here, there = (find_cases(inter) for inter in (both.clean_here, both.clean_there))
    assert len(here) == len(there)
    same(*[hand_offs(cases).to_frame(cases) for cases in (here, there)])


def test_two_inputs_in_one_database_are_joined_there(both):
    chat = both.there.select(medium="chat"), both.here.select(medium="chat")
    whole, expected = (concat([one, more]) for one, more in zip((both.there, both.here), chat, strict=True))
    assert len(whole) == len(both.there) + len(chat[0])
    same(whole.clean().to_frame(), expected.clean().to_frame())
    same(whole.clean().losses, expected.clean().losses)


def test_rows_in_another_order_change_nothing(backend, put, both):
    table = draw().drop_columns(["source"])
    turned = Interactions.from_backend(backend, put(table.take(np.arange(table.num_rows)[::-1]), "turned"))
    same(turned.to_frame(), both.there.to_frame())
    same(turned.clean().losses, both.clean_there.losses)


def test_nothing_is_fetched_before_it_is_aggregated(backend, put, monkeypatch):
    table = draw(900, seed=4)
    name = put(table, "large")
    fetched = []
    for method in ("execute", "to_pyarrow", "to_pyarrow_batches", "to_pandas"):
        if hasattr(backend, method):
            monkeypatch.setattr(backend, method, counted(getattr(backend, method), fetched))
    clean = Interactions.from_backend(backend, name).clean()
    assert fetched
    # Per person, or per hour of the week to tell machines by.
    assert max(fetched) <= 24 * 7 < table.num_rows / 10
    fetched.clear()
    pairs = layers(clean, end_us=END, half_life=45).num_rows
    assert set(fetched) == {pairs}
    assert len(clean) > 2 * pairs


def counted(fetch, sizes):
    """Note how many rows a query brings."""

    def fetch_and_count(expression, *arguments, **options):
        found = fetch(expression, *arguments, **options)
        if isinstance(found, pa.ipc.RecordBatchReader):
            found = found.read_all()
            sizes.append(found.num_rows)
            return found.to_reader()
        sizes.append(found.num_rows if isinstance(found, pa.Table) else np.size(found) and len(np.atleast_1d(found)))
        return found

    return fetch_and_count


def test_only_temporary_tables_are_written_and_they_go(backend, put):
    if backend.name == "duckdb":
        pytest.skip("Ibis 12 can not list the tables of DuckDB 2")
    before = ours(backend)
    theirs = set(backend.list_tables())
    inter = Interactions.from_backend(backend, put(draw(40), "little"))
    for _ in range(3):
        inter.clean()
    held = ours(backend) - before
    assert 1 <= len(held) <= 6
    # Ibis drops the small tables that it sends along with a query by itself.
    assert {name for name in backend.list_tables() if "memtable" not in name} - held <= theirs | {"little"}
    inter.store.release()
    assert ours(backend) <= before
    assert backend.table("little").count().to_pyarrow().as_py() == draw(40).num_rows


def ours(backend):
    """Name the temporary tables that commfinder has made."""
    return {name for name in backend.list_tables() if name.startswith(("commfinder_", "ibis_cached"))}


def test_an_expression_of_a_table_will_do(backend, put, both):
    table = backend.table(put(draw().drop_columns(["source"]), "filtered"))
    some = Interactions.from_backend(backend, table.filter(table.medium == "chat"))
    same(some.to_frame(), both.here.select(medium="chat").to_frame())
