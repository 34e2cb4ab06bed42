"""Weights by which communities are found."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from commfinder.communities import find_communities
from commfinder.communities.weights import DAMPINGS, detection_weights, weights_by_damping
from commfinder.errors import InputError
from commfinder.graph import build_graph
from commfinder.interactions import Interactions


def graph(counts, **options):
    """Make a graph with so many meetings or mails each way, by (a, b, medium)."""
    rows = [
        (
            f"{one}{other}{medium}{number}{way}",
            *((one, other) if way else (other, one)),
            medium,
            f"2026-01-01T{number:02d}:00:00Z",
        )
        for (one, other, medium), count in counts.items()
        for number in range(count)
        for way in (0, 1)
    ]
    frame = pd.DataFrame(rows, columns=["event", "sender", "recipient", "medium", "time"])
    return build_graph(Interactions.from_frame(frame, medium="medium", event="event"), **options)


@pytest.mark.parametrize(
    ("damping", "damp"), [("log1p", math.log1p), ("sqrt", math.sqrt), ("none", float), ("binary", lambda _: 1.0)]
)
def test_one_medium(damping, damp):
    found = detection_weights(graph({("a", "b", "email"): 1, ("b", "c", "email"): 15}), damping)
    # Put on one scale: three people, mean strength 2 (x + y) / 3.
    x, y = damp(1), damp(15)
    np.testing.assert_allclose(found, np.array([x, y]) * 3 / (2 * (x + y)))


def test_media_are_damped_before_they_are_scaled_and_added():
    counts = {("a", "b", "email"): 3, ("a", "b", "chat"): 8, ("b", "c", "chat"): 1, ("c", "d", "email"): 2}
    found = detection_weights(graph(counts))
    email = {"ab": math.log1p(3), "cd": math.log1p(2)}
    chat = {"ab": math.log1p(8), "bc": math.log1p(1)}
    of_email, of_chat = 2 * sum(email.values()) / 4, 2 * sum(chat.values()) / 3
    wanted = [email["ab"] / of_email + chat["ab"] / of_chat, chat["bc"] / of_chat, email["cd"] / of_email]
    np.testing.assert_allclose(found, wanted)


def test_factors_of_media_count():
    counts = {("a", "b", "email"): 1, ("b", "c", "chat"): 1}
    one = detection_weights(graph(counts))
    other = detection_weights(graph(counts, medium_weights={"chat": 0.25}))
    np.testing.assert_allclose(other / one, [1.0, 0.25])


def test_damping_damps():
    counts = {("a", "b", "email"): 1, ("b", "c", "email"): 20}
    ratio = [
        np.divide(*detection_weights(graph(counts), damping)[::-1]) for damping in ("none", "sqrt", "log1p", "binary")
    ]
    assert ratio == sorted(ratio, reverse=True)
    assert ratio[0] == pytest.approx(20)
    assert ratio[3] == pytest.approx(1)


def test_unknown_damping():
    with pytest.raises(InputError, match="log1p"):
        detection_weights(graph({("a", "b", "email"): 1}), "log")


@pytest.mark.parametrize("damping", DAMPINGS)
def test_no_ties(damping):
    empty = build_graph(Interactions.from_frame({"sender": [], "recipient": []}))
    assert detection_weights(empty, damping).shape == (0,)


@pytest.mark.parametrize("damping", DAMPINGS)
def test_in_the_order_of_ties_and_zero_only_for_what_nobody_answers(damping):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"sender": rng.integers(0, 9, 80), "recipient": rng.integers(0, 9, 80)})
    frame["medium"] = rng.choice(["email", "chat"], 80)
    found = build_graph(Interactions.from_frame(frame, medium="medium"), reciprocity_floor=0.0)
    weight = detection_weights(found, damping)
    assert len(weight) == len(found.ties)
    assert (weight >= 0).all()
    if damping != "binary":
        assert ((weight > 0) == (found.ties["weight"].to_numpy() > 0)).all()
    assert find_communities(found, damping=damping, runs=2).members["person"].nunique() == len(found.people)


def test_all_dampings_at_once(planted):
    a, b = planted(3, 6, 0.8, 0.2, seed=1)
    media = ["email" if (i + j) % 3 else "chat" for i, j in zip(a, b, strict=True)]
    rows = {"sender": [f"p{i}" for i in a], "recipient": [f"p{j}" for j in b], "medium": media}
    graph = build_graph(Interactions.from_frame(rows, medium="medium"))
    found = weights_by_damping(graph)
    assert list(found) == list(DAMPINGS)
    for damping, weight in found.items():
        assert weight.tolist() == detection_weights(graph, damping).tolist()
