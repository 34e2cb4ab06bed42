"""Who is in the graph."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from commfinder.errors import InputError, PeriodError
from commfinder.graph import build_graph
from commfinder.interactions import Interactions
from commfinder.people import Directory


def directory(people, **columns):
    return Directory.from_frame({"person": list(people), **columns})


def test_canonical_order(talk):
    graph = build_graph(talk(("d", "a", 0), ("c", "b", 1), ("b", "a", 2)), directory("dcbea"))
    assert graph.people["person"].tolist() == list("abcde")
    assert (graph.ties["person_a"] < graph.ties["person_b"]).all()
    assert list(zip(graph.ties["person_a"], graph.ties["person_b"], strict=True)) == [
        ("a", "b"),
        ("a", "d"),
        ("b", "c"),
    ]
    a, b = graph.pairs
    assert (a.tolist(), b.tolist()) == ([0, 0, 1], [1, 3, 2])


def test_isolates_of_the_directory_are_there(talk):
    graph = build_graph(talk(("a", "b", 0)), directory("abz", unit=["u", "u", None]))
    assert graph.people["person"].tolist() == ["a", "b", "z"]
    assert graph.people["strength"].tolist()[2] == 0
    assert graph.people["degree"].tolist()[2] == 0


@pytest.mark.parametrize("people", [None, "abc"])
def test_who_only_writes_to_oneself_is_an_isolate(talk, people):
    graph = build_graph(talk(("a", "b", 0), ("c", "c", 1)), people and directory(people))
    assert graph.people["person"].tolist() == ["a", "b", "c"]
    assert len(graph.ties) == 1


def test_who_only_gets_mass_mail_is_an_isolate(talk):
    crowd = [f"p{number:02d}" for number in range(30)]
    graph = build_graph(talk(("a", " ".join(crowd), 0), ("a", "b", 1)))
    assert graph.people["person"].tolist() == ["a", "b", *crowd]
    assert len(graph.ties) == 1


def test_who_acts_on_a_space_alone_is_there(talk):
    frame = pd.DataFrame({"sender": ["a", "c"], "recipient": ["b", None], "space": [None, "page"], "medium": "wiki"})
    graph = build_graph(Interactions.from_frame(frame, medium="medium"))
    assert graph.people["person"].tolist() == ["a", "b", "c"]


def test_machines_are_no_people(talk):
    frame = talk(("noreply@x.org", "a", 0), ("a", "b", 1), ("robot", "a", 2), ("ci", "b", 3)).to_frame()
    frame["automated"] = frame["sender"] == "robot"
    inter = Interactions.from_frame(frame, medium="medium", event="event", automated="automated")
    line = {"account": "ci", "address": None, "name": None, "kind": "bot", "guest": False, "unit": None, "source": "x"}
    inter = replace(inter, accounts=pd.DataFrame([line]))
    graph = build_graph(inter)
    assert graph.people["person"].tolist() == ["a", "b"]
    assert list(zip(graph.ties["person_a"], graph.ties["person_b"], strict=True)) == [("a", "b")]
    kept = build_graph(inter, keep_automated=True)
    assert set(kept.people["person"]) == {"a", "b", "ci", "noreply@x.org", "robot"}
    assert len(kept.ties) == 4


def test_a_person_with_one_automatic_note_stays(talk):
    frame = talk(("a", "b", 0), ("b", "a", 1)).to_frame().assign(automated=[False, True])
    graph = build_graph(Interactions.from_frame(frame, medium="medium", event="event", automated="automated"))
    assert graph.people["person"].tolist() == ["a", "b"]
    assert graph.ties["weight_ba"].tolist() == [0.0]


def test_outsiders_are_left_out_and_counted(talk):
    mail = talk(("a", "b", 0), ("a", "x", 1), ("x", "y", 2), ("b", "a", 3))
    graph = build_graph(mail, directory("ab"))
    assert graph.people["person"].tolist() == ["a", "b"]
    line = graph.losses[graph.losses["reason"] == "with people outside the directory"]
    assert line["count"].tolist() == [2]
    assert "outsiders='keep'" in line["advice"].iloc[0]


def test_outsiders_can_be_kept(talk):
    mail = talk(("a", "b", 0), ("a", "x", 1), ("c", "d", 2))
    graph = build_graph(mail, directory("bad", unit=["u", "u", "v"]), outsiders="keep")
    assert graph.people["person"].tolist() == list("abcdx")
    assert graph.people["unit"].isna().tolist() == [False, False, True, False, True]
    assert len(graph.ties) == 3
    assert not (graph.losses["reason"] == "with people outside the directory").any()


def test_an_outsider_still_takes_a_share_of_an_event(talk):
    graph = build_graph(talk(("a", "b x", 0)), directory("ab"))
    assert graph.ties["weight_ab"].tolist() == [0.5]


def test_unresolved_accounts_are_an_error_with_the_next_action(talk):
    with pytest.raises(InputError, match="resolve_people") as caught:
        build_graph(talk(("a@x.org", "b@x.org", 0)), directory("ab"))
    assert "'a@x.org'" in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_units_come_from_the_sources_without_a_directory(talk):
    line = {"address": None, "name": None, "kind": "person", "guest": False, "source": "x"}
    accounts = pd.DataFrame([{**line, "account": "b", "unit": "Legal"}, {**line, "account": "a", "unit": None}])
    graph = build_graph(replace(talk(("a", "b", 0)), accounts=accounts))
    assert graph.people["unit"].isna().tolist() == [True, False]
    assert graph.people["unit"].tolist()[1] == "Legal"


def test_the_directory_is_that_of_the_end_of_the_period(talk):
    people = Directory.from_frame(
        {"person": ["a", "a", "b"], "unit": ["old", "new", "old"], "since": ["2025-01-01", "2026-02-01", "2025-01-01"]}
    )
    mail = talk(("a", "b", 0), ("a", "b", 40))
    assert build_graph(mail, people, period="2026Q1").people["unit"].tolist() == ["new", "old"]
    assert build_graph(mail, people, period="2026-01-01/2026-01-20").people["unit"].tolist() == ["old", "old"]


def test_period(talk):
    mail = talk(("a", "b", 0), ("a", "c", 100))
    graph = build_graph(mail, period="2026Q1")
    assert str(graph.period) == "2026-01-01/2026-04-01"
    assert "2026-01-01/2026-04-01" in repr(graph)
    assert graph.people["person"].tolist() == ["a", "b"], "who interacts outside the period only is not in it"
    assert graph.provenance.parameters["period"] == "2026-01-01/2026-04-01"
    whole = build_graph(mail)
    assert len(whole.ties) == 2
    assert whole.period.start == pd.Timestamp("2026-01-01T12:00Z")
    assert build_graph(talk(("a", "b"))).period is None


def test_a_period_that_holds_nothing_is_an_error(talk):
    with pytest.raises(PeriodError, match="holds none of the 1 interactions"):
        build_graph(talk(("a", "b", 0)), period="2027Q1")


def test_the_end_of_a_period_is_outside(talk):
    mail = talk(("a", "b", 0), ("a", "c", 10))
    graph = build_graph(mail, period=("2026-01-01T12:00+00:00", "2026-01-11T12:00+00:00"))
    assert list(graph.ties["person_b"]) == ["b"]


@pytest.mark.parametrize("people", [None, "a", "abc"])
def test_no_interactions(people):
    empty = Interactions.from_frame({"sender": [], "recipient": []})
    graph = build_graph(empty, people and directory(people))
    n = len(people or "")
    assert len(graph.people) == n
    assert len(graph.ties) == 0
    assert graph.people["strength"].tolist() == [0.0] * n
    assert graph.to_scipy().shape == graph.adjacency().shape == (n, n)
    assert graph.to_igraph().vcount() == graph.to_networkx().number_of_nodes() == n
    assert graph.to_frame().columns.tolist() == [
        *("person_a", "person_b", "weight", "weight_ab", "weight_ba", "events", "windows", "tie", "media")
    ]
    assert '"rows": []' in graph.to_json()
    assert "0 pairs" in repr(graph)


def test_no_interactions_in_a_period(talk):
    graph = build_graph(Interactions.from_frame({"sender": [], "recipient": []}), directory("ab"), period="2026Q1")
    assert str(graph.period) == "2026-01-01/2026-04-01"
    assert graph.n_windows == 3


def test_one_person(talk):
    graph = build_graph(talk(("a", "a", 0)))
    assert graph.people["person"].tolist() == ["a"]
    assert len(graph.ties) == 0


def test_attributes_of_the_directory_come_along(talk):
    people = directory("ab", unit=["u", "v"], site=["s", "s"], manager=["b", None], level=[1, 0], guild=["x", "y"])
    graph = build_graph(talk(("a", "b", 0)), people)
    assert graph.people.columns.tolist()[:5] == ["person", "unit", "site", "manager", "level"]
    assert graph.people["guild"].tolist() == ["x", "y"]
    assert graph.people["manager"].tolist()[0] == "b"


def test_values_are_not_changed(talk):
    mail = talk(("a", "b", 0), ("b", "c", 1))
    people = directory("abc")
    before, table = mail.to_frame(), people.to_frame()
    build_graph(mail, people)
    assert mail.to_frame().equals(before)
    assert people.to_frame().equals(table)
