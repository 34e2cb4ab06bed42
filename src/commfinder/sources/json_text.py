"""Read JSON from strangers: bounded, tolerant of a wrong byte or a missing end, and without inventing numbers."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["DECODER", "JsonError", "decode_text", "load", "load_items", "load_members", "whole_characters"]

_BETWEEN = re.compile(r"[\s,]*")
_COLON = re.compile(r"\s*:\s*")
_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonError(ValueError):
    """A text is no JSON that can be read."""


def _no_number(_: str) -> None:
    """Take NaN and the infinities as missing: they are no JSON, and no number."""
    return


# Numbers stay text: a timestamp of sixteen digits keeps them all, and a number of 5,000 digits is no danger.
DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_number)
"""Reads one JSON value; numbers are texts, NaN and infinities None."""


def decode_text(raw: bytes) -> tuple[str, bool]:
    """Decode JSON bytes as UTF-8; wrong bytes become U+FFFD.

    Parameters
    ----------
    raw : bytes
        The file's bytes, with or without a byte order mark.

    Returns
    -------
    text : str
    replaced : bool
        Whether a byte was wrong.
    """
    try:
        return raw.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        return raw.decode("utf-8-sig", "replace"), True


def load(text: str) -> Any:
    """Read one JSON value.

    Parameters
    ----------
    text : str
        The whole text.

    Returns
    -------
    object
        Numbers are strings, NaN and infinities are None, lone surrogates are U+FFFD.

    Raises
    ------
    JsonError
        If it is no JSON, or nested beyond measure.
    """
    try:
        return DECODER.decode(_clean(text))
    except RecursionError:
        raise JsonError("nested too deep") from None
    except ValueError as error:
        raise JsonError(str(error)) from None


def load_items(text: str) -> tuple[list[Any], str | None]:
    """Read the items of a JSON array, also of one that is cut off or damaged.

    Parameters
    ----------
    text : str
        The whole text.

    Returns
    -------
    items : list
        All items, or those before the damage.
    problem : str or None
        What is wrong, if anything is.
    """
    try:
        found = load(text)
    except JsonError as error:
        return _leading_items(_clean(text))[0], str(error)
    return (found, None) if isinstance(found, list) else ([], "no JSON array")


def load_members(text: str) -> tuple[dict[str, Any], str | None]:
    """Read the members of a JSON object, also of one that is cut off or damaged.

    Parameters
    ----------
    text : str
        The whole text.

    Returns
    -------
    members : dict
        All members, or those before the damage; of the one that is damaged, the items before.
    problem : str or None
        What is wrong, if anything is.
    """
    try:
        found = load(text)
    except JsonError as error:
        clean = _clean(text)
        start = len(clean) - len(clean.lstrip())
        return (_leading_members(clean, start)[0] if clean[start : start + 1] == "{" else {}), str(error)
    return (found, None) if isinstance(found, dict) else ({}, "no JSON object")


def _leading_members(text: str, position: int, *, outer: bool = True) -> tuple[dict[str, Any], int]:
    """Read members up to the first that can not be read; and say where the object ends, 0 if it does not."""
    members: dict[str, Any] = {}
    position += 1
    while True:
        position = _after(_BETWEEN, text, position)
        if text[position : position + 1] == "}":
            return members, position + 1
        try:
            key, position = DECODER.raw_decode(text, position)
            position = _after(_COLON, text, position)
            opening = text[position : position + 1]
            if outer and opening == "[":
                items, end = _leading_items(text, position)
                members[str(key)], position = items, end
            elif outer and opening == "{":
                members[str(key)], position = _leading_members(text, position, outer=False)
            else:
                members[str(key)], position = DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            return members, 0
        if not position:
            return members, 0


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Step over what a pattern matches."""
    found = pattern.match(text, position)
    return found.end() if found else position


def _leading_items(text: str, position: int | None = None) -> tuple[list[Any], int]:
    """Read the items of an array up to the first that can not be read; and say where it ends, 0 if it does not."""
    items: list[Any] = []
    position = len(text) - len(text.lstrip()) if position is None else position
    if text[position : position + 1] != "[":
        return items, 0
    position += 1
    while True:
        position = _after(_BETWEEN, text, position)
        if text[position : position + 1] == "]":
            return items, position + 1
        try:
            item, position = DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            return items, 0
        items.append(item)


def whole_characters(text: str) -> str:
    """Put U+FFFD in the place of lone surrogates, which no UTF-8 output can hold.

    Parameters
    ----------
    text : str
        A decoded text.

    Returns
    -------
    str
    """
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _clean(text: str) -> str:
    """Replace escapes of lone surrogates, which no UTF-8 output can hold."""
    if "\\ud" not in text and "\\uD" not in text:
        return text
    pair = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    lone = r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
    return re.sub(rf"(\\\\|{pair})|{lone}", lambda match: match[1] or "\\ufffd", _SURROGATE.sub("\ufffd", text))
