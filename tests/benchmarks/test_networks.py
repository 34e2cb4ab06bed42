"""The test network of the benchmarks is what it is said to be, and its measures are right."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import igraph
import numpy as np
import pytest

TIES_A_PERSON = 16.7


def _load(name: str) -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmarks_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


networks = _load("networks")


@pytest.fixture(scope="module", params=[True, False], ids=["shuffled", "in order"])
def network(request: pytest.FixtureRequest):
    return networks.organisation(10_000, shuffled=request.param)


def _pairs(network) -> np.ndarray:
    low, high = np.minimum(network.source, network.target), np.maximum(network.source, network.target)
    return low.astype(np.int64) * network.n + high


@pytest.mark.parametrize("n", [10_000, 10_007, 100_000])
def test_number_of_ties(n: int):
    assert len(networks.organisation(n).source) == pytest.approx(TIES_A_PERSON * n, rel=0.05)


def test_no_loops(network):
    assert not (network.source == network.target).any()


def test_each_pair_once(network):
    pairs = np.sort(_pairs(network))
    assert (np.diff(pairs) > 0).all()


def test_people_are_in_range_and_nearly_all_have_ties(network):
    people = np.concatenate([network.source, network.target])
    assert people.min() >= 0
    assert people.max() < network.n
    assert (np.bincount(people, minlength=network.n) > 0).mean() > 0.999


def test_weights_are_gamma_distributed(network):
    assert (network.weight > 0).all()
    assert network.weight.mean() == pytest.approx(2.0, rel=0.02)
    assert network.weight.var() == pytest.approx(2.0, rel=0.05)


def test_arrays_are_small(network):
    assert [array.dtype for array in network[:3]] == [np.int32, np.int32, np.float64]


def test_equal_seeds_give_equal_bytes_and_others_do_not():
    first, again, other = (networks.organisation(1_000, seed) for seed in (3, 3, 4))
    assert [a.tobytes() for a in first[:3]] == [a.tobytes() for a in again[:3]]
    assert first.source.tobytes() != other.source.tobytes()


def test_shuffling_leaves_the_structure():
    plain, shuffled = (networks.organisation(1_000, shuffled=which) for which in (False, True))
    degrees = [np.sort(np.bincount(np.concatenate(one[:2]), minlength=1_000)) for one in (plain, shuffled)]
    assert degrees[0].tolist() == degrees[1].tolist()
    assert set(_pairs(plain)) != set(_pairs(shuffled))
    assert (np.diff(_pairs(plain)) > 0).all(), "ties come sorted"


def test_departments_are_communities_and_teams_are_dense():
    plain = networks.organisation(100_000, shuffled=False)
    departments = np.arange(plain.n) // networks.DEPARTMENT
    assert networks.modularity(plain, departments) == pytest.approx(0.62, abs=0.01)
    in_team = (plain.source // networks.TEAM == plain.target // networks.TEAM).sum()
    assert in_team / (4.5 * plain.n) == pytest.approx(0.82, abs=0.02)


def test_modularity_agrees_with_igraph(network):
    labels = np.random.default_rng(1).integers(5, 40, network.n)
    graph = igraph.Graph(network.n, edges=np.column_stack([network.source, network.target]))
    expected = graph.modularity(labels.tolist(), weights=network.weight.tolist())
    assert networks.modularity(network, labels) == pytest.approx(expected, abs=1e-12)


def test_pieces_are_counted():
    ties = networks.Network(np.array([0, 1, 3], np.int32), np.array([1, 2, 4], np.int32), np.ones(3), 6)
    assert networks.pieces(ties, np.array([0, 0, 0, 1, 1, 2])) == 3
    assert networks.pieces(ties, np.array([0, 1, 0, 2, 2, 2])) == 5


def test_what_is_saved_is_loaded(network, tmp_path: Path):
    networks.save(network, tmp_path)
    loaded = networks.load(tmp_path)
    assert loaded.n == network.n
    assert all((a == b).all() for a, b in zip(loaded[:3], network[:3], strict=True))
