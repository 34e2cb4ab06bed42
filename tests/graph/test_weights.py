"""Weights of ties, reckoned by hand."""

from __future__ import annotations

import pytest

from commfinder.errors import CommfinderError, InputError
from commfinder.graph import build_graph
from commfinder.interactions import concat


def weights(graph):
    return {
        (line["person_a"], line["person_b"]): (line["weight_ab"], line["weight_ba"], line["weight"])
        for line in graph.ties.to_dict("records")
    }


def test_an_event_spends_one_unit_on_all_its_recipients(talk):
    got = weights(build_graph(talk(("a", "b c d e", 0), ("b", "a", 1))))
    assert got["a", "b"] == (0.25, 1.0, pytest.approx(1.25 / 2 * (0.5 + 0.5 * 2 * 0.25 / 1.25)))
    for other in "cde":
        assert got["a", other] == (0.25, 0.0, 0.25 / 2 * 0.5)
    assert len(got) == 4, "people who receive the same mail have no tie with one another"


def test_thirds_are_exact_to_the_grain_of_the_sums(talk):
    got = weights(build_graph(talk(("a", "b c d", 0))))
    assert got["a", "b"][0] == pytest.approx(1 / 3, abs=2**-24)
    assert got["a", "b"] == got["a", "c"] == got["a", "d"]


@pytest.mark.parametrize(("floor", "weight"), [(0.5, 1.5), (0.0, 1.0), (1.0, 2.0), (0.2, 1.2)])
def test_one_sided_mail_weighs_less(talk, floor, weight):
    mail = talk(("a", "b", 0), ("a", "b", 1), ("a", "b", 2), ("b", "a", 3))
    assert weights(build_graph(mail, reciprocity_floor=floor))["a", "b"] == (3.0, 1.0, pytest.approx(weight))


def test_never_answered_mail_keeps_the_floor(talk):
    mail = talk(("b", "a", 0), ("b", "a", 1))
    assert weights(build_graph(mail))["a", "b"] == (0.0, 2.0, 0.5)
    assert weights(build_graph(mail, reciprocity_floor=0.0))["a", "b"] == (0.0, 2.0, 0.0)


@pytest.mark.parametrize("medium", ["meeting", "wiki", "document", "ticket", "code", "workflow", "contact"])
def test_where_both_take_part_nothing_need_be_answered(talk, medium):
    graph = build_graph(talk(("a", "b", 0, medium), ("a", "b", 1, medium)))
    assert weights(graph)["a", "b"] == (2.0, 0.0, 1.0)


def test_half_life(talk):
    # 28 days from 1 January; the events lie 27.5, 20 and 7.5 days before the end.
    period = ("2026-01-01T00:00+00:00", "2026-01-29T00:00+00:00")
    mail = talk(("a", "b", 0), ("a", "b", 7.5), ("b", "a", 20))
    ab, ba, weight = weights(build_graph(mail, period=period, half_life=10))["a", "b"]
    assert ab == pytest.approx(2**-2.75 + 2**-2, abs=1e-7)
    assert ba == pytest.approx(2**-0.75, abs=1e-7)
    assert weight == pytest.approx((ab + ba) / 2 * (0.5 + 0.5 * 2 * min(ab, ba) / (ab + ba)))


def test_half_life_halves_exactly(talk):
    period = ("2026-01-01T00:00+00:00", "2026-01-29T12:00+00:00")
    mail = talk(("a", "b", 8), ("c", "d", 18))
    got = weights(build_graph(mail, period=period, half_life=10))
    assert [got[pair][0] for pair in (("a", "b"), ("c", "d"))] == [0.25, 0.5]


def test_half_life_is_told_from_the_end_of_the_period_not_of_the_data(talk):
    mail = talk(("a", "b", 8))
    early = weights(build_graph(mail, period="2026-01-01/2026-01-31", half_life=10))["a", "b"][0]
    late = weights(build_graph(mail, period="2026-01-01/2026-02-10", half_life=10))["a", "b"][0]
    assert early == pytest.approx(2 * late, abs=1e-6)


def test_decay_leaves_relations_without_a_time_and_the_binary_rule_alone(talk):
    both = concat([talk(("a", "b", 8), ("b", "a", 9)), talk(("a", "c"))])
    fresh, old = build_graph(both), build_graph(both, half_life=1)
    assert weights(old)["a", "c"][0] == 1.0
    assert weights(old)["a", "b"][0] == pytest.approx(0.5, abs=1e-6)
    assert old.ties["tie"].equals(fresh.ties["tie"])
    assert old.ties["events"].equals(fresh.ties["events"])


