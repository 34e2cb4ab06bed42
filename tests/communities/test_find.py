"""The communities of a graph, and how sure of them one can be."""

from __future__ import annotations

import json

import numpy as np
import pytest

from commfinder.communities import find_communities
from commfinder.errors import InputError


@pytest.fixture(scope="module")
def clear(planted, static):
    """Five communities of twelve that nobody could miss, and four people without a tie."""
    a, b = planted(5, 12, 0.8, 0.01, seed=1)
    unit = [f"u{number // 12}" for number in range(60)] + ["u0", "u1", None, None]
    return static(a, b, 64, unit=unit)


@pytest.fixture(scope="module")
def found(clear):
    return find_communities(clear)


def test_columns(found):
    assert found.members.columns.tolist()[:5] == ["person", "community", "strength", "confidence", "core"]
    assert found.summary.columns.tolist()[:8] == [
        *(
            "community",
            "size",
            "confidence",
            "stability",
            "observed_over_expected",
            "units",
            "main_unit",
            "main_unit_share",
        )
    ]
    assert found.to_frame().equals(found.summary)


def test_planted_communities_are_found(found):
    assert found.summary["community"].tolist() == ["C1", "C2", "C3", "C4", "C5"]
    assert found.summary["size"].tolist() == [12] * 5
    for number in range(5):
        assert found.people(f"C{number + 1}") == [f"p{12 * number + k:03d}" for k in range(12)]


def test_everybody_is_listed(clear, found):
    assert found.members["person"].tolist() == clear.people["person"].tolist()
    assert found.members["community"].isna().sum() == 4
    assert found.members["community"].value_counts().to_dict() == dict(
        zip(found.summary["community"], found.summary["size"], strict=True)
    )


def test_who_has_no_tie(found):
    alone = found.members[found.members["community"].isna()]
    assert alone["person"].tolist() == ["p060", "p061", "p062", "p063"]
    assert alone["strength"].tolist() == [0.0] * 4
    assert not alone["core"].any()


def test_units(found):
    assert found.summary["units"].tolist() == [1] * 5
    assert found.summary["main_unit"].tolist() == [f"u{number}" for number in range(5)]
    assert found.summary["main_unit_share"].tolist() == [1.0] * 5


def test_clear_communities_are_stable(found):
    assert found.agreement == 1.0
    assert found.summary["stability"].tolist() == [1.0] * 5
    assert (found.summary["observed_over_expected"] > 3).all()
    inside = found.members[found.members["community"].notna()]
    assert inside["strength"].between(0.5, 1).all()
    assert inside["core"].mean() > 0.9


def test_core_by_hand(cliques, static):
    # Two cliques of six and one tie between: a member has 5 ties inside, 31 of 62 ends are in the community.
    from scipy import stats

    a, b = cliques(6, 6)
    got = find_communities(static([*a, 5], [*b, 6], 12), resolution=1.0)
    assert stats.binom.sf(4, 5, (31 - 5) / 62) > 0.01
    assert not got.members["core"].any(), "five of five ties inside are no wonder where half of all ends are there"


def test_strength_by_hand(cliques, static):
    a, b = cliques(4, 4)
    got = find_communities(static([*a, 3], [*b, 4], 8), resolution=1.0)
    wanted = [1, 1, 1, 3 / 4, 3 / 4, 1, 1, 1]
    np.testing.assert_allclose(got.members["strength"], wanted)
    # 6 ties inside; strengths 13 and 13 of 26, so 13² / (4 · 13) expected.
    np.testing.assert_allclose(got.summary["observed_over_expected"], [6 / 3.25] * 2)


def test_unclear_communities_are_less_stable(planted, static):
    a, b = planted(10, 12, 0.15, 0.07, seed=3)
    got = find_communities(static(a, b, 120))
    assert 0 < got.agreement < 0.95
    assert got.summary["stability"].between(0, 1).all()
    assert got.summary["stability"].min() < 0.9
    assert got.summary["size"].is_monotonic_decreasing
    assert got.summary["size"].sum() == got.members["community"].notna().sum()


