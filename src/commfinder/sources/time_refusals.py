"""Say why a column can not be taken for times, where first, and what would help."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from commfinder.errors import InputError

__all__ = ["Hopeless", "check_zones", "refuse"]

_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{2,4})\b")


@dataclass(frozen=True)
class Hopeless:
    """The first cell of a kind that can not be used.

    Parameters
    ----------
    value : str
        What it says.
    where : str
        Its place.
    readable : bool
        Whether it could be read as a time at all.
    """

    value: str
    where: str
    readable: bool


def check_zones(first: Hopeless) -> NoReturn:
    """Refuse a file whose times name no zone.

    Parameters
    ----------
    first : Hopeless
        The first of them.

    Raises
    ------
    InputError
        Always.
    """
    raise InputError(
        f"{first.value!r} is a time without a zone ({first.where}).",
        need="Without its zone nobody knows which moment that is.",
        hint='Name the zone it was written in, for example timezone="Europe/Berlin" (or "UTC").',
    )


def refuse(first: Mapping[str, Hopeless], share: str, time_format: str | None, span: str, unit: str | None) -> NoReturn:
    """Refuse a file of which half of the times or more can not be read.

    Parameters
    ----------
    first : mapping of str to Hopeless
        The first ``"bad"``, ``"odd"`` (of another unit) and ``"missing"`` cell.
    share : str
        A sentence that says how many rows.
    time_format : str or None
        What the user said of the format.
    span : str
        The years accepted.
    unit : str or None
        What the other numbers count, if some are of another unit.

    Raises
    ------
    InputError
        Always.
    """
    if "bad" not in first:
        raise InputError(
            f"No time is given ({first['missing'].where}); {share}", hint='columns={"time": None} reads without times.'
        )
    value, where = first["bad"].value, first["bad"].where
    if time_format:
        raise InputError(
            f"{value!r} is no time of the format {time_format!r} within {span} ({where}); {share}",
            hint="Correct time_format.",
        )
    if unit and first["bad"] == first["odd"]:
        raise InputError(
            f"{value!r} is in another unit than most times of the file, which count {unit} since 1970 ({where}); "
            f"{share}",
            need="The times of one file have one unit.",
            hint="Bring all of them to one unit, or split the file by unit and read each part by itself.",
        )
    if match := _SLASHED.match(value):
        day, month = _guess(value, match, "%d", "%m"), _guess(value, match, "%m", "%d")
        raise InputError(
            f"{value!r} is ambiguous ({where}): day or month first? {share}",
            need="commfinder does not guess.",
            hint=f'Say which: time_format="{day}" or "{month}".',
        )
    if first["bad"].readable:
        compact = re.fullmatch(r"(19|20)\d{6}", value)
        raise InputError(
            f"{value!r} lies outside {span} ({where}); {share}",
            need="Numbers count seconds, milliseconds or microseconds since 1970.",
            hint='For dates such as 20260701: time_format="%Y%m%d".'
            if compact
            else 'Numbers that count from another moment: time_format="seconds since 2003-10-01".',
        )
    raise InputError(
        f"{value!r} is no time that can be read ({where}); {share}",
        need="ISO 8601 is needed, such as 2026-07-01T09:30:00+02:00, or a number of seconds since 1970.",
        hint='Name any other format: time_format="%b %d %Y %H:%M".',
    )


def _guess(value: str, match: re.Match[str], first: str, second: str) -> str:
    """Write a format that a slashed date may have."""
    mark = value[match.end(1)]
    year = "%Y" if len(match[3]) == 4 else "%y"
    rest = value[match.end() :]
    clock = " %H:%M:%S" if rest.count(":") == 2 else " %H:%M" if ":" in rest else ""
    half = rest.rstrip()[-2:].upper() in ("AM", "PM")
    return f"{first}{mark}{second}{mark}{year}{clock.replace('%H', '%I') + ' %p' if half else clock}"
