from __future__ import annotations

import pickle

import pytest

from commfinder import errors
from commfinder.errors import CommfinderError, nearest

BUILTINS = {
    "InputError": ValueError,
    "ColumnError": KeyError,
    "FormatError": ValueError,
    "UnsafeArchiveError": errors.FormatError,
    "MissingFileError": FileNotFoundError,
    "OutputError": OSError,
    "ConfigError": ValueError,
    "PeriodError": ValueError,
    "PrivacyError": ValueError,
    "MissingDependencyError": ImportError,
}


def test_every_class_is_listed():
    assert {name for name in errors.__all__ if name not in ("CommfinderError", "nearest")} == set(BUILTINS)


@pytest.mark.parametrize(("name", "builtin"), sorted(BUILTINS.items()))
def test_caught_three_ways(name, builtin):
    kind = getattr(errors, name)
    for wanted in (kind, CommfinderError, builtin):
        with pytest.raises(wanted) as caught:
            raise kind("It is wrong.", need="That is needed.", hint="Do this.")
        assert str(caught.value) == "It is wrong. That is needed. Hint: Do this."
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again), again.hint) == (kind, str(caught.value), "Do this.")


def test_parts_may_be_left_out():
    assert str(CommfinderError("Fact.")) == "Fact."
    assert str(CommfinderError("Fact.", hint="Act.")) == "Fact. Hint: Act."


def test_nearest():
    assert nearest("sendr", ["sender", "recipient"]) == "Did you mean 'sender'?"
    assert nearest("person", ["Person", "Unit"]) == "Did you mean 'Person'?"
    assert nearest("PERSON", ["person"]) == "Did you mean 'person'?"
    assert nearest("zzz", ["b", "a"]) == "Known are: a, b."
    assert nearest("zzz", []) == ""
    assert nearest("zzz", [1, 2]) == "Known are: 1, 2."
    assert nearest("zzz", [f"x{number:03}" for number in range(500)]).endswith("x019 and 480 more.")
