"""Read moments of time the way mail writes them, and the time zones that users name."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from commfinder.errors import InputError, nearest

__all__ = ["EARLIEST_US", "LATEST_US", "mail_time", "microseconds", "zone_of"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Count microseconds since 1970 UTC.

    Parameters
    ----------
    moment : datetime
        With a time zone.

    Returns
    -------
    int
    """
    return (moment - _EPOCH) // _MICROSECOND


EARLIEST_US = microseconds(datetime(1990, 1, 1, tzinfo=UTC))
"""The first moment accepted: nothing that is read here existed before."""

LATEST_US = microseconds(datetime(2100, 1, 1, tzinfo=UTC))
"""The first moment that is too late."""


def zone_of(name: str | None) -> zoneinfo.ZoneInfo | None:
    """Find a time zone by its name.

    Parameters
    ----------
    name : str or None
        For example ``"Europe/Berlin"``; None stays None.

    Returns
    -------
    zoneinfo.ZoneInfo or None

    Raises
    ------
    InputError
        If there is no such zone.
    """
    if name is None:
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        known = {zone.lower(): zone for zone in zoneinfo.available_timezones()}
        guess = nearest(str(name), known).split("'")
        hint = f"Did you mean {known[guess[1]]!r}?" if len(guess) == 3 else 'For example timezone="Europe/Berlin".'
        raise InputError(
            f"timezone={name!r} names no time zone.", need="A name of the IANA database is needed.", hint=hint
        ) from None


def mail_time(text: str, zone: zoneinfo.ZoneInfo | None) -> tuple[int | None, bool]:
    """Read the date of a mail header.

    Parameters
    ----------
    text : str
        As RFC 5322 writes it, or as the many programs that do not follow it.
    zone : zoneinfo.ZoneInfo or None
        The zone of dates that name none, or one that nobody knows; None takes UTC.

    Returns
    -------
    time : int or None
        Microseconds since 1970 UTC; None if it can not be read or lies outside 1990 to 2099.
    assumed : bool
        Whether UTC was assumed.
    """
    try:
        moment = parsedate_to_datetime(text[:200])
        assumed = False
        if moment.tzinfo is None:
            # "-0000" means: this is UTC, the zone of the writer is not told. Python reports it as having no zone.
            utc = text.rstrip().endswith("-0000")
            assumed = not utc and zone is None
            moment = moment.replace(tzinfo=UTC if utc or zone is None else zone)
        time = microseconds(moment)
    except (ValueError, OverflowError, TypeError, IndexError, AttributeError):
        return None, False
    return (time, assumed) if EARLIEST_US <= time < LATEST_US else (None, False)
