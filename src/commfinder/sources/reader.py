"""Read an input of any kind that is known."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from commfinder.errors import InputError, nearest
from commfinder.interactions import Interactions
from commfinder.interactions.landing import hold
from commfinder.progress import SILENT, Progress
from commfinder.sources.archive import open_members
from commfinder.sources.detect import KINDS, Kind, detect
from commfinder.sources.event_log import event_log_parts, read_event_log
from commfinder.sources.event_log_columns import OURS as LOG_COLUMNS
from commfinder.sources.mbox import mbox_parts, read_mbox
from commfinder.sources.ocel import ocel_parts, read_ocel
from commfinder.sources.reading import Part, Reading, whole
from commfinder.sources.slack import read_slack, slack_parts
from commfinder.sources.streams import existing
from commfinder.sources.table_columns import ColumnMap
from commfinder.sources.tables import read_table, table_parts
from commfinder.sources.xes import read_xes, xes_parts
from commfinder.sources.zulip import zulip_topic_parts
from commfinder.sources.zulip_export import is_zulip_export, zulip_export_parts

__all__ = ["READER_VERSIONS", "parts", "read"]

READER_VERSIONS: dict[Kind, int] = {**dict.fromkeys(KINDS, 2), "mbox": 1, "slack": 1}
"""Which version of a kind's reader this is; it grows whenever the reader makes other rows of the same input."""


def _zulip_parts(path: str | os.PathLike[str], *, name: str | None, progress: Progress) -> Iterator[Part]:
    """Read a chat archive of Zulip, whichever tool made it."""
    with open_members(existing(path)) as members:
        by_server = is_zulip_export(list(members.openers))
    return (zulip_export_parts if by_server else zulip_topic_parts)(path, name=name, progress=progress)


def _read_zulip(path: str | os.PathLike[str], *, name: str | None, progress: Progress) -> Reading:
    """Read a chat archive of Zulip into memory."""
    return whole(_zulip_parts(path, name=name, progress=progress))


_READERS: dict[Kind, Callable[..., Reading]] = {
    "mbox": read_mbox,
    "slack": read_slack,
    "zulip": _read_zulip,
    "table": read_table,
    "event_log": read_event_log,
    "xes": read_xes,
    "ocel": read_ocel,
}
_STREAMS: dict[Kind, Callable[..., Iterator[Part]]] = {
    "mbox": mbox_parts,
    "slack": slack_parts,
    "zulip": _zulip_parts,
    "table": table_parts,
    "event_log": event_log_parts,
    "xes": xes_parts,
    "ocel": ocel_parts,
}
_MEDIUM: dict[Kind, str] = {
    "mbox": "email",
    "slack": "chat",
    "zulip": "chat",
    "xes": "workflow",
    "ocel": "workflow",
}
_UNDERSTOOD: dict[Kind, tuple[str, ...]] = {
    "mbox": ("timezone",),
    "slack": (),
    "zulip": (),
    "table": ("columns", "timezone", "time_format", "recipient_separator", "constants", "delimiter"),
    "event_log": ("columns", "timezone", "time_format", "delimiter"),
    "xes": ("columns", "timezone"),
    "ocel": ("case_type", "actors", "timezone"),
}
_OF_TABLES = frozenset(["sender", "recipient", "event", "thread", "n_recipients", "automated", "medium", "parent"])
_OF_LOGS = frozenset(LOG_COLUMNS) - {"activity", "time", "role", "space"}


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
    case_type: str | Iterable[str] | None = None,
    actors: Sequence[str] | None = None,
    name: str | None = None,
    progress: Progress = SILENT,
) -> Interactions:
    """Read who interacted with whom from one file or folder.

    Parameters
    ----------
    path : str or path
        An mbox or a folder of mail, a Slack export (zip or folder), a folder of Zulip topics or a Zulip export, an
        event log (XES, OCEL, or a table of events), or a table of interactions (CSV, JSON lines, Parquet).
    kind : {"mbox", "slack", "zulip", "table", "event_log", "xes", "ocel"}, optional
        Found out by default. A table is an event log if its headings are (a case, an activity, a time); what is given
        as `columns` decides: ``sender`` and ``recipient`` are of tables, ``case`` and ``resource`` of event logs.
    medium : str, optional
        Through what people interact; tables need it, and event logs in tables may have it.
    columns, time_format, recipient_separator, constants, delimiter : optional
        For tables: see `read_table` and `read_event_log`; `columns` also for XES, see `read_xes`.
    timezone : str, optional
        Zone of times that name none: for tables, event logs and mail.
    case_type, actors : optional
        For object-centric logs, which objects are the cases and what says who acted: see `read_ocel`.
    name : str, optional
        Name of the source; the file's or folder's own by default.
    progress : Progress, optional
        Told how far the reading is.

    Returns
    -------
    Interactions
        Carries accounts, memberships and the account of what was skipped. An input without any interaction gives an
        empty one, which says so in its losses. The rows lie among temporary files, in a folder for the user alone that
        goes with the last value made of them; memory does not grow with their number.

    Raises
    ------
    MissingFileError, FormatError
        If there is no such file or folder, or it is of no known kind.
    InputError
        If an option does not belong to the kind.
    OutputError
        If there is no room for temporary files.

    See Also
    --------
    parts : The same rows piece by piece, for inputs that do not fit in memory.
    read_mbox, read_slack, read_zulip_topics, read_zulip_export, read_table, read_event_log, read_xes, read_ocel : The
        readers, which give plain tables.
    """
    options = {
        "columns": columns,
        "timezone": timezone,
        "time_format": time_format,
        "recipient_separator": recipient_separator,
        "constants": constants,
        "delimiter": delimiter,
        "case_type": case_type,
        "actors": actors,
    }
    kind = _kind(path, kind, columns)
    return hold(_STREAMS[kind](path, name=name, progress=progress, **_understood(kind, options, medium)))


