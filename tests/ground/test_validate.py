from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from commfinder import _validate
from commfinder.errors import ColumnError, InputError, MissingFileError

COLUMNS = {"a": [1, None, 3], "b": ["x", "y", None]}
BIG = 987654321987654321


@pytest.mark.parametrize(
    "make",
    [pd.DataFrame, dict, pl.DataFrame, pl.LazyFrame, pa.table, lambda data: pa.table(data).to_reader()],
    ids=["pandas", "mapping", "polars", "lazy", "arrow", "reader"],
)
def test_as_frame(make):
    frame = _validate.as_frame(make(COLUMNS), what="The frame")
    assert frame.columns.tolist() == ["a", "b"]
    assert frame["a"].dropna().tolist() == [1, 3]
    assert frame["b"].dropna().tolist() == ["x", "y"]


@pytest.mark.parametrize("make", [pl.DataFrame, pa.table])
def test_long_numbers_stay_exact_beside_missing_ones(make):
    frame = _validate.as_frame(make({"a": [BIG, None]}), what="The frame")
    assert _validate.texts(frame["a"], what="a").tolist()[0] == str(BIG)


@pytest.mark.parametrize("value", [None, 3, "mail.csv", [1, 2], object()])
def test_as_frame_of_nonsense(value):
    with pytest.raises(InputError, match="Polars or PyArrow"):
        _validate.as_frame(value, what="The frame")


@pytest.mark.parametrize("value", [{"a": 1}, {"a": [1], "b": [1, 2]}])
def test_as_frame_of_a_crooked_mapping(value):
    with pytest.raises(InputError, match="equal length"):
        _validate.as_frame(value, what="The frame")


def test_as_frame_leaves_the_callers_frame_alone():
    mine = pd.DataFrame([[1]], columns=[7])
    assert _validate.as_frame(mine, what="The frame").columns.tolist() == ["7"]
    assert mine.columns.tolist() == [7]


def test_repeated_column():
    with pytest.raises(ColumnError, match="'a' more than once"):
        _validate.as_frame(pd.DataFrame([[1, 2]], columns=["a", "a"]), what="The frame")


def test_columns():
    frame = pd.DataFrame(columns=["Sender", "to"])
    assert _validate.columns(frame, ["to"], what="It") is frame
    with pytest.raises(ColumnError, match=r"no column 'sender'.*Sender, to\. Hint: Did you mean 'Sender'\? Name it\."):
        _validate.columns(frame, ["sender"], what="It", hint="Name it.")
    with pytest.raises(ColumnError, match="none") as caught:
        _validate.columns(pd.DataFrame(), ["x"], what="It")
    assert "Hint" not in str(caught.value)
    with pytest.raises(ColumnError, match="and 80 more"):
        _validate.columns(pd.DataFrame(columns=range(100)), ["x"], what="It")


@pytest.mark.parametrize("value", [True, False, 0, -1, 2.0, 2.5, "3", None, float("nan"), np.True_])
def test_no_count(value):
    with pytest.raises(InputError, match="n is"):
        _validate.count(value, what="n")


def test_count():
    assert _validate.count(np.int64(3), what="n") == 3
    assert type(_validate.count(np.int64(3), what="n")) is int
    assert _validate.count(0, what="n", low=0, high=0) == 0
    with pytest.raises(InputError, match="from 1 to 5"):
        _validate.count(6, what="n", high=5)


@pytest.mark.parametrize("value", [True, -1, 2**32, 1.0, None, "0"])
def test_no_seed(value):
    with pytest.raises(InputError, match="4294967295"):
        _validate.seed(value)


def test_seed():
    assert _validate.seed(np.uint32(2**32 - 1)) == 2**32 - 1


@pytest.mark.parametrize("value", [True, 0, -0.1, float("nan"), float("inf"), "1", None, 1j])
def test_not_positive(value):
    with pytest.raises(InputError, match="above 0"):
        _validate.positive(value, what="x")


@pytest.mark.parametrize("value", [True, -0.1, 1.1, float("nan"), "0.5", None])
def test_no_fraction(value):
    with pytest.raises(InputError, match="from 0 to 1"):
        _validate.fraction(value, what="x")


def test_numbers():
    assert _validate.positive(np.float32(0.5), what="x") == 0.5
    assert [_validate.fraction(value, what="x") for value in (0, 1, Fraction(1, 2))] == [0, 1, 0.5]


def test_choice():
    assert _validate.choice("email", ["email", "chat"], what="medium") == "email"
    with pytest.raises(InputError, match=r"medium is 'emial'\. Hint: Did you mean 'email'"):
        _validate.choice("emial", ["email", "chat"], what="medium")
    with pytest.raises(InputError, match="Known are"):
        _validate.choice(None, ["email", "chat"], what="medium")


def test_existing(tmp_path):
    (tmp_path / "people.csv").touch()
    assert _validate.existing(str(tmp_path / "people.csv"), what="The file") == tmp_path / "people.csv"
    with pytest.raises(MissingFileError, match=r"Did you mean 'people\.csv'"):
        _validate.existing(tmp_path / "peopel.csv", what="The file")
    with pytest.raises(MissingFileError, match="Looked in"):
        _validate.existing(tmp_path / "no" / "such.csv", what="The file")


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pd.Series([1, 2]), ["1", "2"]),
        (pd.Series([1.0, np.nan]), ["1", None]),
        (pd.Series([1.5, 2.0]), ["1.5", "2.0"]),
        (pd.Series([1.0, 2, "c", None], dtype=object), ["1", "2", "c", None]),
        (pd.Series([" a ", "", "  ", None]), ["a", None, None, None]),
        (pd.Series(["a"], dtype="category"), ["a"]),
        (pd.Series([BIG, None], dtype="Int64"), [str(BIG), None]),
        (pd.Series([], dtype="float64"), []),
        (pd.Series(["a\ud800"], dtype=object), ["a?"]),
    ],
)
def test_texts(values, texts):
    found = _validate.texts(values, what="ids")
    assert [None if pd.isna(one) else one for one in found.tolist()] == texts


def test_texts_refuse_ids_that_have_lost_digits():
    with pytest.raises(InputError, match="as text"):
        _validate.texts(pd.Series([float(BIG), np.nan]), what="The column 'to'")


def test_texts_refuse_lists():
    with pytest.raises(InputError, match="explode"):
        _validate.texts(pd.Series([["a", "b"]]), what="The column 'to'")
