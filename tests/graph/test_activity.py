"""When ties were alive, reckoned by hand."""

from __future__ import annotations

from commfinder.graph import build_graph
from commfinder.graph.activity import tie_activity
from commfinder.interactions import concat

PERIOD = ("2026-01-01T00:00+00:00", "2026-06-18T00:00+00:00")  # six windows of 28 days


def test_windows_of_a_tie(talk):
    mail = talk(("a", "b", 0), ("b", "a", 1), ("a", "b", 29), ("a", "b", 120), ("c", "a", 167))
    told = tie_activity(build_graph(mail, period=PERIOD))
    ab, ac = told.to_dict("records")
    assert (ab["person_a"], ab["person_b"]) == ("a", "b")
    assert [ab[name] for name in ("events", "active", "first", "last", "longest_gap", "silent")] == [4, 3, 0, 4, 2, 1]
    assert ab["busiest"] == 0.5
    assert [ac[name] for name in ("events", "active", "first", "last", "longest_gap", "silent")] == [1, 1, 5, 5, 0, 0]


def test_it_agrees_with_the_windows_of_the_graph(talk, rng):
    rows = [
        (str(a), str(b), float(day))
        for a, b, day in zip(*rng.integers(0, 7, (2, 300)), rng.random(300) * 160, strict=True)
    ]
    graph = build_graph(talk(*[row for row in rows if row[0] != row[1]]), period=PERIOD)
    told = tie_activity(graph)
    assert told["active"].tolist() == graph.ties["windows"].tolist()
    assert told["events"].tolist() == graph.ties["events"].tolist()
    assert (told["last"] - told["first"] + 1 >= told["active"] + told["longest_gap"]).all()
    assert (told["last"] + told["silent"] == graph.n_windows - 1).all()


def test_what_has_no_time_has_no_window(talk):
    graph = build_graph(concat([talk(("a", "b", 0), ("b", "a", 30)), talk(("a", "c"))]), period=PERIOD)
    told = tie_activity(graph).set_index(["person_a", "person_b"])
    assert told.loc[("a", "c"), ["events", "active", "longest_gap"]].tolist() == [0, 0, 0]
    assert told.loc[[("a", "c")], ["first", "last", "silent", "busiest"]].isna().all(axis=None)
    assert told.loc[("a", "b"), "active"] == 2


def test_decay_plays_no_part(talk):
    mail = talk(("a", "b", 0), ("b", "a", 60), ("a", "b", 90))
    assert tie_activity(build_graph(mail, period=PERIOD, half_life=1)).equals(
        tie_activity(build_graph(mail, period=PERIOD))
    )


def test_no_ties_no_rows(talk):
    graph = build_graph(talk(("a", "b", 0)), period=PERIOD)
    nobody = build_graph(talk(("a", "a", 0), ("b", "b", 1)), period=PERIOD)
    assert tie_activity(nobody).empty
    assert tie_activity(nobody).dtypes[2:].equals(tie_activity(graph).dtypes[2:])
