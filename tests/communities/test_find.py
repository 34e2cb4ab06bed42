"""The communities of a graph, who is in them, and how sure of them one can be."""

from __future__ import annotations

import json

import networkx
import numpy as np
import pytest
from scipy import stats

from commfinder.communities import find_communities
from commfinder.communities.confidence import UNCLUSTERED
from commfinder.errors import InputError
from commfinder.graph import build_graph
from commfinder.interactions import Interactions
from commfinder.people import Directory

PLAIN = {"confidence": False, "overlap": False}
QUICK = {"resolution": 1.0, "runs": 8}


@pytest.fixture(scope="module")
def clear(planted, static):
    """Five communities of twelve that nobody could miss, and four people without a tie."""
    a, b = planted(5, 12, 0.8, 0.01, seed=1)
    unit = [f"u{number // 12}" for number in range(60)] + ["u0", "u1", None, None]
    return static(a, b, 64, unit=unit)


@pytest.fixture(scope="module")
def found(clear):
    return find_communities(clear)


@pytest.fixture(scope="module")
def bridge(cliques, static):
    """Four cliques of eight; person 32 is in the first two, and person 33 has one tie to each of three."""
    a, b = cliques(8, 8, 8, 8)
    ends = [*range(16), 16, 24, 0, 16], [32] * 16 + [33, 33, 33, 24]
    return static([*a, *ends[0]], [*b, *ends[1]], 34)


def repeated(graph_of, a, b, n, times):
    """Make a graph of the same ties with so many events each."""
    names = [f"p{number:03d}" for number in range(n)]
    rows = {"sender": np.repeat([names[i] for i in a], times), "recipient": np.repeat([names[j] for j in b], times)}
    return graph_of(Interactions.from_frame(rows, medium="contact"), Directory.from_frame({"person": names}))


def test_planted_communities_are_found(found):
    assert found.summary["community"].tolist() == ["C1", "C2", "C3", "C4", "C5"]
    assert found.summary["size"].tolist() == [12] * 5
    for number in range(5):
        assert found.people(f"C{number + 1}") == [f"p{12 * number + k:03d}" for k in range(12)]
    assert found.people("C6") == []


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
    assert alone["confidence"].isna().all()
    assert not alone["core"].any()
    assert not alone["periphery"].any()


def test_units(found):
    assert found.summary["units"].tolist() == [1] * 5
    assert found.summary["main_unit"].tolist() == [f"u{number}" for number in range(5)]
    assert found.summary["main_unit_share"].tolist() == [1.0] * 5
    # Units explain them all.
    assert found.summary["structure_lift"].between(0.9, 1.1).all()
    assert found.summary["beyond_structure"].tolist() == [False] * 5


def test_clear_communities_are_stable_and_likely(found):
    assert found.agreement == 1.0
    assert (found.summary["stability"] > 0.95).all()
    assert (found.summary["confidence"] > 0.95).all()
    assert found.p_chance < UNCLUSTERED
    assert (found.summary["observed_over_expected"] > 3).all()
    inside = found.members[found.members["community"].notna()]
    assert inside["strength"].between(0.5, 1).all()
    assert inside["confidence"].between(0.8, 1).all()
    assert inside["core"].mean() > 0.9
    assert not inside["periphery"].any()


def test_what_it_was_found_by(clear, found):
    assert found.graph is clear
    assert len(found.labels) == found.ties.n == 64
    assert len(found.ties.weight) == len(clear.ties)
    assert found.quality > 0.5
    assert found.runs == 200
    assert found.searched_beyond
    parameters = found.provenance.parameters
    assert (parameters["confidence"], parameters["overlap"], parameters["resolution"]) == (True, True, None)


def test_resolution_and_weights_come_from_hidden_ties(found):
    assert found.resolution.how == found.weights.how == "held-out ties"
    assert found.resolution.value == found.weights.resolution == found.weights.candidates.loc[0, "resolution"]
    assert found.weights.candidates["folds"].max() == 200


