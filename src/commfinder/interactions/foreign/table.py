"""How a table in the user's own database becomes rows of the interaction table, without leaving that database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.common.exceptions as told_by_ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commfinder.errors import ColumnError, InputError, nearest
from commfinder.interactions.foreign.store import ForeignStore, check_functions, open_backend, teaching
from commfinder.interactions.foreign.times import microseconds
from commfinder.interactions.schema import INTERACTIONS, MEDIA, ROLES, Loss
from commfinder.interactions.words import WORD_COLUMNS, Words, sorted_names

__all__ = ["ForeignRows", "rows_from_backend"]

_TEXTS = ("event", "thread", "parent")
_PEOPLE = ("sender", "recipient")
_FLAGS = {"true": True, "1": True, "yes": True, "t": True, "false": False, "0": False, "no": False, "f": False}
_SHOWN, _FEW, _MOST_WORDS = 20, 8, 1000
_NO_TIME = -(2**63)
_ADVICE = "Name the columns, for example columns={'sender': 'from_address'}."

Names = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class ForeignRows:
    """Rows in numbers that stay in the user's database, and the words that the numbers stand for.

    Parameters
    ----------
    rows : ibis table
        The columns of the interaction table; event, thread and parent are texts, the rest are numbers.
    names : ndarray of str
        Senders and recipients, sorted by code point.
    words : Words
        Spaces, activities and sources.
    losses : tuple of Loss
        Rows of the table that could not be used, counted in the database.
    store : ForeignStore
        Where the rows are.
    """

    rows: ir.Table
    names: Names
    words: Words
    losses: tuple[Loss, ...]
    store: ForeignStore


def rows_from_backend(
    connection: Any,
    table: str | tuple[str, str] | ir.Table,
    *,
    columns: Mapping[str, str] | None = None,
    medium: str | None = None,
    source: str = "warehouse",
    timezone: str | None = None,
) -> ForeignRows:
    """Number the rows of a table where it is; nothing is fetched but distinct names and words, and counts.

    Parameters are those of `Interactions.from_backend`.
    """
    backend = open_backend(connection)
    check_functions(backend)
    data = _table(backend, table)
    named = _named(data, dict(columns or {}))
    store = ForeignStore(backend)
    with teaching(backend):
        times, own_clock = microseconds(backend, data, named.get("time"), timezone)
        plain = data.select(
            **{name: _text(data, named.get(name)) for name in (*_TEXTS, *_PEOPLE, "space", "activity")},
            source=_text(data, named.get("source")).fill_null(str(source)),
            role=_coded(data, "role", named.get("role"), "to", ROLES),
            medium=_medium(data, named, medium),
            automated=_automated(data, named.get("automated")),
            n_recipients=_whole(data, named.get("n_recipients")),
            time=times,
        )
        timed = named.get("time")
        usable, losses, missing = _usable(plain, str(source), timed, own_clock)
        names = _distinct(usable, *_PEOPLE)
        words = Words(*(_distinct(usable, name) for name in WORD_COLUMNS))
        rows = _numbered(usable, names, words)
        rows = _identified(rows) if missing["event"] else rows
        rows = _counted(rows) if missing["n_recipients"] else rows
        held = store.add(rows.select(*INTERACTIONS.names))
    return ForeignRows(held, names, words, tuple(losses), store)


def _table(backend: Any, table: str | tuple[str, str] | ir.Table) -> ir.Table:
    """Return the user's table as an expression."""
    if isinstance(table, ir.Table):
        return table
    database, name = (None, table) if isinstance(table, str) else table
    try:
        return backend.table(name, database=database)
    except told_by_ibis.TableNotFound:
        present = _tables(backend, database)
        where = f" in {database!r}" if database else ""
        raise InputError(
            f"The backend {backend.name!r} has no table {name!r}{where}.",
            need=f"Its tables are: {', '.join(present[:_SHOWN]) or 'none'}.",
            hint=nearest(str(name), present) or "Say where it is with table=('schema', 'name').",
        ) from None


def _tables(backend: Any, database: str | None) -> list[str]:
    """Name the tables that are there, sorted."""
    try:
        return sorted(backend.list_tables(database=database))
    except AttributeError:  # Ibis 12 asks DuckDB 2 for them by a name that is gone.
        return []


def _named(data: ir.Table, columns: dict[str, str]) -> dict[str, str]:
    """Return the user's column of each of ours that is there."""
    for ours, theirs in columns.items():
        if ours not in INTERACTIONS.names:
            hint = nearest(str(ours), INTERACTIONS.names)
            raise InputError(f"{ours!r} is no column of the interaction table.", hint=hint)
        _require_column(data, theirs)
    named = {name: name for name in INTERACTIONS.names if name in data.columns} | columns
    for name in _PEOPLE:
        _require_column(data, named.get(name, name))
    return named


