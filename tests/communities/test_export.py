"""Files for other programs: whole, the same every time, and readable whatever people are called."""

from __future__ import annotations

import json
import re
import stat
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import networkx as nx
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

from commfinder.communities import find_communities
from commfinder.communities.export import to_gexf, to_graphml, to_parquet
from commfinder.errors import OutputError
from commfinder.graph import build_graph
from commfinder.interactions import Interactions
from commfinder.people import Directory

# Markup, quotes, a line end inside, what XML can not hold, and what our escape for it looks like.
ODD = [
    *(
        "<b>&amp;\"'",
        "a\x01",
        "a\x02",
        "a\\u0001",
        "Zoë 李 🙂",
        "x\ny",
        "x\ry",
        "c\x85d",
        "]]>",
        "{http://x}y",
        "$x_1$",
    ),
    *("o'Hara, J.", "\ufffe", "id", "null"),
]


@pytest.fixture(scope="module")
def found(planted, static):
    """Three communities of eight and four people without a tie."""
    a, b = planted(3, 8, 0.9, 0.05, seed=2)
    unit = [f"u{number // 8}" for number in range(24)] + ["u0", None, None, None]
    value = find_communities(static(a, b, 28, unit=unit, level=[1, None] * 14), runs=2, beyond=False)
    summary = value.summary.assign(confidence=0.9)
    return replace(value, summary=summary, members=several(value.members.assign(confidence=0.5)))


def several(members):
    """Put the first person into another community as well."""
    other = sorted(set(members["community"].dropna()) - set(members["community"].head(1)))[0]
    more = members.head(1).assign(community=other, strength=0.01, confidence=np.nan)
    return pd.concat([members, more], ignore_index=True).sort_values(["person", "community"], ignore_index=True)


@pytest.fixture(scope="module")
def odd():
    """A clique of oddly named people, with an oddly named attribute."""
    rows = [(a, b) for a in ODD for b in ODD if a < b]
    people = Directory.from_frame(
        {
            "person": ODD,
            "unit": ODD[::-1],
            "id": range(len(ODD)),
            "viz": ["x"] * len(ODD),
            "core": [date(2026, 1, 2)] * len(ODD),
            "tie_weight": ["y"] * len(ODD),
            "ra\x07te": [1.5, np.inf] + [None] * (len(ODD) - 2),
        }
    )
    frame = pd.DataFrame(rows, columns=["sender", "recipient"])
    graph = build_graph(Interactions.from_frame(frame, medium="contact"), people)
    return find_communities(graph, resolution=0.5, runs=2, beyond=False)


WRITERS = pytest.mark.parametrize(
    ("write", "read"), [(to_graphml, nx.read_graphml), (to_gexf, nx.read_gexf)], ids=["graphml", "gexf"]
)


@WRITERS
def test_everybody_and_every_tie_comes_back(found, tmp_path, write, read):
    path = write(found, tmp_path / "file.xml")
    assert path == tmp_path / "file.xml"
    graph = read(path)
    people = found.graph.people.set_index("person")
    assert list(graph) == people.index.tolist()
    ties = found.graph.ties
    assert {frozenset(edge) for edge in graph.edges} == {frozenset(pair) for pair in ties.iloc[:, :2].to_numpy()}
    for row in ties.to_dict("records"):
        edge = graph.edges[row["person_a"], row["person_b"]]
        assert {name: edge[name] for name in ("weight", "events", "windows", "tie", "media")} == {
            name: row[name] for name in ("weight", "events", "windows", "tie", "media")
        }
    for person, node in graph.nodes(data=True):
        assert node["label"] == person
        assert node["degree"] == people.loc[person, "degree"]
        assert node["tie_weight"] == people.loc[person, "strength"]
        assert node.get("unit") == (None if pd.isna(people.loc[person, "unit"]) else people.loc[person, "unit"])
        assert isinstance(node["core"], bool)


@WRITERS
def test_memberships(found, tmp_path, write, read):
    graph = read(write(found, tmp_path / "file.xml"))
    rows = found.members.dropna(subset=["community"]).groupby("person")["community"].agg(list)
    assert len(rows["p000"]) == 2
    for person, node in graph.nodes(data=True):
        names = rows.get(person, [])
        assert node.get("communities", "") == "|".join(names)
        assert node.get("main_community") in (names or [None])
    strongest = found.members.sort_values("strength").drop_duplicates("person", keep="last").set_index("person")
    assert graph.nodes["p000"]["main_community"] == strongest.loc["p000", "community"]
    assert graph.nodes["p000"]["strength"] == strongest.loc["p000", "strength"]
    assert graph.nodes["p000"]["confidence"] == 0.5


@WRITERS
def test_one_type_an_attribute_and_nothing_missing_is_written(found, tmp_path, write, read):
    text = write(found, tmp_path / "file.xml").read_text(encoding="utf-8")
    names = re.findall(r'(?:attr\.name|title)="([^"]+)"', text)
    assert len(names) == len(set(names))
    kinds = dict(re.findall(r'(?:attr\.name|title)="([^"]+)" (?:attr\.)?type="([^"]+)"', text))
    assert kinds["core"] == kinds["tie"] == "boolean"
    assert kinds["strength"] == kinds["level"] == "double"
    assert kinds["degree"] == kinds["events"] == "long"
    assert kinds["communities"] == kinds["unit"] == "string"
    for word in ("nan", "NaN", "None", "<NA>", "True", "inf"):
        assert f">{word}<" not in text
        assert f'"{word}"' not in text