def test_min_size(cliques, static):
    graph = static(*cliques(6, 4, 3, 2), 15)
    assert find_communities(graph, resolution=1.0).summary["size"].tolist() == [6, 4, 3]
    assert find_communities(graph, resolution=1.0, min_size=2).summary["size"].tolist() == [6, 4, 3, 2]
    small = find_communities(graph, resolution=1.0, min_size=5)
    assert small.summary["size"].tolist() == [6]
    assert small.members["community"].notna().sum() == 6
    assert len(small.members) == 15


@pytest.mark.parametrize("n", [0, 1, 5])
def test_no_ties(static, n):
    if n == 0:
        from commfinder.graph import build_graph
        from commfinder.interactions import Interactions

        graph = build_graph(Interactions.from_frame({"sender": [], "recipient": []}))
    else:
        from commfinder.graph import build_graph
        from commfinder.interactions import Interactions
        from commfinder.people import Directory

        people = Directory.from_frame({"person": [f"p{number}" for number in range(n)]})
        graph = build_graph(Interactions.from_frame({"sender": [], "recipient": []}), people)
    got = find_communities(graph)
    assert len(got.summary) == 0
    assert len(got.members) == n
    assert got.members["community"].isna().all()
    assert (got.resolution.value, got.resolution.how) == (1.0, "no fixed point")
    assert got.quality == 0.0
    assert json.loads(got.to_json())["rows"] == []


def test_one_clique(cliques, static):
    got = find_communities(static(*cliques(7), 7))
    assert got.summary["size"].tolist() == [7]
    assert got.agreement == 1.0
    assert got.resolution.how == "no fixed point"


def test_a_star(static):
    got = find_communities(static([0] * 9, range(1, 10), 10))
    assert len(got.members) == 10
    assert got.summary["stability"].between(0, 1).all()


def test_cliques_without_a_tie_between(cliques, static):
    got = find_communities(static(*cliques(8, 6, 5), 19))
    assert got.summary["size"].tolist() == [8, 6, 5]
    assert got.agreement == 1.0
    assert got.members["strength"].eq(1.0).all()


def test_equal_seeds_equal_bytes(planted, static):
    a, b = planted(10, 12, 0.15, 0.07, seed=3)
    graph = static(a, b, 120)
    one, other = (find_communities(graph, seed=5) for _ in range(2))
    assert one.to_json() == other.to_json()
    assert one.members.to_json() == other.members.to_json()
    assert one.provenance.seed == 5
    assert one.to_json() != find_communities(graph, seed=6).to_json()


def test_given_resolution(clear):
    got = find_communities(clear, resolution=0.01)
    assert (got.resolution.value, got.resolution.how) == (0.01, "given")
    assert len(got.summary) < 5
    assert got.provenance.parameters["resolution"] == 0.01


def test_order_of_rows_changes_nothing(planted, static):
    a, b = planted(6, 12, 0.3, 0.05, seed=2)
    order = np.random.default_rng(0).permutation(len(a))
    one = find_communities(static(a, b, 72))
    other = find_communities(static(b[order], a[order], 72))
    assert one.to_json() == other.to_json()
    assert one.members.to_json() == other.members.to_json()


def test_bystanders_change_no_clear_community(clear, planted, static, found):
    a, b = planted(5, 12, 0.8, 0.01, seed=1)
    more = find_communities(static(a, b, 90))
    for name in found.summary["community"]:
        assert more.people(name) == found.people(name)


@pytest.mark.parametrize(
    "options",
    [{"runs": 1}, {"runs": 2.5}, {"min_size": 1}, {"resolution": 0}, {"damping": "log"}, {"seed": -1}, {"seed": True}],
)
def test_options_out_of_range(clear, options):
    with pytest.raises(InputError):
        find_communities(clear, **options)


def test_repr(found):
    assert repr(found).startswith("<Communities: 5 of 60 people, 4 in none, resolution ")
    assert "agreement of 10 runs 1.00" in repr(found)
    assert "<table" in found._repr_html_()
