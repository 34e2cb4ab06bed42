"""Which colour, letter and marker stand for each unit, the same in every picture of the same people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["COLOURS", "LETTERS", "OTHER", "Entry", "Palette", "ink_on", "palette", "shown"]

# Nine colours that people with each kind of colour blindness tell apart, from Paul Tol's scheme "muted".
COLOURS = ("#332288", "#DDCC77", "#CC6677", "#88CCEE", "#117733", "#AA4499", "#44AA99", "#999933", "#882255")
LETTERS = "ABCDEFGHI"
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "h")
OTHER, _UNKNOWN = "#A6A6A6", "#D4D4D4"
_LONGEST = 26


@dataclass(frozen=True)
class Entry:
    """What stands for one value.

    Parameters
    ----------
    label : str
        The value as the legend shows it.
    colour : str
        Colour, as ``#RRGGBB``.
    letter : str
        Letter beside the colour; empty for the rest and for missing values.
    marker : str
        Matplotlib's marker of a person.
    people : int
        How many people have the value.
    """

    label: str
    colour: str
    letter: str
    marker: str
    people: int

    @property
    def plain_key(self) -> str:
        """The line of a legend that shows markers."""
        # Matplotlib leaves out what begins with an underscore.
        return f"{self.label} ({self.people:,})".replace("_", "\u2009_", 1 if self.label.startswith("_") else 0)

    @property
    def key(self) -> str:
        """The line of a legend that shows letters."""
        return f"{self.letter}  {self.label} ({self.people:,})" if self.letter else self.plain_key


@dataclass(frozen=True, eq=False)
class Palette:
    """The entries of a picture, and which of them each person has.

    Parameters
    ----------
    entries : tuple of Entry
        Largest first; those of the rest and of missing values last.
    of : ndarray of int64, shape (n,)
        Number of the entry of each person, in the order of the values given.
    value : ndarray of int64, shape (n,)
        Number of the value of each person, most frequent first; that of missing values is last.
    entry_of : ndarray of int64, shape (values,)
        Number of the entry of each value: several share that of the rest.
    known : bool
        Whether anybody has a value.
    """

    entries: tuple[Entry, ...]
    of: npt.NDArray[np.int64]
    value: npt.NDArray[np.int64]
    entry_of: npt.NDArray[np.int64]
    known: bool


def palette(values: pd.Series[Any], *, noun: str) -> Palette:
    """Give the most frequent values a colour each; the rest share a grey, missing ones a light grey.

    Parameters
    ----------
    values : pandas.Series
        One value a person; missing where it is not known.
    noun : str
        What the values are, for the legend: ``"unit"``.

    Returns
    -------
    Palette
        The nine most frequent values have a colour of their own; of equal frequency, the first by name.

    Examples
    --------
    >>> found = palette(pd.Series(["b", "a", "b", None]), noun="unit")
    >>> [(entry.key, entry.colour) for entry in found.entries]
    [('A  b (2)', '#332288'), ('B  a (1)', '#DDCC77'), ('no unit known (1)', '#D4D4D4')]
    """
    if pd.api.types.is_float_dtype(values.dtype) and bool((values.dropna() % 1 == 0).all()):
        values = values.astype("Int64")
    text = values.astype("string")
    counts = text.value_counts().rename_axis("value").reset_index(name="people")
    counts = counts.sort_values(["people", "value"], ascending=[False, True])
    names, people = counts["value"].tolist(), counts["people"].tolist()
    own = len(COLOURS)
    parts = zip(names, people, COLOURS, LETTERS, _MARKERS, strict=False)
    entries = [Entry(shown(name), colour, sign, marker, int(count)) for name, count, colour, sign, marker in parts]
    if len(names) > own:
        rest = len(names) - own
        entries.append(Entry(f"{rest} other {noun}{'s' if rest > 1 else ''}", OTHER, "", "d", int(sum(people[own:]))))
    missing = int(text.isna().sum())
    if missing:
        entries.append(Entry(f"no {noun} known", _UNKNOWN, "", ".", missing))
    rank = {name: number for number, name in enumerate(names)}
    value = np.array([rank.get(name, len(names)) for name in text.fillna("").tolist()], dtype=np.int64)
    value[text.isna().to_numpy(dtype=bool)] = len(names)
    entry_of = np.append(np.minimum(np.arange(len(names)), own), len(entries) - 1).astype(np.int64)
    return Palette(tuple(entries), entry_of[value], value, entry_of, bool(names))


def shown(text: str, longest: int = _LONGEST) -> str:
    """Return text as a picture can show it: on one line, without control characters, not too long."""
    clean = " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())
    return clean if len(clean) <= longest else f"{clean[: longest - 1].rstrip()}…"


def ink_on(colour: str) -> str:
    """Return black or white, whichever stands out more from a colour by the measure of the accessibility guidelines."""
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    light = float(linear @ np.array([0.2126, 0.7152, 0.0722]))
    return "#FFFFFF" if 1.05 / (light + 0.05) > (light + 0.05) / 0.05 else "#000000"