@WRITERS
def test_odd_names_break_nothing(odd, tmp_path, write, read):
    path = write(odd, tmp_path / "file.xml")
    ElementTree.parse(path)
    graph = read(path)
    assert len(graph) == len(odd.graph.people) == len(set(odd.graph.people["person"]))
    assert graph.number_of_edges() == len(odd.graph.ties)
    for plain in ("<b>&amp;\"'", "Zoë 李 🙂", "]]>", "$x_1$", "id"):
        assert plain in graph
    assert "a\\u0001" in graph
    assert "a\\u005cu0001" in graph
    node = graph.nodes["id"]
    assert node["person_viz"] == "x"
    assert node["person_core"].startswith("2026-01-02")
    assert node["person_tie_weight"] == "y"
    assert isinstance(node["tie_weight"], float)
    assert int(node["person_id"]) == ODD.index("id")
    assert graph.nodes[ODD[0]]["ra\\u0007te"] == 1.5
    assert "ra\\u0007te" not in graph.nodes[ODD[1].replace("\x01", "\\u0001")]


@WRITERS
def test_equal_bytes_without_a_date(found, tmp_path, write, read, monkeypatch):
    first = write(found, tmp_path / "one").read_bytes()
    monkeypatch.setattr("time.strftime", lambda *_: "1999-12-31")
    shuffled = replace(found, members=found.members.sample(frac=1, random_state=0))
    assert write(shuffled, tmp_path / "two").read_bytes() == first
    assert b"1999" not in first
    assert b"lastmodified" not in first
    assert b"find_communities" in first


@WRITERS
def test_file_is_replaced_whole_and_private(found, tmp_path, write, read, monkeypatch):
    path = tmp_path / "file.xml"
    path.write_text("old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OutputError, match="No space left"):
        write(found, path)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["file.xml"]
    monkeypatch.undo()
    write(found, path)
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert [one.name for one in tmp_path.iterdir()] == ["file.xml"]


@WRITERS
def test_wrong_places(found, tmp_path, write, read):
    with pytest.raises(OutputError, match=r"is a folder.*Name a file"):
        write(found, tmp_path)
    with pytest.raises(OutputError, match=r"does not exist.*Make it first"):
        write(found, tmp_path / "no" / "file.xml")


def test_parquet_round_trip(found, tmp_path):
    paths = to_parquet(found, tmp_path / "out")
    assert [path.name for path in paths] == ["people.parquet", "members.parquet", "summary.parquet", "ties.parquet"]
    people, members, summary, ties = (pd.read_parquet(path) for path in paths)
    assert_frame_equal(members.fillna({"community": "-"}), found.members.fillna({"community": "-"}), check_dtype=False)
    assert summary["community"].tolist() == found.summary["community"].tolist()
    assert summary["size"].tolist() == found.summary["size"].tolist()
    assert ties["weight"].tolist() == found.graph.ties["weight"].tolist()
    assert people["person"].tolist() == found.graph.people["person"].tolist()
    assert people.loc[0, "communities"].count("|") == 1
    assert people.loc[0, "main_community"] in people.loc[0, "communities"].split("|")
    assert people["tie_weight"].tolist() == found.graph.people["strength"].tolist()
    assert people["main_community"].isna().sum() == 4


def test_parquet_says_what_it_holds(found, tmp_path):
    for path in to_parquet(found, tmp_path):
        schema = pq.read_schema(path)
        facts = json.loads(schema.metadata[b"commfinder"])
        assert facts["provenance"] == found.provenance.to_dict()
        assert facts["schema"] == f"commfinder/communities/{path.stem}/1"
        assert b"pandas" not in schema.metadata
        for field in schema:
            assert field.metadata, f"{path.name}: {field.name} is not described"
            assert len(field.metadata[b"description"]) > 10


def test_parquet_is_equal_bytes(found, tmp_path):
    (tmp_path / "a").mkdir()
    one, other = to_parquet(found, tmp_path / "a"), to_parquet(found, tmp_path / "b")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]
    assert [path.read_bytes() for path in to_parquet(found, tmp_path / "a")] == [path.read_bytes() for path in other]


def test_parquet_of_odd_names(odd, tmp_path):
    people = pd.read_parquet(to_parquet(odd, tmp_path)[0])
    assert set(people["person"]) == set(odd.graph.people["person"])
    assert people["person_core"].astype(str).str.startswith("2026-01-02").all()


def test_parquet_in_wrong_places(found, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"is a file.*Name a folder"):
        to_parquet(found, tmp_path / "file")
    with pytest.raises(OutputError, match="does not exist"):
        to_parquet(found, tmp_path / "no" / "out")
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_no_communities(static, tmp_path):
    empty = find_communities(static([0], [1], 4), runs=2, beyond=False)
    assert len(empty.summary) == 0
    for write, read in ((to_graphml, nx.read_graphml), (to_gexf, nx.read_gexf)):
        graph = read(write(empty, tmp_path / "file.xml"))
        assert len(graph) == 4
        assert "main_community" not in graph.nodes["p000"]
    people, members, summary, ties = (pd.read_parquet(path) for path in to_parquet(empty, tmp_path))
    assert (len(people), len(members), len(summary), len(ties)) == (4, 4, 0, 1)
    assert summary.columns.tolist() == empty.summary.columns.tolist()
