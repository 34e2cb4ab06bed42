"""Ties, and their parts per medium, as arrays; frames are made of them when somebody asks for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.graph.decay import SCALE
from commfinder.interactions.schema import MEDIA

__all__ = [
    "ALPHABETIC",
    "LAYER_COLUMNS",
    "TIE_COLUMNS",
    "LayerTable",
    "PairTable",
    "added_up",
    "in_name_order",
    "medium_scales",
    "weighed",
]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

ALPHABETIC = np.argsort(np.argsort(MEDIA))
"""Place of each medium in the order of names."""

LAYER_COLUMNS = ("a", "b", "medium", "ab", "ba", "events", "weight")
TIE_COLUMNS = ("weight", "weight_ab", "weight_ba", "events", "windows", "tie", "media")


@dataclass(frozen=True, eq=False)
class LayerTable:
    """What passes between each pair in each medium; pairs in canonical order, media by their names.

    Parameters
    ----------
    a, b : ndarray of int, shape (r,)
        Numbers of the two people, a < b.
    medium : ndarray of int, shape (r,)
        Place of the medium in `MEDIA`.
    ab, ba : ndarray of float64, shape (r,)
        Weights from a to b and back.
    events : ndarray of int64, shape (r,)
        Events between the two.
    weight : ndarray of float64, shape (r,)
        Weight in this medium, not yet put on one scale.
    """

    a: npt.NDArray[Any]
    b: npt.NDArray[Any]
    medium: npt.NDArray[Any]
    ab: FloatArray
    ba: FloatArray
    events: IntArray
    weight: FloatArray

    @classmethod
    def of(cls, frame: pd.DataFrame) -> LayerTable:
        """Take the columns of a frame."""
        columns: dict[str, Any] = {name: frame[name].to_numpy() for name in LAYER_COLUMNS}
        return cls(**columns | {"medium": medium_places(frame["medium"])})

    @cached_property
    def starts(self) -> IntArray:
        """The first row of each pair."""
        new = np.r_[True, (np.diff(self.a) != 0) | (np.diff(self.b) != 0)] if len(self.a) else np.empty(0, bool)
        return np.flatnonzero(new).astype(np.int64)

    @cached_property
    def present(self) -> list[int]:
        """Places of the media that occur, in the order of their names."""
        found = np.flatnonzero(np.bincount(self.medium, minlength=len(MEDIA)))
        return sorted(found.tolist(), key=MEDIA.__getitem__)

    def frame(self) -> pd.DataFrame:
        """Return a frame with the words for media."""
        columns = {name: getattr(self, name) for name in LAYER_COLUMNS}
        whole = {name: columns[name].astype(np.int64) for name in ("a", "b", "events")}
        return pd.DataFrame(columns | whole | {"medium": worded(MEDIA, self.medium)})


@dataclass(frozen=True, eq=False)
class PairTable:
    """The ties of a graph, in canonical order.

    Parameters
    ----------
    a, b : ndarray of int, shape (m,)
        Numbers of the two people, a < b.
    weight, weight_ab, weight_ba : ndarray of float64, shape (m,)
        Weight of the tie, and weights each way.
    events : ndarray of int64, shape (m,)
        Events between the two.
    windows : ndarray of int, shape (m,)
        Windows in which the two interacted.
    tie : ndarray of bool, shape (m,)
        Whether the binary rule holds.
    media : ndarray of int, shape (m,)
        Place of the media in `words`.
    words : tuple of str
        Names of media, joined by a plus.
    """

    a: npt.NDArray[Any]
    b: npt.NDArray[Any]
    weight: FloatArray
    weight_ab: FloatArray
    weight_ba: FloatArray
    events: IntArray
    windows: npt.NDArray[Any]
    tie: npt.NDArray[np.bool_]
    media: npt.NDArray[Any]
    words: tuple[str, ...]

    def frame(self, names: npt.NDArray[np.object_]) -> pd.DataFrame:
        """Return a frame with the words for people and media."""
        columns: dict[str, Any] = {"person_a": worded(names, self.a), "person_b": worded(names, self.b)}
        columns |= {name: getattr(self, name) for name in TIE_COLUMNS}
        columns |= {name: columns[name].astype(np.int64) for name in ("events", "windows")}
        empty = pd.Series(dtype="string")
        return pd.DataFrame(columns | {"media": worded(self.words, self.media) if len(self.media) else empty})


def worded(words: Any, places: npt.NDArray[Any]) -> Any:
    """Return the words at some places, in the type that pandas has for words; no object is made for a row."""
    if not len(places):
        return np.empty(0, dtype=object)
    return pd.Series(np.array(words, dtype=object)).array.take(places)


def medium_places(words: pd.Series[Any]) -> npt.NDArray[np.int8]:
    """Return the places in `MEDIA` of a column of words."""
    codes, names = pd.factorize(words)
    return np.array([MEDIA.index(str(name)) for name in names], dtype=np.int8)[codes]


def in_name_order(columns: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    """Put the media of each pair in the order of their names; a database sorts them by number."""
    order = np.lexsort((ALPHABETIC[columns["medium"]], columns["b"], columns["a"]))
    return {name: values[order] for name, values in columns.items()}


def weighed(
    forth: IntArray, back: IntArray, answerable: npt.NDArray[np.bool_], floor: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weigh each layer of a pair by how far it is returned.

    Parameters
    ----------
    forth, back : ndarray of int64, shape (r,)
        Sums each way in whole numbers of 1 / `SCALE`.
    answerable : ndarray of bool, shape (r,)
        Whether one writes and the other may or may not answer.
    floor : float
        Share of its weight that a tie keeps if nothing is ever answered.

    Returns
    -------
    ab, ba, weight : ndarray of float64, shape (r,)
    """
    ab, ba, weight = np.empty(len(forth)), np.empty(len(forth)), np.empty(len(forth))
    _weigh(np.ascontiguousarray(forth), np.ascontiguousarray(back), answerable, floor, ab, ba, weight)
    return ab, ba, weight


