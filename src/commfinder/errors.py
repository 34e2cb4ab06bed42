"""What can go wrong through no fault of commfinder, and what to do about it.

Every error a user can cause descends from `CommfinderError` and from the builtin it is a kind of, so that it can be
caught as the exact class, as `CommfinderError`, or as ``ValueError``, ``KeyError``, ``OSError`` or ``ImportError``.
A message has three parts: the fact (the value and where it was), the need, and a hint with the next action.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "ColumnError",
    "CommfinderError",
    "ConfigError",
    "FormatError",
    "InputError",
    "MissingDependencyError",
    "MissingFileError",
    "OutputError",
    "PeriodError",
    "PrivacyError",
    "UnsafeArchiveError",
    "nearest",
]

_SHOWN = 20


class CommfinderError(Exception):
    """The root of every error a user can cause.

    Parameters
    ----------
    fact : str
        What is wrong: the value, and where it was (file, line, column, key).
    need : str, default ""
        What was needed instead.
    hint : str, default ""
        The next action.

    Examples
    --------
    >>> print(CommfinderError("'sent' is no column of mail.csv.", hint="Name it in the mapping."))
    'sent' is no column of mail.csv. Hint: Name it in the mapping.
    """

    def __init__(self, fact: str, *, need: str = "", hint: str = "") -> None:
        self.fact = fact
        self.need = need
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [self.fact, self.need, f"Hint: {self.hint}" if self.hint else ""]
        return " ".join(part for part in parts if part)


class InputError(CommfinderError, ValueError):
    """A value is not one that can be worked with."""


class ColumnError(CommfinderError, KeyError):
    """A table lacks a column that is needed."""


class FormatError(CommfinderError, ValueError):
    """A file is not what its kind promises."""


class UnsafeArchiveError(FormatError):
    """An archive holds a member that must not be opened."""


class MissingFileError(CommfinderError, FileNotFoundError):
    """A file or folder is not there."""


class OutputError(CommfinderError, OSError):
    """A result can not be written where it was asked for."""


class ConfigError(CommfinderError, ValueError):
    """A study file holds a key or a value that is not understood."""


class PeriodError(CommfinderError, ValueError):
    """A period can not be read, or holds nothing."""


class PrivacyError(CommfinderError, ValueError):
    """A rule that protects people would be broken."""


class MissingDependencyError(CommfinderError, ImportError):
    """An optional library is needed and not installed."""


def nearest(value: str, known: Iterable[str]) -> str:
    """Say which known word is meant, as the opening of a hint.

    Parameters
    ----------
    value : str
        The word that is not known.
    known : iterable of str
        The words that are.

    Returns
    -------
    str
        ``"Did you mean 'x'?"``, whatever the case of its letters, or the known words where none is near: the first
        twenty of them.

    Examples
    --------
    >>> nearest("sendr", ["sender", "recipient"])
    "Did you mean 'sender'?"
    """
    words = sorted({str(word) for word in known})
    by_lower = {word.lower(): word for word in reversed(words)}
    close = difflib.get_close_matches(str(value).lower(), by_lower, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {by_lower[close[0]]!r}?"
    if not words:
        return ""
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return f"Known are: {', '.join(words[:_SHOWN])}{more}."
