"""What the user says of accounts: keep them as people, or exclude them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from commfinder import _validate
from commfinder.errors import FormatError, InputError, nearest

__all__ = ["DECISIONS", "Decisions", "as_decisions", "read_decisions"]

DECISIONS = ("exclude", "keep")
"""What can become of an account."""

_HINT = "Write the list with `commfinder machines … --out machines.csv` and change the decisions in it."


class Decisions(NamedTuple):
    """What becomes of accounts.

    Parameters
    ----------
    words : dict of str to str
        ``"exclude"`` or ``"keep"`` by account.
    alone : bool
        Whether these hold alone. If not, the score decides about all other accounts.
    """

    words: dict[str, str]
    alone: bool


def read_decisions(data: str | Path | Any) -> dict[str, str]:
    """Read what the user has decided about accounts.

    Parameters
    ----------
    data : path, mapping of str to str, or frame-like
        A CSV file (comma, semicolon or tab; UTF-8), or a table, with the columns ``account`` and ``decision``, further
        ones being ignored; or the decision by account. Accounts are written as in the interactions. Where the decision
        is empty, the score decides.

    Returns
    -------
    dict of str to str
        ``"exclude"`` or ``"keep"`` by account, sorted by account.

    Raises
    ------
    MissingFileError
        If the file is not there.
    FormatError
        If it is no text, or empty.
    ColumnError
        If a column is missing.
    InputError
        If a decision is another word, or there are two about one account.

    Examples
    --------
    >>> read_decisions({"builds@x.org": "exclude", "ann@x.org": "Keep"})
    {'ann@x.org': 'keep', 'builds@x.org': 'exclude'}
    """
    if isinstance(data, str | Path):
        path = _validate.existing(data, what="The file of decisions")
        what, frame = path.name, _read(path)
    elif isinstance(data, Mapping) and not {"account", "decision"} <= set(data):
        frame = pd.DataFrame({"account": list(data), "decision": list(data.values())}, dtype=object)
        what = "The decisions"
    else:
        what, frame = "The decisions", _validate.as_frame(data, what="The decisions")
    _validate.columns(frame, ("account", "decision"), what=what, hint=_HINT)
    accounts = _validate.texts(frame["account"], what=f"{what}, column 'account'")
    words = _validate.texts(frame["decision"], what=f"{what}, column 'decision'").str.lower()
    found: dict[str, str] = {}
    for number, (account, word) in enumerate(zip(accounts.tolist(), words.tolist(), strict=True), start=1):
        if pd.isna(account) or pd.isna(word):
            continue
        if word not in DECISIONS:
            near = nearest(word, DECISIONS)
            raise InputError(f"{what}, row {number}: the decision about {account!r} is {word!r}.", hint=near)
        if found.setdefault(account, word) != word:
            raise InputError(
                f"{what}, row {number}: {account!r} is both to be kept and excluded.", hint="Remove one of the rows."
            )
    return dict(sorted(found.items()))


def as_decisions(machines: Any) -> Decisions:
    """Take the decisions out of what a caller gave: nothing, machines that were found, or decisions of the user."""
    if machines is None:
        return Decisions({}, alone=False)
    found = getattr(machines, "decisions", None)
    if isinstance(found, Mapping):
        return Decisions(dict(found), alone=True)
    return Decisions(read_decisions(machines), alone=False)


def _read(path: Path) -> pd.DataFrame:
    """Read a small table of text; an apostrophe that keeps a spreadsheet from running a cell is taken off."""
    if path.is_dir():
        raise FormatError(f"{path.name} is a folder.", need="A CSV file is needed.", hint=_HINT)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormatError(f"{path.name} is not in UTF-8.", hint="Save it as 'CSV UTF-8'.") from None
    first = text.partition("\n")[0]
    delimiter = max((",", ";", "\t"), key=first.count)
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    if not rows:
        raise FormatError(f"{path.name} is empty.", need="A line of column names is needed.", hint=_HINT)
    header = [name.strip() for name in rows[0]]
    cells = [(row + [""] * len(header))[: len(header)] for row in rows[1:]]
    return pd.DataFrame([[_plain(cell) for cell in row] for row in cells], columns=pd.Index(header), dtype=object)


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:2] in "=+-@\t\r\0＝＋－＠" else cell