def test_with_few_ties_the_fixed_point_is_taken(cliques, static):
    got = find_communities(static(*cliques(6, 4, 3, 2), 15))
    assert len(got.graph.ties) == 25
    assert (got.resolution.how, got.weights.damping, got.weights.embedded) == ("fixed point", "log1p", False)
    assert 0 < got.resolution.value < 1
    assert got.summary["size"].tolist() == [6, 4, 3]


def test_given_resolution(clear):
    got = find_communities(clear, resolution=0.01, **PLAIN)
    assert (got.resolution.value, got.resolution.how) == (0.01, "given")
    assert len(got.summary) < 5
    assert got.provenance.parameters["resolution"] == 0.01
    one = got.weights.candidates.iloc[0]
    assert (one["damping"], one["embedded"], one["folds"], one["share"]) == ("log1p", False, 0, 1.0)


def test_given_weights(clear):
    got = find_communities(clear, damping="sqrt", embedded=True, runs=8, **PLAIN)
    assert set(got.weights.candidates["damping"]) == {"sqrt"}
    assert set(got.weights.candidates["embedded"]) == {True}
    assert got.resolution.how == "held-out ties"
    both = find_communities(clear, damping="binary", embedded=True, **QUICK, **PLAIN)
    assert (both.weights.damping, both.weights.embedded, both.resolution.how) == ("binary", True, "given")


def test_core_by_hand(cliques, static):
    # Two cliques of six and one tie between: a member has 5 ties inside, 31 of 62 ends are in the community.
    a, b = cliques(6, 6)
    got = find_communities(static([*a, 5], [*b, 6], 12), **QUICK, **PLAIN)
    assert stats.binom.sf(4, 5, (31 - 5) / 62) > 0.01
    assert got.summary["size"].tolist() == [6, 6]
    assert not got.members["core"].any(), "five of five ties inside are no wonder where half of all ends are there"


def test_strength_by_hand(cliques, static):
    a, b = cliques(4, 4)
    got = find_communities(static([*a, 3], [*b, 4], 8), **QUICK, **PLAIN)
    wanted = [1, 1, 1, 3 / 4, 3 / 4, 1, 1, 1]
    np.testing.assert_allclose(got.members["strength"], wanted)
    # 6 ties inside; strengths 13 and 13 of 26, so 13² / (4 · 13) expected.
    np.testing.assert_allclose(got.summary["observed_over_expected"], [6 / 3.25] * 2)


def test_stability_is_that_of_events_drawn_again(planted):
    a, b = planted(6, 12, 0.5, 0.04, seed=2)
    few, many = (find_communities(repeated(build_graph, a, b, 72, times), **QUICK) for times in (1, 15))
    assert few.labels.tolist() == many.labels.tolist()
    assert many.summary["stability"].min() > 0.95
    assert 0.5 < few.summary["stability"].mean() < many.summary["stability"].mean() - 0.1
    # The runs agree as well on either.
    assert few.agreement == many.agreement


def test_unclear_communities_are_less_stable_and_less_likely(planted, static):
    a, b = planted(10, 12, 0.4, 0.06, seed=3)
    got = find_communities(static(a, b, 120))
    assert 0 < got.agreement < 1
    assert got.p_chance < UNCLUSTERED
    assert got.summary["stability"].between(0, 1).all()
    assert got.summary["stability"].min() < 0.9
    assert got.summary["confidence"].between(0, 1).all()
    assert got.summary["size"].is_monotonic_decreasing
    assert got.summary["size"].sum() == got.members["community"].notna().sum()


