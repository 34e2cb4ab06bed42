"""Read an input of any kind that is known."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from commfinder.errors import InputError, nearest
from commfinder.interactions import Interactions
from commfinder.progress import SILENT, Progress
from commfinder.sources.detect import KINDS, Kind, detect
from commfinder.sources.mbox import read_mbox
from commfinder.sources.reading import Reading
from commfinder.sources.slack import read_slack
from commfinder.sources.tables import ColumnMap, read_table

__all__ = ["read"]

_MEDIUM = {"mbox": "email", "slack": "chat"}
_UNDERSTOOD = {
    "mbox": ("timezone",),
    "slack": (),
    "table": ("columns", "timezone", "time_format", "recipient_separator", "constants", "delimiter"),
}


def read(
    path: str | os.PathLike[str],
    *,
    kind: Kind | None = None,
    medium: str | None = None,
    columns: ColumnMap | None = None,
    timezone: str | None = None,
    time_format: str | None = None,
    recipient_separator: str | None = None,
    constants: Mapping[str, str] | None = None,
    delimiter: str | None = None,
    name: str | None = None,
    progress: Progress = SILENT,
) -> Interactions:
    """Read who interacted with whom from one file or folder.

    Parameters
    ----------
    path : str or path
        An mbox or a folder of mail, a Slack export (zip or folder), or a table (CSV, JSON lines, Parquet).
    kind : {"mbox", "slack", "table"}, optional
        Found out by default.
    medium : str, optional
        Through what people interact; only tables need it.
    columns, time_format, recipient_separator, constants, delimiter : optional
        For tables: see `read_table`.
    timezone : str, optional
        Zone of times that name none: for tables and mail.
    name : str, optional
        Name of the source; the file's or folder's own by default.
    progress : Progress, optional
        Told how far the reading is.

    Returns
    -------
    Interactions
        Carries accounts, memberships and the account of what was skipped. An input without any interaction gives an
        empty one, which says so in its losses.

    Raises
    ------
    MissingFileError, FormatError
        If there is no such file or folder, or it is of no known kind.
    InputError
        If an option does not belong to the kind.

    See Also
    --------
    read_mbox, read_slack, read_table : The readers, which give plain tables.
    """
    if kind is None:
        kind = detect(path)
    elif kind not in KINDS:
        raise InputError(f"kind={kind!r} is not known.", hint=nearest(str(kind), KINDS))
    options = {
        "columns": columns,
        "timezone": timezone,
        "time_format": time_format,
        "recipient_separator": recipient_separator,
        "constants": constants,
        "delimiter": delimiter,
    }
    reading = _reading(kind, path, options, medium, name, progress)
    return Interactions.from_arrow(
        reading.interactions,
        accounts=reading.accounts,
        memberships=reading.memberships,
        losses=reading.losses,
        inputs=reading.digests,
    )


def _reading(
    kind: Kind,
    path: str | os.PathLike[str],
    options: dict[str, Any],
    medium: str | None,
    name: str | None,
    progress: Progress,
) -> Reading:
    """Call the reader of a kind with the options that it understands."""
    given = {option: value for option, value in options.items() if value is not None}
    for option in given:
        if option not in _UNDERSTOOD[kind]:
            understood = ", ".join(_UNDERSTOOD[kind]) or "none"
            raise InputError(
                f"{option} says nothing to a reader of the kind {kind!r}.",
                need=f"Options of that kind are: {understood}.",
                hint=f"Leave {option} out, or name the kind if it was taken for another.",
            )
    if kind == "table":
        return read_table(path, medium=medium, name=name, progress=progress, **given)
    if medium not in (None, _MEDIUM[kind]):
        raise InputError(
            f"medium={medium!r} can not be: the kind {kind!r} is always {_MEDIUM[kind]!r}.", hint="Leave medium out."
        )
    if kind == "slack":
        return read_slack(path, name=name, progress=progress)
    return read_mbox(path, name=name, progress=progress, **given)
