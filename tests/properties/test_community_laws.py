"""What holds of communities whatever the graph, and what must not change them: rows, names, threads, processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commfinder.communities import Communities, find_communities, leiden
from commfinder.communities.quality import canonical, connected, cpm, modularity
from commfinder.communities.ties import Ties
from commfinder.errors import InputError
from commfinder.graph import build_graph
from commfinder.interactions import Interactions
from commfinder.people import Directory
from commfinder.result import records

few = settings(max_examples=40, deadline=None, derandomize=True)

LEIDEN = st.sampled_from(["modularity", "cpm"])
SEED = st.integers(0, 9)


@st.composite
def graphs(draw, equal=None, most=24):
    """Draw ties among a few people: isolates, several pieces, repeated pairs, weights equal or of all sizes."""
    n = draw(st.integers(2, most))
    person = st.integers(0, n - 1)
    pairs = draw(st.lists(st.tuples(person, person).filter(lambda pair: pair[0] != pair[1]), max_size=3 * n))
    a, b = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    if draw(st.booleans()) if equal is None else equal:
        return a, b, np.full(len(a), draw(st.sampled_from([1.0, 0.1, 0.0857, 3.0]))), n
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return a, b, 10.0 ** rng.uniform(-2, 2, len(a)), n


def task(graph, objective):
    """Return options that suit the weights of a graph."""
    weight = graph[2]
    at = 1.0 if objective == "modularity" or not len(weight) else 0.3 * float(np.median(weight))
    return {"objective": objective, "resolution": at, "n": graph[3]}


def worth(graph, objective, labels, sizes=None):
    """Return what is maximised, per unit of weight."""
    a, b, weight, _ = graph
    if not len(a):
        return 0.0
    at = task(graph, objective)["resolution"]
    if objective == "modularity":
        return modularity(a, b, weight, labels, at)
    return cpm(a, b, weight, labels, at, sizes) / weight.sum()


@few
@given(graphs(), LEIDEN, SEED)
def test_communities_are_connected_and_no_label_is_empty(graph, objective, seed):
    a, b, weight, _ = graph
    labels = leiden(a, b, weight, seed=seed, **task(graph, objective))
    assert connected(a, b, labels).all()
    assert (np.bincount(labels) > 0).all()
    assert np.array_equal(canonical(labels), labels)


@few
@given(graphs(), LEIDEN, SEED, st.integers(1, 6), st.sampled_from([1, 2, None]))
def test_quality_is_never_below_that_of_the_start(graph, objective, seed, groups, iterations):
    a, b, weight, n = graph
    start = np.random.default_rng(seed).integers(0, groups, n)
    labels = leiden(a, b, weight, start=start, seed=seed, iterations=iterations, **task(graph, objective))
    assert worth(graph, objective, labels) >= worth(graph, objective, start) - 1e-9
    assert worth(graph, objective, labels) >= worth(graph, objective, np.arange(n)) - 1e-9 or objective == "cpm"
    again = leiden(a, b, weight, start=labels, seed=seed + 1, **task(graph, objective))
    assert worth(graph, objective, again) >= worth(graph, objective, labels) - 1e-9


@few
@given(graphs(), LEIDEN, SEED, st.sampled_from([2.0**-40, 0.25, 2.0**30]))
def test_weights_have_no_scale_to_the_last_bit(graph, objective, seed, factor):
    a, b, weight, n = graph
    scaled = (a, b, weight * factor, n)
    one = leiden(a, b, weight, seed=seed, **task(graph, objective))
    assert leiden(*scaled[:3], seed=seed, **task(scaled, objective)).tobytes() == one.tobytes()


@few
@given(graphs(equal=False, most=60), SEED, st.sampled_from([3.0, 0.1, 1e-7, 1e100]))
def test_weights_have_no_scale(graph, seed, factor):
    a, b, weight, n = graph
    one = leiden(a, b, weight, n=n, seed=seed)
    assert leiden(a, b, weight * factor, n=n, seed=seed).tobytes() == one.tobytes()


def test_weights_have_no_scale_where_seeds_disagree():
    rng = np.random.default_rng(5)
    a, b = np.triu_indices(200, 1)
    held = rng.random(len(a)) < np.where(a // 20 == b // 20, 0.12, 0.06)
    a, b, weight = a[held], b[held], rng.gamma(1.0, 1.0, int(held.sum())) + 0.01
    found = [leiden(a, b, weight, n=200, seed=seed).tobytes() for seed in range(4)]
    assert len(set(found)) > 1
    for factor in (3.0, 0.7, 1e-5):
        assert [leiden(a, b, weight * factor, n=200, seed=seed).tobytes() for seed in range(4)] == found


@few
@given(graphs(), SEED, st.floats(0.1, 0.9))
def test_who_is_fixed_stays(graph, seed, share):
    a, b, weight, n = graph
    rng = np.random.default_rng(seed)
    start, fixed = rng.integers(0, 4, n), rng.random(n) < share
    labels = leiden(a, b, weight, n=n, start=start, fixed=fixed, seed=seed)
    assert canonical(labels[fixed]).tolist() == canonical(start[fixed]).tolist()
    assert worth(graph, "modularity", labels) >= worth(graph, "modularity", start) - 1e-9


@few
@given(graphs(), LEIDEN, SEED, st.integers(1, 9))
def test_no_community_is_above_the_largest_size(graph, objective, seed, most):
    a, b, weight, n = graph
    for start in (None, np.zeros(n, dtype=np.int64)):
        labels = leiden(a, b, weight, start=start, max_size=most, seed=seed, **task(graph, objective))
        assert np.bincount(labels).max() <= most
        assert connected(a, b, labels).all()


@few
@given(graphs(), SEED)
def test_people_of_no_size_cost_nothing_in_the_potts_model(graph, seed):
    a, b, weight, n = graph
    none = np.zeros(n)
    labels = leiden(a, b, weight, sizes=none, iterations=None, seed=seed, **task(graph, "cpm"))
    assert worth(graph, "cpm", labels, none) == pytest.approx(1.0 if len(a) else 0.0), "whole pieces, at no cost"
    some = np.where(np.arange(n) % 2, 0.0, 2.0)
    labels = leiden(a, b, weight, sizes=some, seed=seed, **task(graph, "cpm"))
    assert connected(a, b, labels).all()
    assert worth(graph, "cpm", labels, some) >= worth(graph, "cpm", np.arange(n), some) - 1e-9


@few
@given(graphs(), SEED)
def test_all_equal_weights_are_no_weights(graph, seed):
    a, b, _, n = graph
    plain = leiden(a, b, n=n, seed=seed)
    for weight in (1.0, 2.0, 0.1, 1e-12):
        labels = leiden(a, b, np.full(len(a), weight), n=n, seed=seed)
        assert connected(a, b, labels).all()
        assert worth((a, b, np.ones(len(a)), n), "modularity", labels) == pytest.approx(
            worth((a, b, np.ones(len(a)), n), "modularity", plain), abs=1e-9
        )


@few
@given(graphs(most=40), SEED)
def test_names_and_rows_are_nothing(graph, seed):
    a, b, weight, n = graph
    rng = np.random.default_rng(seed)
    order, turned = rng.permutation(len(a)), rng.random(len(a)) < 0.5
    one, other = np.where(turned, b, a)[order], np.where(turned, a, b)[order]
    labels = leiden(a, b, weight, n=n, seed=seed)
    assert leiden(one, other, weight[order], n=n, seed=seed).tobytes() == labels.tobytes()
    # People in the same place are told apart by number alone; where there are none, names are nothing.
    keys = Ties.of(a, b, weight, n=n).keys
    name = rng.permutation(n)
    if np.array_equal(Ties.of(name[a], name[b], weight, n=n).keys[name], keys):
        assert canonical(leiden(name[a], name[b], weight, n=n, seed=seed)[name]).tolist() == labels.tolist()


@few
@given(
    graphs(),
    st.sampled_from([np.nan, np.inf, -np.inf, -1.0, 0.0, "loop"]),
    st.integers(0, 99),
)
def test_bad_ties_are_refused_with_a_word_on_what_to_do(graph, bad, where):
    a, b, weight, n = graph
    if not len(a):
        return
    b, weight, at = b.copy(), weight.copy(), where % len(a)
    if bad == "loop":
        b[at] = a[at]
    else:
        weight[at] = bad
    with pytest.raises(InputError) as told:
        leiden(a, b, weight, n=n)
    assert "Leave " in str(told.value)
    assert str(at) in str(told.value)


def test_a_hundred_thousand_isolates_take_no_time():
    leiden([0], [1], n=3)
    started = time.process_time()
    labels = leiden([50_000, 50_001, 50_000], [50_001, 99_999, 99_999], n=100_000)
    assert time.process_time() - started < 2
    assert np.flatnonzero(labels == 0).tolist() == [50_000, 50_001, 99_999]
    assert labels.max() == 99_997


# From here on `find_communities`: people in two media over twelve weeks.

PEOPLE, SIZE = 150, 15


def rows(names) -> pd.DataFrame:
    """Draw events among people of ten planted communities, of uneven counts."""
    rng = np.random.default_rng(8)
    a, b = np.triu_indices(PEOPLE, 1)
    held = rng.random(len(a)) < np.where(a // SIZE == b // SIZE, 0.5, 0.03)
    a, b = a[held], b[held]
    count = 1 + rng.poisson(rng.gamma(0.5, 6.0, len(a)))
    one, other = np.repeat(a, count), np.repeat(b, count)
    turned = rng.random(len(one)) < 0.5
    hour = pd.to_timedelta(rng.integers(0, 84 * 24, len(one)), unit="h")
    return pd.DataFrame(
        {
            "event": [f"e{number}" for number in range(len(one))],
            "sender": names[np.where(turned, other, one)],
            "recipient": names[np.where(turned, one, other)],
            "time": pd.Timestamp("2026-01-01", tz="UTC") + hour,
            "medium": rng.choice(["email", "chat"], len(one)),
        }
    )


NAMES = np.array([f"p{number:03d}" for number in range(PEOPLE)])


def graph_of(frame, names=NAMES):
    people = Directory.from_frame({"person": names.tolist()})
    held = Interactions.from_frame(frame, medium="medium", event="event")
    # With decay no weight is a whole number, so that the order in which events are added up could show.
    return build_graph(held, people, period="2026-01-01/2026-03-26", half_life=40.0)


@pytest.fixture(scope="module")
def found() -> Communities:
    found = find_communities(graph_of(rows(NAMES)), seed=4)
    assert len(found.summary) == 10
    assert found.summary["confidence"].between(0.9, 0.99999).any(), "rounding to one would hide differences"
    assert found.agreement < 1
    return found


def told(value: Communities) -> bytes:
    """Return all that a result says, as bytes."""
    said = [value.to_json(), records(value.members), records(value.weights.candidates), value.agreement, value.quality]
    return json.dumps([*said, value.p_chance]).encode() + value.labels.tobytes()


def test_equal_seeds_equal_bytes_and_others_other_ones(found):
    again, other = (find_communities(found.graph, seed=seed) for seed in (4, 5))
    assert told(again) == told(found)
    assert other.summary["stability"].tolist() != found.summary["stability"].tolist()


def test_order_of_rows_changes_no_byte(found):
    frame = rows(NAMES)
    shuffled = frame.sample(frac=1, random_state=3)
    assert told(find_communities(graph_of(shuffled), seed=4)) == told(found)


def test_renamed_people_are_in_the_same_communities_as_surely(found):
    new = np.array([f"q{number:03d}" for number in np.random.default_rng(9).permutation(PEOPLE)])
    other = find_communities(graph_of(rows(new), new), seed=4)
    back = dict(zip(new.tolist(), NAMES.tolist(), strict=True))

    def described(value, name):
        inside = value.members.dropna(subset=["community"])
        groups = inside.groupby("community")
        lines = value.summary.set_index("community")[["size", "confidence", "stability", "observed_over_expected"]]
        who = {community: frozenset(map(name, part["person"])) for community, part in groups}
        numbers = inside[["strength", "confidence", "core", "periphery"]].astype(float).to_numpy()
        keys = [
            (name(person), who[community])
            for person, community in zip(inside["person"], inside["community"], strict=True)
        ]
        return {who[community]: line.to_numpy() for community, line in lines.iterrows()}, dict(
            zip(keys, numbers, strict=True)
        )

    for wanted, got in zip(described(found, str), described(other, back.__getitem__), strict=True):
        assert wanted.keys() == got.keys()
        for key, numbers in wanted.items():
            np.testing.assert_allclose(got[key], numbers, rtol=1e-9)
    assert other.p_chance == pytest.approx(found.p_chance, rel=1e-6)
    assert other.agreement == pytest.approx(found.agreement, rel=1e-12)
    assert other.weights.candidates["damping"].tolist() == found.weights.candidates["damping"].tolist()


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_no_byte(found, monkeypatch, threads):
    for module in ("threads", "ties", "overlap", "engines.compiled", "engines.run"):
        monkeypatch.setattr(f"commfinder.communities.{module}.processors", lambda: threads)
    for module in ("threads", "overlap"):
        # As if every graph were so large that it is worth it.
        monkeypatch.setattr(f"commfinder.communities.{module}.WORTH_A_THREAD", 50)
    assert told(find_communities(found.graph, seed=4)) == told(found)


ELSEWHERE = """
import os
import sys
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
sys.path.insert(0, sys.argv[1])
from test_community_laws import NAMES, find_communities, graph_of, rows, told
sys.stdout.buffer.write(told(find_communities(graph_of(rows(NAMES)), seed=4)))
"""


def test_another_process_on_one_processor_finds_the_same_bytes(found):
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(Path(__file__).parent)],
        env={**os.environ, "PYTHONHASHSEED": "78"},
        capture_output=True,
        check=True,
    )
    assert done.stdout == told(found)