def test_min_size(cliques, static):
    graph = static(*cliques(6, 4, 3, 2), 15)
    assert find_communities(graph, **QUICK, **PLAIN).summary["size"].tolist() == [6, 4, 3]
    assert find_communities(graph, min_size=2, **QUICK, **PLAIN).summary["size"].tolist() == [6, 4, 3, 2]
    small = find_communities(graph, min_size=5, **QUICK)
    assert small.summary["size"].tolist() == [6]
    assert small.members["community"].notna().sum() == 6
    assert len(small.members) == 15
    pair = find_communities(graph, min_size=2, **QUICK).summary
    assert pair["confidence"].tolist()[3] == 0.0
    assert (pair["confidence"][:3] > 0.5).all()


@pytest.mark.parametrize("n", [0, 1, 5])
@pytest.mark.parametrize("options", [{}, PLAIN])
def test_no_ties(n, options):
    people = Directory.from_frame({"person": [f"p{number}" for number in range(n)]}) if n else None
    graph = build_graph(Interactions.from_frame({"sender": [], "recipient": []}), people)
    got = find_communities(graph, **options)
    assert len(got.summary) == 0
    assert len(got.members) == n
    assert got.members["community"].isna().all()
    assert (got.resolution.value, got.resolution.how) == (1.0, "no fixed point")
    assert got.quality == 0.0
    assert got.p_chance == 1.0 or options
    assert json.loads(got.to_json())["rows"] == []
    assert len(got.media()) == 0
    assert repr(got) == f"<Communities: none; {n} people>"


@pytest.mark.parametrize("kind", ["clique", "star", "ring", "sides", "random 1", "random 2", "random 3"])
def test_where_there_are_no_communities_none_are_found(static, kind):
    made = {
        "clique": lambda: networkx.complete_graph(12),
        "star": lambda: networkx.star_graph(30),
        "ring": lambda: networkx.random_regular_graph(4, 60, seed=1),
        "sides": lambda: networkx.complete_bipartite_graph(8, 9),
    }
    graph = made.get(kind, lambda: networkx.gnp_random_graph(80, 0.1, seed=int(kind[-1])))()
    ends = np.array(graph.edges).T
    got = find_communities(static(*ends, len(graph)), runs=8)
    assert got.p_chance > UNCLUSTERED
    assert len(got.summary) == 0
    assert len(got.members) == len(graph)
    assert got.members["community"].isna().all()
    assert not got.members[["core", "periphery"]].any(axis=None)
    assert got.members["confidence"].isna().all()
    assert not got.searched_beyond
    assert repr(got) == f"<Communities: none; {len(graph)} people>"


def test_without_confidence_the_partition_is_shown_as_it_is(static, found, clear):
    graph = networkx.gnp_random_graph(80, 0.1, seed=1)
    got = find_communities(static(*np.array(graph.edges).T, 80), runs=8, **PLAIN)
    assert len(got.summary) > 1
    assert got.summary[["confidence", "stability"]].isna().all(axis=None)
    assert got.members["confidence"].isna().all()
    assert np.isnan(got.p_chance)
    sizes = np.bincount(got.labels)
    assert got.summary["size"].tolist() == sizes[sizes >= 3].tolist()
    assert "likely" not in repr(got)
    same = find_communities(clear, confidence=False)
    for name in ("community", "size", "observed_over_expected"):
        assert same.summary[name].tolist() == found.summary[name].tolist()


def test_one_clique_without_confidence(cliques, static):
    got = find_communities(static(*cliques(7), 7), **PLAIN)
    assert got.summary["size"].tolist() == [7]
    assert got.agreement == 1.0
    assert got.resolution.how == "no fixed point"


def test_cliques_without_a_tie_between(cliques, static):
    got = find_communities(static(*cliques(8, 6, 5), 19), runs=8)
    assert got.summary["size"].tolist() == [8, 6, 5]
    assert (got.summary["confidence"] > 0.9).all()
    assert got.agreement == 1.0
    assert got.members["strength"].eq(1.0).all()


