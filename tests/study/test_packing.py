"""Values come back from files as they were, and what could not is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from commfinder.communities import Resolution
from commfinder.period import Period
from commfinder.study.packing import NotPackableError, pack, unpack


def again(value: object, folder: Path, **given: object) -> Any:
    """Pack and unpack."""
    pack(value, folder, given=given)
    return unpack(folder, given=given)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -3,
        10**30,
        0.1,
        float("inf"),
        "ä\n",
        (1, ("a", None), []),
        {"a": 1, 2: (3.5,)},
        datetime(2026, 7, 1, 9, 30, 5, 7, tzinfo=UTC),
        Period.parse("2026Q3"),
        Resolution(1.25, "cycle", (1.0, 1.25), -3.5),
    ],
)
def test_plain_values_come_back(value: object, tmp_path: Path) -> None:
    found = again(value, tmp_path)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(5),
        np.arange(6, dtype=np.int32).reshape(2, 3).T,
        np.array([np.nan, -0.0, np.inf]),
        np.array([True, False]),
        np.empty(0, np.float32),
        np.array(["2026-07-01", "NaT"], "M8[us]"),
        np.array(["b", None, "a", "b"], dtype=object),
        np.array([], dtype=object),
    ],
)
def test_arrays_come_back_to_the_last_bit(array: np.ndarray, tmp_path: Path) -> None:
    found = again(array, tmp_path)
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    assert found.tolist() == array.tolist() if array.dtype == object else found.tobytes() == array.tobytes()
    if array.size and array.dtype != object:
        found.flat[0] = found.flat[-1]


def test_frames_come_back_with_their_types(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "text": pd.array(["a", None, "ü"], dtype="string"),
            "python": pd.array(["a", None, "b"], dtype=pd.StringDtype("python")),
            "str": pd.Series(["a", None, "c"], dtype="str"),
            "object": np.array(["a", None, "c"], dtype=object),
            "count": pd.array([1, None, 3], dtype="Int64"),
            "share": pd.array([0.5, None, 1.0], dtype="Float64"),
            "flag": pd.array([True, None, False], dtype="boolean"),
            "plain": [True, False, True],
            "float": [0.1, np.nan, 2.0],
            "when": pd.to_datetime(["2026-07-01", None, "2026-07-02"], utc=True).as_unit("us"),
            "day": pd.to_datetime(["2026-07-01", None, "2026-07-02"]).as_unit("s"),
        }
    )
    for value in (frame, frame[:0], frame[[]]):
        pd.testing.assert_frame_equal(again(value, tmp_path), value, check_exact=True)


def test_what_is_in_several_places_is_written_once(tmp_path: Path) -> None:
    array, frame = np.arange(4), pd.DataFrame({"a": [1, 2]})
    one = Resolution(1.0, "given")
    found = again({"x": (array, frame, one), "y": [one, frame, array]}, tmp_path)
    for first, second in zip(found["x"], reversed(found["y"]), strict=True):
        assert first is second
    assert json.loads((tmp_path / "tree.json").read_text())["of"][1][1]["of"][0] == {"is": "seen", "number": 2}


def test_what_is_given_is_not_written(tmp_path: Path) -> None:
    graph = object()
    assert again((1, graph), tmp_path, graph=graph) == (1, graph)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        np.array(["a", 1], dtype=object),
        np.array([1 + 2j]),
        pd.DataFrame({"a": [1]}, index=["x"]),
        pd.DataFrame({0: [1]}),
        pd.DataFrame({"a": pd.Categorical(["x"])}),
        datetime(2026, 7, 1, tzinfo=timezone(timedelta(hours=2))),
        lambda: 1,
        Resolution,
    ],
)
def test_what_would_not_come_back_is_refused(value: object, tmp_path: Path) -> None:
    with pytest.raises(NotPackableError):
        pack((value,), tmp_path)


@pytest.mark.parametrize("name", ["os:system", "commfinder.study.packing:pack", "commfinder.study.packing:json"])
def test_nothing_but_dataclasses_of_this_package_is_made(name: str, tmp_path: Path) -> None:
    pack(Resolution(1.0, "given"), tmp_path)
    tree = json.loads((tmp_path / "tree.json").read_text())
    (tmp_path / "tree.json").write_text(json.dumps({**tree, "of": name}))
    with pytest.raises(TypeError, match="no dataclass of this package"):
        unpack(tmp_path)


def test_a_file_that_is_too_short_is_no_value(tmp_path: Path) -> None:
    pack(np.arange(1000), tmp_path)
    tree = json.loads((tmp_path / "tree.json").read_text())
    (tmp_path / "tree.json").write_text(json.dumps({**tree, "shape": [1001]}))
    with pytest.raises(ValueError, match="buffer"):
        unpack(tmp_path)
