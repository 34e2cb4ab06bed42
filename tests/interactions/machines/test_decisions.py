"""What the user decides is read as it was written, and a slip is told with its row."""

from __future__ import annotations

import pandas as pd
import pytest

from commfinder.errors import ColumnError, CommfinderError, FormatError, InputError, MissingFileError
from commfinder.interactions.machines.decisions import as_decisions, read_decisions


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_file(tmp_path, delimiter):
    lines = [
        ["account", "score", "decision"],
        ["b@x", "0.9", "KEEP "],
        ["a@x", "", "exclude"],
        ["c@x", "1", ""],
        ["", "", ""],
    ]
    path = tmp_path / "machines.csv"
    path.write_text("\ufeff" + "\r\n".join(delimiter.join(line) for line in lines), encoding="utf-8", newline="")
    assert read_decisions(path) == {"a@x": "exclude", "b@x": "keep"}
    assert list(read_decisions(str(path))) == ["a@x", "b@x"]


def test_names_that_a_spreadsheet_would_run(tmp_path):
    path = tmp_path / "machines.csv"
    path.write_text("account,decision\n'=cmd,exclude\n'hara,keep\n", encoding="utf-8")
    assert read_decisions(path) == {"'hara": "keep", "=cmd": "exclude"}


def test_a_table_and_a_mapping():
    frame = pd.DataFrame({"account": ["b", "a", "c"], "decision": ["keep", "exclude", None]})
    assert read_decisions(frame) == read_decisions({"a": "exclude", "b": "keep"}) == {"a": "exclude", "b": "keep"}
    assert read_decisions({}) == {}


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (
            b"account,decision\na,keep\nb,kep\n",
            InputError,
            "row 2: the decision about 'b' is 'kep'. Hint: Did you mean",
        ),
        (b"account,decision\na,keep\na,exclude\n", InputError, "row 2: 'a' is both to be kept and excluded"),
        (b"account,score\na,1\n", ColumnError, "no column 'decision'"),
        (b"", FormatError, "is empty"),
        (b"account,decision\n\xff\xfe,keep\n", FormatError, "not in UTF-8"),
    ],
)
def test_slips(tmp_path, content, error, words):
    path = tmp_path / "machines.csv"
    path.write_bytes(content)
    with pytest.raises(error) as raised:
        read_decisions(path)
    assert words in str(raised.value)


def test_no_file(tmp_path):
    with pytest.raises(MissingFileError):
        read_decisions(tmp_path / "machines.csv")
    with pytest.raises(FormatError, match="is a folder"):
        read_decisions(tmp_path)
    with pytest.raises(CommfinderError):
        read_decisions(3)


def test_nothing_given_leaves_it_to_the_score():
    assert as_decisions(None) == ({}, False)
    assert as_decisions({"a": "keep"}) == ({"a": "keep"}, False)