def test_who_is_in_two_communities_has_two_rows(bridge):
    got = find_communities(bridge, confidence=False, **QUICK)
    rows = got.members[got.members["person"] == "p032"]
    others = sorted([one for one in got.people(name) if one < "p032"] for name in rows["community"])
    assert others == [[f"p{number:03d}" for number in range(start, start + 8)] for start in (0, 8)]
    np.testing.assert_allclose(rows["strength"], 0.5)
    assert got.summary["size"].sum() == len(got.members) == 35
    assert "of 34 people" in repr(got)
    alone = find_communities(bridge, **QUICK, **PLAIN)
    assert alone.members["person"].is_unique
    assert len(alone.members) == 34
    assert alone.members["community"].notna().all()


@pytest.mark.parametrize("overlap", [False, True])
def test_who_is_on_the_edge(bridge, overlap):
    got = find_communities(bridge, confidence=False, overlap=overlap, **QUICK)
    assert got.members.loc[got.members["periphery"], "person"].tolist() == ["p033"]
    assert not got.members.loc[got.members["periphery"], "core"].any()


def test_confidence_of_members_goes_with_their_ties(planted, static):
    a, b = planted(6, 15, 0.5, 0.03, seed=4)
    # One more person has two ties to the first community and one each to two others.
    graph = static([*a, 0, 1, 20, 40], [*b, 90, 90, 90, 90], 91)
    for overlap in (True, False):
        members = find_communities(graph, overlap=overlap, **QUICK).members
        loose = members[members["person"] == "p090"]
        others = members[members["person"] != "p090"]
        assert loose["confidence"].max() < others["confidence"].quantile(0.1)
        assert others["confidence"].median() > 0.9


def test_seeds(planted, static):
    a, b = planted(10, 12, 0.4, 0.06, seed=3)
    graph = static(a, b, 120)
    one, other, third = (find_communities(graph, resolution=1.5, seed=seed) for seed in (5, 5, 6))
    assert one.to_json() == other.to_json()
    assert one.members.to_json() == other.members.to_json()
    assert one.provenance.seed == 5
    assert one.to_json() != third.to_json()


def test_bystanders_change_no_clear_community(planted, static, found):
    a, b = planted(5, 12, 0.8, 0.01, seed=1)
    more = find_communities(static(a, b, 90), confidence=False)
    for name in found.summary["community"]:
        assert more.people(name) == found.people(name)


@pytest.mark.parametrize("options", [{"engine": "igraph"}, {"engine": "leidenalg"}, {"layers": "multiplex"}])
def test_other_engines_and_layers(clear, found, options):
    got = find_communities(clear, beyond=False, **QUICK, **PLAIN, **options)
    assert got.labels.tolist() == found.labels.tolist()
    assert {name: got.provenance.parameters[name] for name in options} == options


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"runs": 1}, "runs"),
        ({"runs": 2.5}, "runs"),
        ({"min_size": 1}, "min_size"),
        ({"resolution": 0}, "resolution"),
        ({"resolution": np.inf}, "resolution"),
        ({"damping": "log"}, "damping.*log1p"),
        ({"embedded": 1}, "embedded is 1.*True or False"),
        ({"layers": "sums"}, "layers.*sum"),
        ({"engine": "louvain"}, "engine.*leiden"),
        ({"overlap": None}, "overlap is None"),
        ({"confidence": "yes"}, "confidence is 'yes'"),
        ({"beyond": 0}, "beyond is 0"),
        ({"seed": -1}, "seed"),
        ({"seed": True}, "seed"),
    ],
)
def test_options_out_of_range(static, options, told):
    with pytest.raises(InputError, match=f"(?s){told}"):
        find_communities(static([0], [1], 2), **options)


def test_progress_is_told(clear):
    class Told:
        def __init__(self):
            self.stages = []

        def stage(self, name, **_):
            self.stages.append(name)
            return self

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def advance(self, amount=1):
            del amount

    told = Told()
    find_communities(clear, progress=told, beyond=False, **QUICK)
    assert told.stages == [
        "Choosing weights and resolution",
        "Finding communities",
        "Finding who is in which communities",
        "Judging communities",
        "Learning what formal structure explains",
        "Describing communities",
    ]