def _require_column(data: ir.Table, name: str) -> None:
    """Check that the user's table has a column."""
    if name not in data.columns:
        near = nearest(str(name), data.columns)
        raise ColumnError(
            f"The table has no column {name!r}.",
            need=f"Its columns are: {', '.join(data.columns[:_SHOWN])}.",
            hint=f"{near} {_ADVICE}" if near.startswith("Did") else _ADVICE,
        )


def _wrong_type(data: ir.Table, column: str, need: str) -> InputError:
    """Say that a column is of a type that can not be used."""
    return InputError(
        f"The column {column!r} is of type {data[column].type()}.",
        need=need,
        hint="Make a view that casts it, and hand in the view.",
    )


def _text(data: ir.Table, column: str | None) -> ir.Value:
    """Return a column as stripped text; empty text is nothing."""
    if column is None:
        return ibis.null("string")
    values = data[column]
    if values.type().is_string():
        return values.strip().nullif("")
    if values.type().is_integer() or values.type().is_uuid():
        return values.cast("string")
    raise _wrong_type(data, column, "Text, whole numbers or UUIDs are needed for names and ids.")


def _coded(data: ir.Table, what: str, column: str | None, default: str | None, known: tuple[str, ...]) -> ir.Value:
    """Return the place of each word of a column among the known ones; nothing counts as the default."""
    if column is None:
        return ibis.literal(known.index(str(default)), "int8")
    if not data[column].type().is_string():
        raise _wrong_type(data, column, f"Words are needed: {', '.join(known)}.")
    word = _text(data, column)
    for value in _seen(data, word):
        if value is None and default is None:
            raise InputError(f"The column {column!r} has rows without a {what}.", hint="Fill them in a view first.")
        if value is not None and value not in known:
            near = nearest(value, known)
            raise InputError(
                f"The column {column!r} holds {value!r}.",
                need=f"Known are: {', '.join(known)}.",
                hint=near if near.startswith("Did") else "Make a view that says which of them is meant.",
            )
    places = ibis.cases(*[(word == one, place) for place, one in enumerate(known)])
    return (places if default is None else places.fill_null(known.index(default))).cast("int8")


def _seen(data: ir.Table, values: ir.Value) -> list[Any]:
    """Fetch a few of the distinct values of a column that should have few."""
    few: pa.Table = data.select(value=values).distinct().limit(_MOST_WORDS).to_pyarrow()
    return list(few["value"].to_pylist())


def _medium(data: ir.Table, named: dict[str, str], medium: str | None) -> ir.Value:
    """Take the medium from a column, or use one word for all."""
    if medium is None:
        return _coded(data, "medium", named.get("medium"), None if "medium" in named else "email", MEDIA)
    if medium in MEDIA:
        return ibis.literal(MEDIA.index(medium), "int8")
    if medium in data.columns:
        return _coded(data, "medium", medium, None, MEDIA)
    raise InputError(
        f"medium is {medium!r}.", need="It is neither a known medium nor a column.", hint=nearest(medium, MEDIA)
    )


def _automated(data: ir.Table, column: str | None) -> ir.Value:
    """Read flags, also those written as words or numbers; a missing one is no."""
    if column is None:
        return ibis.literal(False)
    if data[column].type().is_boolean():
        return data[column].fill_null(False)
    word = _text(data, column).lower()
    for value in _seen(data, word):
        if value is not None and value not in _FLAGS:
            raise InputError(
                f"The column {column!r} holds {value!r}.",
                need=f"A flag is needed: {', '.join(sorted(_FLAGS))}.",
                hint="Make a view that casts it to a boolean.",
            )
    return word.isin([value for value, flag in _FLAGS.items() if flag]).fill_null(False)


def _whole(data: ir.Table, column: str | None) -> ir.Value:
    """Check counts of recipients; a missing one is counted from the rows."""
    if column is None:
        return ibis.null("int32")
    if not data[column].type().is_integer():
        raise _wrong_type(data, column, "Whole numbers of recipients are needed.")
    found = data.aggregate(low=data[column].min(), high=data[column].max()).to_pyarrow().to_pylist()[0]
    for value in found.values():
        if value is not None and not 0 <= value < 2**31:
            raise InputError(
                f"The column {column!r} holds {int(value)}.",
                need="A whole number of at least 0 is needed.",
                hint="Make a view that empties what is no count: recipients are counted there.",
            )
    return data[column].cast("int32")


