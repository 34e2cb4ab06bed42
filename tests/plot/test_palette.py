"""Which colour stands for which unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from commfinder.plot.palette import ink_on, palette, shown


def test_largest_first_and_then_by_name():
    found = palette(pd.Series(["b", "c", "a", "c"]), noun="unit")
    assert [entry.label for entry in found.entries] == ["c", "a", "b"]
    assert [entry.letter for entry in found.entries] == ["A", "B", "C"]
    assert found.of.tolist() == [2, 0, 1, 0]


def test_order_of_people_does_not_matter():
    values = pd.Series([*list("aabbccdde"), None])
    one, other = palette(values, noun="unit"), palette(values[::-1], noun="unit")
    assert one.entries == other.entries
    assert one.of.tolist() == other.of[::-1].tolist()


def test_more_than_nine_share_a_grey():
    values = pd.Series([f"u{number:02d}" for number in range(12) for _ in range(12 - number)] + [None, None])
    found = palette(values, noun="site")
    assert [entry.label for entry in found.entries[-2:]] == ["3 other sites", "no site known"]
    assert [entry.people for entry in found.entries[-2:]] == [6, 2]
    assert len({entry.colour for entry in found.entries}) == len({entry.marker for entry in found.entries}) == 11
    assert sum(entry.people for entry in found.entries) == len(values)
    assert np.bincount(found.of).tolist() == [entry.people for entry in found.entries]
    assert palette(values.iloc[:-5], noun="site").entries[-1].label == "1 other site"


def test_nobody_has_a_value():
    found = palette(pd.Series([None, None], dtype="string"), noun="unit")
    assert not found.known
    assert [entry.key for entry in found.entries] == ["no unit known (2)"]


@pytest.mark.parametrize("values", [[1.0, 2.0, np.nan], [True, False, None], ["", "x", None]])
def test_other_values_than_text(values):
    found = palette(pd.Series(values, dtype=object), noun="level")
    assert found.entries[-1].label == "no level known"
    assert found.of[-1] == len(found.entries) - 1
    assert sum(entry.people for entry in found.entries) == 3


def test_text_as_it_is_shown():
    assert shown("a\tb\n\x00c") == "a b c"
    assert shown("x" * 40, 10) == "x" * 9 + "…"
    assert shown("李 Zoë") == "李 Zoë"


def test_letters_can_be_read_on_every_colour():
    def light(colour):
        parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
        return float(
            np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
        )

    found = palette(pd.Series(list("abcdefghi")), noun="unit")
    for entry in found.entries:
        high, low = sorted((light(entry.colour), light(ink_on(entry.colour))), reverse=True)
        # The ratio that the guidelines for accessible pages ask of running text.
        assert (high + 0.05) / (low + 0.05) >= 4.5
