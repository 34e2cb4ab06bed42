"""Free text from the data, made fit to be shown: no control characters, no e-mail address, no person's name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Any

import pandas as pd

from commfinder.errors import PrivacyError

__all__ = ["LONGEST", "assert_no_person", "clean_label", "known_persons"]

LONGEST = 120
"""A label longer than this is cut; nobody reads it in a table, and a megabyte of it would break the page."""

NAMELESS = "(no name)"
NO_ADDRESS = "(address withheld)"
NO_PERSON = "(person withheld)"

_JOINERS = "\u200c\u200d"  # needed to write Persian and many Indian languages; they can not reorder text
# The full-width and small forms of @ are read as @ by people, and by some mail programs.
_ADDRESS = re.compile(r"[^\s@＠﹫<>()\[\]\"',;:|=]+[@＠﹫][^\s@＠﹫<>()\[\]\"',;:|]+")
_SIGNS = "@＠﹫"
_MAIL_IN_PAGE = re.compile(r"[\w.+%'-]+(?:[@＠﹫]|&#0*64;|&commat;)[\w-]+(?:\.[\w-]+)+")
_TOKEN = re.compile(r"(?=[^\W_]*\d)(?=[^\W_]*[^\W\d_])[^\W_]{8,}")


def known_persons(persons: Iterable[Any] = ()) -> frozenset[str]:
    """Bring ids and names of persons into the form in which labels are compared with them.

    Parameters
    ----------
    persons : iterable
        Ids, addresses and names the study knows; missing ones are left out.

    Returns
    -------
    frozenset of str

    Examples
    --------
    >>> sorted(known_persons(["Ann Lee", None, "ann.lee@example.org"]))
    ['ann lee', 'ann.lee@example.org']
    """
    texts = (_plain(str(person)).casefold() for person in persons if not _missing(person))
    return frozenset(text for text in texts if text)


def clean_label(value: Any, persons: Collection[str] = frozenset(), *, longest: int = LONGEST) -> str:
    r"""Make a free-text label fit to be shown.

    Control characters and characters that change the direction of text are taken out, addresses are masked, and a
    label that is a person's id or name is withheld as a whole.

    Parameters
    ----------
    value : object
        The label: the name of a group, goal, unit, source or setting.
    persons : collection of str, optional
        What `known_persons` returned.
    longest : int, default 120
        The length beyond which the label is cut.

    Returns
    -------
    str
        Never empty.

    Examples
    --------
    >>> clean_label("Sales \u202egnp.exe, ask ann.lee@example.org")
    'Sales gnp.exe, ask (address withheld)'
    """
    if _missing(value):
        return NAMELESS
    text = _plain(str(value))
    if text.casefold() in persons:
        return NO_ADDRESS if "@" in text else NO_PERSON
    # Masked before it is cut: a cut address would no longer look like one.
    # Where no sign can be one of an address, the search is left out: on a long word it takes its length squared.
    if any(sign in text for sign in _SIGNS):
        text = _ADDRESS.sub(NO_ADDRESS, text)
    if len(text) > longest:
        text = text[: longest - 1].rstrip() + "…"
    return text or NAMELESS


def assert_no_person(html: str, persons: Iterable[Any] = ()) -> None:
    """Refuse a page in which an address or a person's id can be read.

    This is the last check, behind the gate, and it must not cry wolf: a person id such as ``"1001"`` or ``"sales"``
    is also an ordinary number or word, so only these are looked for: anything that looks like an e-mail address,
    ids with an ``@``, and ids of eight or more letters and digits mixed (pseudonyms, account ids).

    Parameters
    ----------
    html : str
        The page.
    persons : iterable, optional
        Ids and addresses the study knows.

    Raises
    ------
    PrivacyError
        If one is found. The message does not repeat it, as messages end in logs.
    """
    text = unicodedata.normalize("NFC", html)
    if _MAIL_IN_PAGE.search(text):
        raise _leak("an e-mail address")
    folded = text.casefold()
    ids = known_persons(persons)
    if _shows_address(folded, ids):
        raise _leak("the address of a person")
    tokens = {one for one in ids if _TOKEN.fullmatch(one)}
    if tokens and any(match.group() in tokens for match in re.finditer(r"[^\W_]{8,}", folded)):
        raise _leak("the id of a person")


def _shows_address(text: str, ids: frozenset[str]) -> bool:
    """Tell whether any id with an @ is in a text.

    Looking for each of a hundred thousand ids in turn would read the page as often. But an id can only be where the
    text has an @, and ids have few shapes: letters before their first @, and letters in all.
    """
    shapes = {(one.index("@"), len(one)) for one in ids if "@" in one and len(one) >= 4}
    spans = ((sign.start() - before, length) for sign in re.finditer("@", text) for before, length in shapes)
    return any(0 <= at <= len(text) - length and text[at : at + length] in ids for at, length in spans)


def _leak(what: str) -> PrivacyError:
    """Build the error for a page that names somebody."""
    return PrivacyError(
        f"The report would show {what}.",
        need="A report names no person.",
        hint="Look for it in the names of groups, goals, units, sources and settings, and pass persons= "
        "to the functions that release them.",
    )


def _plain(text: str) -> str:
    """Return the text in one normal form, on one line, without characters that can not be seen."""
    if text.isascii() and text.isprintable():
        # Nearly every id of a person is such, and there are three for each of a hundred thousand people.
        return " ".join(text[: 100 * LONGEST].split())
    kept = "".join(_visible(char) for char in unicodedata.normalize("NFC", text[: 100 * LONGEST]))
    return " ".join(kept.split())


def _visible(char: str) -> str:
    """Return the character, a plain space for any space, a mark for a broken one, or nothing."""
    category = unicodedata.category(char)
    if char.isspace():
        return " "
    if category == "Cs":
        return "\ufffd"
    return "" if category in ("Cc", "Cf") and char not in _JOINERS else char


def _missing(value: Any) -> bool:
    """Say whether a cell holds nothing."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)
