"""A JSON object read while it streams by is what it is as a whole, wherever it is cut into pieces."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commfinder.sources import json_stream
from commfinder.sources.json_stream import JsonStream
from commfinder.sources.json_text import load_members

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=5)


def streamed(text, size):
    """Give the members that come in pieces of some length, put together, and what is wrong."""
    stream = JsonStream(iter([text[at : at + size] for at in range(0, len(text), size)]))
    found = {}
    for name, key, value in stream.items():
        if key is not None:
            found.setdefault(name, {})[key] = value
        else:
            found.setdefault(name, []).append(value)
    return found, stream


@settings(max_examples=150, deadline=None)
@given(OBJECTS, st.integers(1, 40), st.sampled_from([None, 1]))
def test_whole_objects(value, size, indent):
    text = json.dumps(value, indent=indent)
    wanted, _ = load_members(text)
    found, stream = streamed(text, size)
    assert stream.problem is None
    assert stream.names == set(wanted)
    for name, held in wanted.items():
        if held in ([], {}):
            assert name not in found
        else:
            assert found[name] == (held if isinstance(held, (list, dict)) else [held])


@settings(max_examples=150, deadline=None)
@given(st.lists(OBJECTS, min_size=1, max_size=4), st.data(), st.integers(1, 40))
def test_what_comes_before_damage_is_kept(items, data, size):
    text = json.dumps({"events": items}, ensure_ascii=False)
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    wanted, problem = load_members(cut)
    found, stream = streamed(cut, size)
    assert problem
    assert stream.problem
    assert found.get("events", []) == wanted.get("events", [])


@pytest.mark.parametrize(
    "text",
    [
        '{"events": [{"a": 1}, {"b": tru}]}',
        '{"events": [\n{"a": 1},\n {"b": "x\ny"}]}',
        '{"events": [1]} x',
        '{"events": [1] "b": 2}',
        "text",
        '{"events": [1, 2',
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_problems_are_placed(text, size):
    _, wanted = load_members(text)
    found = streamed(text, size)[1].problem
    place = wanted[wanted.index(": line") :]
    assert found is not None
    assert found.endswith(place) or "delimiter" in found


def test_no_object_and_nothing_at_all():
    assert streamed("[1]", 2)[1].problem == "no JSON object"
    blank = streamed(" \n ", 1)[1]
    assert (blank.blank, blank.names) == (True, set())
    assert streamed('{"a": ' + "[" * 100_000, 1000)[1].problem == "nested too deep"


def test_an_item_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr(json_stream, "_LONGEST_ITEM", 1000)
    found, stream = streamed('{"a": [1, "' + "x" * 10_000, 100)
    assert found == {"a": ["1"]}
    assert stream.problem == "an item of more than 1,000 characters"