def parts(
    path: str | os.PathLike[str],
    *,
    kind: Kind | None = None,
    medium: str | None = None,
    name: str | None = None,
    progress: Progress = SILENT,
    **options: Any,
) -> Iterator[Part]:
    r"""Read one file or folder piece by piece; prefer `read` for what fits in memory.

    Parameters
    ----------
    path : str or path
        As for `read`.
    kind, medium, name, progress : optional
        As for `read`.
    **options
        The other options of `read`; None is as good as left out.

    Yields
    ------
    Part
        At most 50,000 interactions each. The last part carries accounts, memberships, losses and digests.

    Raises
    ------
    MissingFileError, FormatError
        If there is no such file or folder, or it is of no known kind.
    InputError
        If an option does not belong to the kind, or, once the last rows were read, if half of the times or more can
        not be read: parts are good only if all of them come.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "mail.csv")
    ...     _ = file.write_text("sender,recipient,time\nann,bob,2026-07-01T09:30:00Z\n")
    ...     sum(part.interactions.num_rows for part in parts(file, medium="email"))
    1
    """
    kind = _kind(path, kind, options.get("columns"))
    given = _understood(kind, options, medium)
    return _STREAMS[kind](path, name=name, progress=progress, **given)


def _kind(path: str | os.PathLike[str], kind: Kind | None, columns: ColumnMap | None) -> Kind:
    """Find out the kind of an input, or check the one that the user gave."""
    if kind is None:
        return _meant(detect(path), columns)
    if kind not in KINDS:
        raise InputError(f"kind={kind!r} is not known.", hint=nearest(str(kind), KINDS))
    return kind


def _understood(kind: Kind, options: Mapping[str, Any], medium: str | None) -> dict[str, Any]:
    """Keep what was said, if the reader of the kind understands it."""
    given = {option: value for option, value in options.items() if value is not None}
    for option in given:
        if option not in _UNDERSTOOD[kind]:
            understood = ", ".join(_UNDERSTOOD[kind]) or "none"
            raise InputError(
                f"{option} says nothing to a reader of the kind {kind!r}.",
                need=f"Options of that kind are: {understood}.",
                hint=f"Leave {option} out, or name the kind if it was taken for another.",
            )
    if kind not in _MEDIUM:
        if medium is not None:
            given["medium"] = medium
    elif medium not in (None, _MEDIUM[kind]):
        raise InputError(
            f"medium={medium!r} can not be: the kind {kind!r} is always {_MEDIUM[kind]!r}.", hint="Leave medium out."
        )
    return given


def _meant(kind: Kind, columns: ColumnMap | None) -> Kind:
    """Tell tables of interactions and of events apart by what the user says their columns hold."""
    if kind in ("table", "event_log") and columns:
        if _OF_TABLES & columns.keys():
            return "table"
        if _OF_LOGS & columns.keys():
            return "event_log"
    return kind
