"""Communities as a value: its columns, its words, and what can be made of it."""

from __future__ import annotations

import networkx
import numpy as np
import pandas as pd
import pytest

from commfinder.communities import Zoom, find_communities

QUICK = {"resolution": 1.0, "runs": 8}


@pytest.fixture(scope="module")
def clear(planted, static):
    """Five communities of twelve that nobody could miss, and four people without a tie."""
    a, b = planted(5, 12, 0.8, 0.01, seed=1)
    unit = [f"u{number // 12}" for number in range(60)] + ["u0", "u1", None, None]
    return static(a, b, 64, unit=unit)


@pytest.fixture(scope="module")
def found(clear):
    return find_communities(clear, **QUICK)


def test_columns(found):
    columns = ["person", "community", "strength", "confidence", "core", "periphery"]
    assert found.members.columns.tolist() == columns
    kinds = [str(kind) for kind in found.members.dtypes]
    assert kinds == [*["string"] * 2, *["float64"] * 2, *["bool"] * 2]
    wanted = {
        "community": "string",
        "size": "int64",
        "confidence": "float64",
        "stability": "float64",
        "observed_over_expected": "float64",
        "units": "int64",
        "main_unit": "string",
        "main_unit_share": "float64",
        "structure_lift": "float64",
        "beyond_structure": "boolean",
    }
    assert {name: str(kind) for name, kind in found.summary.dtypes.items()} == wanted
    assert found.to_frame().equals(found.summary)
    assert found.to_frame() is not found.summary


def test_columns_are_the_same_where_there_is_nothing(static, found):
    for graph in (static([], [], 3), static([0], [1], 2)):
        none = find_communities(graph)
        assert none.members.dtypes.equals(found.members.dtypes)
        assert none.summary.dtypes.equals(found.summary.dtypes)


def test_people(found):
    assert found.people("C2") == [f"p{number:03d}" for number in range(12, 24)]
    assert found.people("C6") == []


def test_it_can_not_be_changed(found):
    with pytest.raises(AttributeError):
        found.quality = 1.0
    mine = found.to_frame()
    mine.loc[0, "size"] = 99
    assert found.summary["size"].tolist() == [12] * 5


def test_what_is_said_in_short(found, clear, static):
    words = "<Communities: 5 of 60 people, 4 in none, {}resolution 1.00 (given), agreement of 8 runs 1.00>"
    assert repr(found) == words.format("5 more likely real than not, ")
    assert "<table" in found._repr_html_()
    assert repr(find_communities(clear, confidence=False, **QUICK)) == words.format("")
    assert repr(find_communities(static([0, 1], [1, 2], 5))) == "<Communities: none; 5 people>"


def test_a_medium_holds_each_community_up(found):
    table = found.media()
    assert table["community"].tolist() == ["C1", "C2", "C3", "C4", "C5"]
    assert set(table["medium"]) == {"contact"}
    assert table["share"].tolist() == [1.0] * 5


def test_coarser_and_finer_communities(found):
    coarse = found.zoom()
    assert isinstance(coarse, Zoom)
    values = [value for value, _ in coarse.levels]
    np.testing.assert_allclose(values, [1 / 3, 1.0, 3.0])
    assert coarse.levels[1][1].tolist() == found.labels.tolist()
    table = found.profile()
    assert isinstance(table, pd.DataFrame)
    assert table["resolution"].is_monotonic_increasing
    assert found.profile(seed=0).equals(table)


def test_files_for_other_programs(found, tmp_path):
    graphml = networkx.read_graphml(found.to_graphml(tmp_path / "found.graphml"))
    assert len(graphml) == 64
    assert {graphml.nodes[node].get("main_community") for node in graphml} == {"C1", "C2", "C3", "C4", "C5", None}
    assert len(networkx.read_gexf(found.to_gexf(tmp_path / "found.gexf"))) == 64
    paths = found.to_parquet(tmp_path / "tables")
    assert {len(pd.read_parquet(path)) for path in paths} >= {64, 5, len(found.graph.ties)}
