"""A page in which a person's address can be read is refused, wherever it stands, and no other page is."""

from __future__ import annotations

import random

import pytest

from commfinder.errors import PrivacyError
from commfinder.report.labels import assert_no_person, known_persons

LETTERS = "ab@. "


def refused(text: str, persons: list[str]) -> bool:
    """Whether the page is refused."""
    try:
        assert_no_person(text, persons)
    except PrivacyError:
        return True
    return False


@pytest.mark.parametrize(
    ("text", "persons", "expected"),
    [
        ("see ann@x now", ["Ann@X"], True),
        ("ann@x", ["ann@x"], True),
        ("nn@x", ["ann@x"], False),
        ("ann@", ["ann@x"], False),
        ("a@", ["a@", "b@cd"], False),
        ("a@b@c", ["b@c?", "@b@c"], True),
        ("ann at x", ["ann@x", "ann at x"], False),
        ("", ["ann@x"], False),
    ],
)
def test_addresses_are_found_at_any_place(text: str, persons: list[str], expected: bool) -> None:
    assert refused(text, persons) is expected


def test_no_address_is_overlooked_and_none_is_invented() -> None:
    draw, found = random.Random(1), 0
    for _ in range(3000):
        text = "".join(draw.choices(LETTERS, k=draw.randint(0, 40)))
        persons = ["".join(draw.choices(LETTERS, k=draw.randint(1, 6))) for _ in range(6)]
        known = [one for one in known_persons(persons) if "@" in one and len(one) >= 4]
        plainly = any(one in text for one in known)
        # What looks like an address is refused whosever it is.
        if not refused(text, []):
            assert refused(text, persons) is plainly
            found += plainly
    assert found > 20


@pytest.mark.parametrize(
    ("name", "expected"),
    [("  Ann \t Lee ", "ann lee"), ("A\x00nn\x7f", "ann"), ("Ä\u202eb", "äb"), ("a" * 20000, "a" * 12000)],
)
def test_names_are_compared_in_one_form(name: str, expected: str) -> None:
    assert known_persons([name]) == {expected}