@numba.njit(cache=True, nogil=True)
def _weigh(forth: Any, back: Any, answerable: Any, floor: float, ab: Any, ba: Any, weight: Any) -> None:
    for i in range(len(forth)):
        one, other = forth[i] / SCALE, back[i] / SCALE
        total = one + other
        balance = 2 * min(one, other) / total if total > 0 else 0.0
        ab[i], ba[i] = one, other
        weight[i] = total / 2 * (floor + (1 - floor) * balance if answerable[i] else 1.0)


def medium_scales(layer: LayerTable, factors: Mapping[str, float]) -> dict[str, float]:
    """Return the factor that puts each medium on one scale.

    Each medium is divided by the mean strength in it of the people who use it, and all are multiplied by the mean of
    those means: with one medium the factor is that medium's own weight. A medium in which nothing is answered can
    have no strength at all (reciprocity floor 0); it keeps its raw directed weights and does not count for the mean.
    """
    means = {}
    uses = np.zeros((len(MEDIA), int(layer.b.max(initial=-1)) + 1), dtype=np.bool_)
    _mark(np.ascontiguousarray(layer.a), np.ascontiguousarray(layer.b), layer.medium, uses)
    for code in layer.present:
        weight = layer.weight[layer.medium == code] if len(layer.present) > 1 else layer.weight
        means[MEDIA[code]] = 2 * float(weight.sum()) / int(uses[code].sum())
    alive = [mean for mean in means.values() if mean > 0]
    common = sum(alive) / len(alive) if alive else 1.0
    return {medium: factors.get(medium, 1.0) * (common / mean if mean > 0 else 1.0) for medium, mean in means.items()}


@numba.njit(cache=True, nogil=True)
def _mark(a: Any, b: Any, medium: Any, uses: Any) -> None:
    for row in range(len(a)):
        uses[medium[row], a[row]] = uses[medium[row], b[row]] = True


def added_up(layer: LayerTable, factors: Mapping[str, float]) -> dict[str, Any]:
    """Add the media up: the columns of `PairTable` that layers tell of.

    Parameters
    ----------
    layer : LayerTable
        What passes in each medium.
    factors : mapping of str to float
        How much each medium counts.

    Returns
    -------
    dict of str to ndarray
    """
    scales = np.ones(len(MEDIA))
    for medium, scale in medium_scales(layer, factors).items():
        scales[MEDIA.index(medium)] = scale
    columns = {"weight": layer.weight, "weight_ab": layer.ab, "weight_ba": layer.ba}
    if len(layer.present) <= 1:
        scale = scales[layer.present[0]] if layer.present else 1.0
        if scale != 1.0:
            columns = {name: values * scale for name, values in columns.items()}
        words = tuple(MEDIA[code] for code in layer.present)
        same = {"a": layer.a, "b": layer.b, "events": layer.events, "media": np.zeros(len(layer.a), np.int16)}
        return {**same, **columns, "words": words}
    # The layers of a pair stand side by side, in the order of their names.
    starts = layer.starts
    sums = {name: np.empty(len(starts)) for name in columns}
    for name, values in columns.items():
        _scaled_sums(np.ascontiguousarray(values), layer.medium, scales, starts, sums[name])
    events, bits = np.empty(len(starts), np.int64), np.empty(len(starts), np.int16)
    powers = np.left_shift(1, ALPHABETIC).astype(np.int16)
    _counts_and_bits(np.ascontiguousarray(layer.events), layer.medium, powers, starts, events, bits)
    return {"a": layer.a[starts], "b": layer.b[starts], **sums, "events": events, **_joined_media(bits)}


@numba.njit(cache=True, nogil=True)
def _scaled_sums(values: Any, medium: Any, scales: Any, starts: Any, sums: Any) -> None:
    for pair in range(len(starts)):
        first, last = starts[pair], starts[pair + 1] if pair + 1 < len(starts) else len(values)
        # The first and the sum of the rest, as NumPy adds: sums of three may differ in the last digit otherwise.
        rest = -0.0
        for row in range(first + 1, last):
            rest += values[row] * scales[medium[row]]
        sums[pair] = values[first] * scales[medium[first]] + rest


@numba.njit(cache=True, nogil=True)
def _counts_and_bits(events: Any, medium: Any, powers: Any, starts: Any, count: Any, bits: Any) -> None:
    for pair in range(len(starts)):
        last = starts[pair + 1] if pair + 1 < len(starts) else len(events)
        count[pair], bits[pair] = 0, 0
        for row in range(starts[pair], last):
            count[pair] += events[row]
            bits[pair] |= powers[medium[row]]


def _joined_media(bits: npt.NDArray[np.int16]) -> dict[str, Any]:
    """Name the media of each pair, joined by a plus."""
    names = sorted(MEDIA)
    places = np.zeros(1 << len(MEDIA), dtype=np.int16)
    sets = np.flatnonzero(np.bincount(bits, minlength=len(places)))
    places[sets] = np.arange(len(sets))
    words = tuple("+".join(name for place, name in enumerate(names) if one >> place & 1) for one in sets.tolist())
    return {"media": places[bits], "words": words}
