"""Plain stretches of a text are taken apart at once; that must give what reading line by line gives."""

from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from commfinder.sources import table_json, table_text, text_lines
from commfinder.sources.table_files import load_table
from commfinder.sources.tally import Tally

CELL = st.text(alphabet='ab,"\n\r \té;|', max_size=5)


def loaded(content, *, plain=True, block=1 << 21, delimiter=",", headerless=False, name="t.csv"):
    """Give lines, cells and losses of a text."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        file = Path(folder, name)
        file.write_bytes(content)
        patch.setattr(text_lines, "_BLOCK", block)
        if not plain:
            patch.setattr(table_text, "_plain", lambda *_: None)
            patch.setattr(table_json, "_plain", lambda *_: None)
        tally = Tally("t")
        wanted = []

        def choose(names):
            wanted.extend(range(len(names)))
            return wanted

        found = load_table(
            file, choose, headerless=headerless, delimiter=delimiter, tally=tally, advance=lambda _: None
        )
    return found.lines.tolist(), {at: cells.to_pylist() for at, cells in found.cells.items()}, tally.losses()


@settings(max_examples=50, deadline=None)
@given(
    text=st.lists(st.lists(CELL, min_size=1, max_size=4).map(",".join), max_size=8).map("\n".join),
    tail=st.sampled_from(["", "\n", "\r\n", "\n\n"]),
    block=st.sampled_from([1, 5, 1 << 21]),
    delimiter=st.sampled_from([",", " ", ";"]),
    headerless=st.booleans(),
)
@example('h,i\n"a,b",c\n"d""e",f\n', "", 5, ",", False)
@example('h,i\n"a\nb",c\n"d', "", 5, ",", False)
@example('h,i\na,b"c"\n""",x\n', "", 1, ",", False)
@example('h,i\n"",""\n"""",b\n', "", 1 << 21, ",", True)
@example("h i\n  a\t b \n\nc d\n", "", 5, " ", False)
@example("h,i\na,b,\n\n ,\n", "\r\n", 5, ",", False)
def test_plain_stretches_give_what_single_lines_give(text, tail, block, delimiter, headerless):
    content = f"head,tail\n{text}{tail}".encode()
    expected = loaded(content, plain=False, delimiter=delimiter, headerless=headerless)
    assert loaded(content, delimiter=delimiter, headerless=headerless) == expected
    assert loaded(content, block=block, delimiter=delimiter, headerless=headerless) == expected
    assert loaded(content, plain=False, block=block, delimiter=delimiter, headerless=headerless) == expected


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8), block=st.sampled_from([3, 1 << 21])
)
def test_what_the_csv_module_writes_is_read_back(rows, block):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "w.csv")
        with file.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([["h", "i", "j"], *rows])
        content = file.read_bytes()
    _, cells, losses = loaded(content, block=block)
    assert [list(row) for row in zip(*cells.values(), strict=True)] == rows
    assert losses == ()


@pytest.mark.parametrize("block", [4, 1 << 21])
def test_one_line_of_another_encoding_costs_the_others_nothing(block):
    content = b"a,b\nx,y\ncaf\xe9,z\nu,v\n"
    lines, cells, losses = loaded(content, block=block)
    assert (lines, cells) == ([2, 3, 4], {0: ["x", "café", "u"], 1: ["y", "z", "v"]})
    assert [(loss.reason, loss.count, loss.where) for loss in losses] == [
        ("line is not UTF-8; taken as Windows-1252", 1, "t.csv, line 3")
    ]


def test_a_row_without_its_end_costs_only_itself():
    lines, cells, losses = loaded(b"a,b\n" + b"x,y\n" * 2000 + b"lone\n" + b"u,v\n" * 2000, block=100)
    assert len(lines) == len(cells[0]) == 4000
    assert lines[1999:2001] == [2001, 2003]
    assert [(loss.reason, loss.count, loss.where) for loss in losses] == [
        ("row with too few or too many cells", 1, "t.csv, line 2002")
    ]


def test_plain_text_is_never_held_row_by_row(monkeypatch):
    monkeypatch.setattr(table_text, "gathered", lambda *_: pytest.fail("rows were gathered one by one"))
    assert loaded(b'a,b\nx,"y, z"\r\n\n"u""v",w')[1] == {0: ["x", 'u"v'], 1: ["y, z", "w"]}


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.integers(0, 9),
    st.floats(),
    CELL,
    st.text(max_size=3),
    st.lists(CELL, max_size=3),
    st.lists(st.one_of(st.none(), st.integers(0, 9)), max_size=2),
    st.dictionaries(st.sampled_from("ab"), st.integers(0, 9), max_size=2),
)
OBJECTS = st.one_of(
    st.dictionaries(st.sampled_from("abc"), VALUES, min_size=1, max_size=3).map(json.dumps),
    st.sampled_from(['{"a": "x", "b": 7}', '{"a": "y", "b": 8, "c": ["u", "v"]}', '{"b": 9}']),
    st.sampled_from(["", "{}{}", "{", "}", "7", '{"a": 1, "a": 2}', '{"a": NaN}', '{"a": "\\ud800"}', ' {"a": "x"} ']),
)


@settings(max_examples=60, deadline=None)
@given(
    objects=st.lists(OBJECTS, min_size=1, max_size=6),
    tail=st.sampled_from(["", "\n", "\r\n"]),
    block=st.sampled_from([1, 40, 1 << 21]),
)
@example(['{"a": "x", "b": 7}', '{"a": "y", "b": null}', '{"a": "2026-07-01", "c": ["u"]}'], "\n", 1)
@example(['{"c": ["u", "v"]}', '{"c": []}', '{"c": null}', "{}", '{"b": 1.50}'], "\n", 1 << 21)
@example(["{}{}", '{"a":', "1}"], "\n", 1 << 21)
def test_alike_lines_of_json_give_what_single_lines_give(objects, tail, block):
    content = ("\n".join(objects) + tail).encode()
    lines, cells, losses = loaded(content, plain=False, name="t.jsonl")
    again = loaded(content, block=block, name="t.jsonl")
    assert (again[0], again[2]) == (lines, losses)
    if lines:
        assert again[1] == cells


def test_alike_lines_of_json_are_never_held_one_by_one(monkeypatch):
    monkeypatch.setattr(table_json, "gathered", lambda *_: pytest.fail("rows were gathered one by one"))
    content = b'{"a": "x", "b": 7, "c": ["u", "v"]}\n{"b": 8, "c": [], "a": "\xc3\xa9"}\n'
    assert loaded(content, name="t.jsonl")[1] == {0: ["x", "\u00e9"], 1: ["7", "8"], 2: ["u\x1fv", ""]}