def _usable(
    plain: ir.Table, source: str, time: str | None, own_clock: bool
) -> tuple[ir.Table, list[Loss], dict[str, int]]:
    """Leave out rows without a sender or a usable time, and count in the database what is missing."""
    nobody = plain.sender.isnull()
    never = plain.time.isnull() if time is not None else ibis.literal(False)
    marks = {"rows": ibis.literal(True), "nobody": nobody, "never": never & ~nobody}
    marks |= {name: plain[name].isnull() for name in ("event", "n_recipients")}
    # PostgreSQL makes 32-bit numbers of booleans, and no others.
    marked = plain.select(**{name: mark.cast("int32") for name, mark in marks.items()})
    sums = {name: marked[name].sum().cast("int64") for name in marks}
    found = {name: int(number or 0) for name, number in marked.aggregate(**sums).to_pyarrow().to_pylist()[0].items()}
    if found["never"] * 2 > found["rows"] - found["nobody"]:
        raise InputError(
            f"{found['never']} of {found['rows']} times in column {time!r} are missing or not from 1990 to 2099.",
            need="A timestamp, or whole numbers of seconds, milli-, micro- or nanoseconds since 1970, is needed.",
            hint="Look at the column; make a view that converts it.",
        )
    timed = found["rows"] - found["nobody"] - found["never"]
    told = (
        ("no sender", found["nobody"]),
        ("no usable time", found["never"]),
        ("time from a start of its own: used, read as seconds since 1970", timed if own_clock else 0),
    )
    losses = [Loss("read", source, reason, number) for reason, number in told if number]
    return plain.filter(~nobody & ~never), losses, found


def _distinct(rows: ir.Table, *columns: str) -> Names:
    """Fetch the distinct texts of some columns, in the order of Python: databases sort text each in its own way."""
    parts = [rows.filter(rows[name].notnull()).select(name=rows[name]) for name in columns]
    whole = parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0]
    return sorted_names(whole.distinct().to_pyarrow()["name"].to_pylist())


def _numbered(rows: ir.Table, names: Names, words: Words) -> ir.Table:
    """Put the places of names and words where the texts were."""
    lists = dict.fromkeys(_PEOPLE, names) | {name: words.column(name) for name in WORD_COLUMNS}
    for column, known in lists.items():
        others = [name for name in rows.columns if name != column]
        if len(known) <= _FEW:
            # A handful is told apart faster than it is joined.
            told = [(rows[column] == word, place) for place, word in enumerate(known.tolist())]
            places = ibis.cases(*told) if told else ibis.null("int32")
            rows = rows.select(*others, **{column: places.cast("int32")})
            continue
        small = pa.table({"word": pa.array(known, pa.string()), "place": pa.array(np.arange(len(known)), pa.int32())})
        lookup = ibis.memtable(small)
        joined = rows.left_join(lookup, rows[column] == lookup.word)
        rows = joined.select(*others, **{column: joined.place})
    return rows


def _identified(rows: ir.Table) -> ir.Table:
    """Make every row without an event id an event of its own, named by what it says.

    Databases number rows as they come; the name must be the same whatever their order.
    """
    numbers = ("sender", "recipient", "time", "role", "medium", "space", "activity", "source")
    name = ibis.literal("row")
    for column in numbers:
        name = name + ":" + rows[column].cast("string").fill_null("")
    for column in ("thread", "parent"):
        text = rows[column].fill_null("")
        name = name + ":" + text.length().cast("string") + ":" + text
    named = rows.mutate(content=name, nameless=rows.event.isnull())
    order = [ibis.asc(named[one], nulls_first=True) for one in ("n_recipients", "automated")]
    repeat = ibis.row_number().over(group_by=[named.nameless, named.content], order_by=order)
    told = named.mutate(repeat=repeat)
    event = ibis.ifelse(told.nameless, told.content + ":" + told.repeat.cast("string"), told.event)
    return told.select(*[one for one in rows.columns if one != "event"], event=event)


def _counted(rows: ir.Table) -> ir.Table:
    """Count the recipients of every event whose rows do not say how many there were.

    Occurrences of a series share an event id and differ in time: each has its own recipients.
    """
    timed = rows.mutate(moment=rows.time.fill_null(_NO_TIME))
    others = timed.filter(timed.recipient.notnull() & (timed.recipient != timed.sender))
    counts = others.group_by(counted="event", at="moment").aggregate(n=others.recipient.nunique())
    joined = timed.left_join(counts, [timed.event == counts.counted, timed.moment == counts["at"]])
    number = ibis.coalesce(joined.n_recipients, joined.n.cast("int32"), ibis.literal(0, "int32"))
    return joined.select(*[one for one in rows.columns if one != "n_recipients"], n_recipients=number)