def test_two_media_come_on_one_scale(talk):
    # One mail each way: strength 1; three posts each way: strength 3. The mean of the two is 2.
    mail = [("a", "b", 0), ("b", "a", 1)]
    chat = [(one, other, day, "chat") for day in (0, 1, 2) for one, other in (("b", "c"), ("c", "b"))]
    alone = {key: value for rows in (mail, chat) for key, value in weights(build_graph(talk(*rows))).items()}
    assert alone == {("a", "b"): (1, 1, 1), ("b", "c"): (3, 3, 3)}
    graph = build_graph(talk(*mail, *chat))
    assert weights(graph) == {("a", "b"): (2, 2, 2), ("b", "c"): (2, 2, 2)}
    assert graph.people.set_index("person")["strength"].to_dict() == {"a": 2, "b": 4, "c": 2}
    assert graph.layers["weight"].tolist() == [1.0, 3.0], "layers keep the raw weights"


def test_means_of_media_are_equal(talk, rng):
    rows = [
        (str(one), str(other), float(day), medium)
        for medium, many in (("email", 60), ("chat", 200), ("meeting", 25))
        for one, other, day in zip(*rng.integers(0, 9, (2, many)), rng.random(many) * 80, strict=True)
        if one != other
    ]
    graph = build_graph(talk(*rows))
    scaled = {}
    for medium in ("chat", "email", "meeting"):
        layer = graph.layers[graph.layers["medium"] == medium]
        only = build_graph(talk(*[row for row in rows if row[3] == medium]))
        scaled[medium] = 2 * layer["weight"].sum() / (only.people["strength"] > 0).sum()
    common = sum(scaled.values()) / 3
    expected = sum(graph.layers["weight"] * common / graph.layers["medium"].map(scaled))
    assert graph.ties["weight"].sum() == pytest.approx(expected)


def test_a_medium_without_strength_does_not_touch_the_others(talk):
    rows = [("a", "b", 0), ("b", "a", 1), ("b", "c", 0, "chat")]
    got = weights(build_graph(talk(*rows), reciprocity_floor=0.0))
    assert got == {("a", "b"): (1, 1, 1), ("b", "c"): (1, 0, 0)}


def test_factor_of_a_medium(talk):
    rows = [("a", "b", 0), ("b", "a", 1), ("b", "c", 0, "chat"), ("c", "b", 1, "chat")]
    graph = build_graph(talk(*rows), medium_weights={"chat": 0.5})
    assert weights(graph) == {("a", "b"): (1, 1, 1), ("b", "c"): (0.5, 0.5, 0.5)}
    alone = build_graph(talk(*rows[2:]), medium_weights={"chat": 0.5})
    assert weights(alone) == {("b", "c"): (0.5, 0.5, 0.5)}


def test_media_of_a_pair_add_up(talk):
    graph = build_graph(talk(("a", "b", 0), ("b", "a", 0), ("a", "b", 1, "chat"), ("b", "a", 1, "chat")))
    line = graph.ties.iloc[0]
    assert (line["media"], line["events"], line["weight"]) == ("chat+email", 4, 2.0)


def test_mass_mail_makes_no_tie(talk):
    everybody = " ".join(f"p{number:02d}" for number in range(21))
    mail = talk(("a", everybody, 0), ("a", "p00", 1))
    assert list(weights(build_graph(mail))) == [("a", "p00")]
    assert weights(build_graph(mail, max_recipients=21))["a", "p00"][0] == pytest.approx(1 + 1 / 21, abs=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {"half_life": 0},
        {"half_life": -1.0},
        {"half_life": float("nan")},
        {"reciprocity_floor": 1.5},
        {"reciprocity_floor": -0.1},
        {"medium_weights": {"mail": 1}},
        {"medium_weights": {"email": 0}},
        {"outsiders": "ask"},
        {"max_recipients": 0},
    ],
)
def test_options_out_of_range(talk, options):
    with pytest.raises(InputError):
        build_graph(talk(("a", "b", 0)), **options)


def test_unknown_medium_is_named_with_the_nearest(talk):
    with pytest.raises(CommfinderError, match=r"'emial'.*Did you mean 'email'"):
        build_graph(talk(("a", "b", 0)), medium_weights={"emial": 1.0})
