"""Read a large JSON object from strangers while it streams by: item by item, up to where it is damaged."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from commfinder.sources.json_text import DECODER

__all__ = ["Item", "JsonStream"]

Item: TypeAlias = "tuple[str, str | None, Any]"
"""Name of a member; if it is an object the key of one of its members, else None; and the value."""

_BLANK = re.compile(r"\s*")
_BETWEEN = re.compile(r"[\s,]*")
_COLON = re.compile(r"\s*:\s*")
_CLOSED = '"}]'
_GOES_ON = "+-.0123456789eE"
_LONGEST_ITEM = 1 << 26
_TOLD_LATE = 16


class JsonStream:
    """The members of one JSON object, in constant memory.

    Parameters
    ----------
    chunks : iterator of str
        The text.

    Attributes
    ----------
    names : set of str
        The members seen so far.
    problem : str or None
        What is wrong, if anything is; known when all items were taken.
    blank : bool
        Whether there is nothing but blanks; known then as well.
    """

    def __init__(self, chunks: Iterator[str]) -> None:
        self.names: set[str] = set()
        self.problem: str | None = None
        self.blank = False
        self._chunks = chunks
        self._text = ""
        self._at = 0
        self._more = True
        self._gone = self._lines = self._column = 0

    def items(self) -> Iterator[Item]:
        """Yield the items of each member that is an array or an object; any other member has one, its value.

        Yields
        ------
        tuple of str, str or None, object
            Values as `commfinder.sources.json_text.load` gives them, but for lone surrogates, which stay.
        """
        try:
            yield from self._members()
        except RecursionError:
            self._note("nested too deep")
        except json.JSONDecodeError as error:
            self._note(self._placed(error.msg, error.pos))
        except ValueError as error:
            self._note(str(error))

    def _members(self) -> Iterator[Item]:
        """Yield the items of all members."""
        opening = self._skip(_BLANK)
        self.blank = not opening
        if opening != "{":
            if opening:
                self._decode()
            self._note("no JSON object")
            return
        self._at += 1
        first = True
        while self._skip_comma("}", first=first) != "}":
            first = False
            name = str(self._decode())
            opening = self._skip(_COLON)
            self.names.add(name)
            if opening == "[":
                yield from self._array(name)
            elif opening == "{":
                yield from self._object(name)
            else:
                yield name, None, self._decode()
        self._at += 1
        if self._skip(_BLANK):
            self._note(self._placed("Extra data", self._at))

    def _array(self, name: str) -> Iterator[Item]:
        """Yield the items of an array."""
        self._at += 1
        first = True
        while self._skip_comma("]", first=first) != "]":
            first = False
            yield name, None, self._decode()
        self._at += 1

    def _object(self, name: str) -> Iterator[Item]:
        """Yield the members of an object."""
        self._at += 1
        first = True
        while self._skip_comma("}", first=first) != "}":
            first = False
            key = str(self._decode())
            self._skip(_COLON)
            yield name, key, self._decode()
        self._at += 1

    def _decode(self) -> Any:
        """Read one value; more of the text where it is not whole."""
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                late = error.pos >= len(self._text) - _TOLD_LATE or error.msg.startswith("Unterminated")
                if not late or not self._fill():
                    raise
            else:
                after = self._text[end : end + 1]
                whole = self._text[end - 1] in _CLOSED or (after and after not in _GOES_ON)
                if whole or not self._fill():
                    self._at = end
                    return value

    def _skip(self, pattern: re.Pattern[str]) -> str:
        """Step over what a pattern matches, and give the character after it; "" at the end."""
        while True:
            found = pattern.match(self._text, self._at)
            end = found.end() if found else self._at
            if end < len(self._text) or not self._fill():
                self._at = end
                return self._text[end : end + 1]

    def _skip_comma(self, closing: str, *, first: bool) -> str:
        """Step to the next item or the end of an array or object; what stands between that should not is noted."""
        self._skip(_BLANK)
        start = self._at
        kept = self._gone
        after = self._skip(_BETWEEN)
        start -= self._gone - kept
        commas = self._text.count(",", max(start, 0), self._at)
        if not after:
            raise json.JSONDecodeError(f"Expecting ',' delimiter or {closing!r}", self._text, self._at)
        if commas != (0 if first or after == closing else 1):
            self._note(self._placed("Expecting ',' delimiter", max(start, 0)))
        return after

    def _fill(self) -> bool:
        """Take in more of the text, as much again as there is of it, and drop what was read; False at the end."""
        held = [self._text[self._at :]]
        wanted = max(len(held[0]), 1)
        if self._more and wanted > _LONGEST_ITEM:
            raise ValueError(f"an item of more than {_LONGEST_ITEM:,} characters")
        while self._more and wanted > 0:
            chunk = next(self._chunks, None)
            self._more = chunk is not None
            if chunk:
                held.append(chunk)
                wanted -= len(chunk)
        if len(held) == 1:
            return False
        done = self._text[: self._at]
        self._lines += done.count("\n")
        last = done.rfind("\n")
        self._column = len(done) - last - 1 if last >= 0 else self._column + len(done)
        self._gone += self._at
        self._at = 0
        self._text = "".join(held)
        return True

    def _placed(self, reason: str, position: int) -> str:
        """Say where something is wrong, as Python says it."""
        before = self._text[:position]
        last = before.rfind("\n")
        column = position - last if last >= 0 else self._column + position + 1
        line = self._lines + before.count("\n") + 1
        return f"{reason}: line {line} column {column} (char {self._gone + position})"

    def _note(self, problem: str) -> None:
        """Keep the first problem."""
        self.problem = self.problem or problem
