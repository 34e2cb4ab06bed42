"""Ties under other weights, reckoned by hand and against graphs built anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from commfinder.errors import InputError
from commfinder.graph import build_graph
from commfinder.graph.sensitivity import tie_sensitivity, variants, weight_agreement

PERIOD = "2026-01-01/2026-05-01"


@pytest.fixture
def mail(talk, rng):
    people = list("abcdefgh")
    rows = []
    for _ in range(250):
        sender, *others = rng.permutation(people)
        count = int(rng.choice([1, 1, 1, 2, 4, 6]))
        medium = str(rng.choice(["email", "chat", "meeting"]))
        rows.append((sender, " ".join(others[:count]), float(rng.random() * 115), medium))
    return talk(*rows)


def by_value(graph, **options):
    return {(one.setting, one.value): one.graph for one in variants(graph, **options)}


def same_ties(first, second):
    pd.testing.assert_frame_equal(first.ties, second.ties, check_dtype=False, rtol=1e-6)
    pd.testing.assert_frame_equal(first.people, second.people, check_dtype=False, rtol=1e-6)


@pytest.mark.parametrize("half_life", [None, 20.0])
def test_the_settings_of_the_graph_give_the_graph(mail, half_life):
    graph = build_graph(mail, period=PERIOD, half_life=half_life, reciprocity_floor=0.2, medium_weights={"chat": 0.5})
    again = by_value(graph, discounts=["1/k"], caps=[20], half_lives=[half_life] if half_life else [])
    for one in again.values():
        same_ties(one, graph)
        assert weight_agreement(one, graph) == pytest.approx(1, abs=1e-3)
        assert one.factors == graph.factors


def test_caps_and_half_lives_are_those_of_a_graph_built_anew(mail):
    graph = build_graph(mail, period=PERIOD)
    found = by_value(graph, discounts=[], caps=[1, 3], half_lives=[30])
    assert list(found) == [("max_recipients", "1"), ("max_recipients", "3"), ("half_life", "30")]
    same_ties(found["half_life", "30"], build_graph(mail, period=PERIOD, half_life=30))
    for cap in (1, 3):
        small = build_graph(mail, period=PERIOD, max_recipients=cap, rule=graph.rule)
        same_ties(found["max_recipients", str(cap)], small)


def test_discounts_by_hand(talk):
    graph = build_graph(talk(("a", "b c d", 0), ("b", "a", 1), ("c", "d", 2)))
    weights = {
        value: {(line["person_a"], line["person_b"]): line["weight_ab"] for line in one.ties.to_dict("records")}
        for (_, value), one in by_value(graph, discounts=["1/k", "1/sqrt(k)", "1/log2(1+k)", "1"], caps=[]).items()
        if _ == "discount"
    }
    shares = {"1/k": 1 / 3, "1/sqrt(k)": 3**-0.5, "1/log2(1+k)": 0.5, "1": 1}
    for value, share in shares.items():
        assert weights[value]["a", "b"] == weights[value]["a", "d"] == pytest.approx(share)
        assert weights[value]["c", "d"] == 1, "one recipient has a whole event"


def test_one_recipient_each_and_nothing_changes(talk, rng):
    rows = [
        (str(a), str(b), float(day))
        for a, b, day in zip(*rng.integers(0, 6, (2, 200)), rng.random(200) * 90, strict=True)
    ]
    told = tie_sensitivity(build_graph(talk(*[row for row in rows if row[0] != row[1]])), half_lives=[])
    assert told["setting"].tolist() == ["discount"] * 3 + ["max_recipients"] * 2
    assert told["kendall_tau"].tolist() == pytest.approx([1] * 5)
    assert told["ties"].nunique() == told["pairs"].nunique() == 1


def test_the_further_the_discount_the_less_agreement(mail):
    told = tie_sensitivity(build_graph(mail, period=PERIOD), caps=[4, 1], half_lives=[1000, 5])
    told = told.set_index(["setting", "value"])
    tau = told["kendall_tau"]
    assert tau["discount", "1"] < tau["discount", "1/sqrt(k)"] < 1
    assert tau["max_recipients", "1"] < tau["max_recipients", "4"] < 1
    assert tau["half_life", "5"] < tau["half_life", "1000"] < 1
    assert told.loc[("max_recipients", "1"), "pairs"] <= told.loc[("max_recipients", "4"), "pairs"]


def test_what_is_not_made_of_the_rows_stays(mail):
    graph = build_graph(mail, period=PERIOD)
    # Somebody else has added a meeting of two people to the graph, which no row tells of.
    meeting = graph.layers["medium"] == "meeting"
    layer = graph.layers.assign(events=graph.layers["events"] + meeting, ab=graph.layers["ab"] + 0.25 * meeting)
    shared = replace(graph, layers=layer)
    found = by_value(shared, discounts=["1"], caps=[1], half_lives=[5])
    assert len(found) == 3
    for one in found.values():
        now = {medium: part.reset_index(drop=True) for medium, part in one.layers.groupby("medium")}
        then = {medium: part.reset_index(drop=True) for medium, part in layer.groupby("medium")}
        assert now["meeting"].equals(then["meeting"])
        assert not now["chat"].equals(then["chat"])


def test_agreement_by_hand(talk):
    one = build_graph(talk(("a", "b", 0), ("b", "c", 0), ("b", "c", 1), *[("a", "c", day) for day in range(3)]))
    other = build_graph(talk(("a", "b", 0), ("a", "b", 1), ("b", "c", 0), *[("a", "c", day) for day in range(3)]))
    assert weight_agreement(one, one) == pytest.approx(1)
    assert weight_agreement(one, other) == pytest.approx(1 / 3)
    even = build_graph(talk(("a", "b", 0), ("b", "c", 0), ("c", "a", 1)))
    assert np.isnan(weight_agreement(one, even))


def test_nothing_has_a_time(talk):
    graph = build_graph(talk(("a", "b c", None), ("b", "c", None)))
    assert set(tie_sensitivity(graph)["setting"]) == {"discount", "max_recipients"}
    with pytest.raises(InputError, match="Nothing in the graph has a time"):
        tie_sensitivity(graph, half_lives=[10])


def test_no_ties(talk):
    told = tie_sensitivity(build_graph(talk(("a", "a", 0))))
    assert told["pairs"].tolist() == [0] * len(told)
    assert told["kendall_tau"].isna().all()


def test_what_is_wrong_is_said(mail):
    graph = build_graph(mail, period=PERIOD, max_recipients=5)
    assert [value for _, value in by_value(graph, discounts=[], half_lives=[])] == ["4"]
    for options, said in (
        ({"caps": [6]}, "max_recipients=6"),
        ({"caps": [0]}, "caps"),
        ({"discounts": ["1/k!"]}, "Did you mean '1/k'"),
        ({"half_lives": [-1]}, "half_lives"),
    ):
        with pytest.raises(InputError, match=said):
            list(variants(graph, **options))


def test_the_order_of_rows_does_not_matter(mail):
    from commfinder.interactions import Interactions

    shuffled = Interactions.from_arrow(mail.to_arrow().take(np.random.default_rng(0).permutation(len(mail))))
    first, second = (tie_sensitivity(build_graph(one, period=PERIOD)) for one in (mail, shuffled))
    assert first.to_json() == second.to_json()
