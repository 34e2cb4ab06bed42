"""Number the rows of an input where they lie, out of core."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from commfinder.interactions.schema import INTERACTIONS, MEDIA, ROLES
from commfinder.interactions.store import Store
from commfinder.interactions.words import WORD_COLUMNS

__all__ = ["finish_rows"]

_CONTENT = [name for name in INTERACTIONS.names if name not in ("event", "source")]


def finish_rows(
    parts: Sequence[Path],
    out: Path,
    *,
    memory_limit: float | None = None,
    threads: int | None = None,
) -> None:
    """Write rows in numbers, and the names, words and texts that the numbers stand for.

    Parameters
    ----------
    parts : sequence of Path
        Parquet files with rows of the schema `LANDED`.
    out : Path
        Folder to write to, in which work also spills.
    memory_limit : float, optional
        Gigabytes of memory before it does.
    threads : int, optional
        By default one per core.

    Notes
    -----
    A row without an event is an event of its own, named by all that it says except its source, and numbered among
    its like: the order of rows is of no account, and rows that two inputs both have are copies of one another. Where
    recipients were not counted, the distinct ones other than the sender are. Everything is a scan, a join with a
    table that fits memory, or a grouping that spills.
    """
    store = Store(memory_limit=memory_limit, threads=threads, folder=out, inputs=[out, *{one.parent for one in parts}])
    run = _Run(store, parts, out)
    run.number()
    run.name_events()
    run.count_recipients()
    run.write()


class _Run:
    """One finishing under way."""

    def __init__(self, store: Store, parts: Sequence[Path], out: Path) -> None:
        self._con: Any = store.backend.con
        self._out = out
        files = ", ".join(quoted(one) for one in parts)
        self._con.execute(f"CREATE VIEW landed AS SELECT * FROM read_parquet([{files}])")
        self._spare: list[Path] = []
        self._unnamed = self._uncounted = self._counted = False

    def number(self) -> None:
        """Put numbers in the place of names and words, and keys in the place of ids."""
        self._codes("names", "SELECT sender AS word FROM landed UNION ALL SELECT recipient FROM landed")
        kinds = []
        for column in WORD_COLUMNS:
            words = self._codes(column, f"SELECT {column} AS word FROM landed")
            kinds.append(pa.table({"column": pa.repeat(pa.scalar(column), len(words)), "word": words}))
        pq.write_table(pa.concat_tables(kinds), self._out / "words.parquet")
        facts = self._con.execute(
            "SELECT count(*) FILTER (event IS NULL), count(*) FILTER (event IS NOT NULL AND n_recipients IS NULL), "
            "count(*) FILTER (event IS NOT NULL AND n_recipients IS NOT NULL) FROM landed"
        ).fetchone()
        self._unnamed, self._uncounted, self._counted = (number > 0 for number in facts)
        numbers = {
            "event": key("l.event"),
            "time": "epoch_us(l.time)",
            "sender": "s.place",
            "recipient": "r.place",
            "role": _position("l.role", ROLES),
            "medium": _position("l.medium", MEDIA),
            **{name: f"{name}_words.place" for name in WORD_COLUMNS},
            "thread": key("l.thread"),
            "parent": key("l.parent"),
            "n_recipients": "l.n_recipients",
            "automated": "l.automated",
        }
        chosen = ", ".join(f"{numbers[name]} AS {name}" for name in INTERACTIONS.names)
        joins = " ".join(
            f"LEFT JOIN {name}_words ON l.{name} = {name}_words.word" for name in WORD_COLUMNS if name != "source"
        )
        content = f", hash({', '.join(f'l.{name}' for name in _CONTENT)}) AS content" if self._unnamed else ""
        people = "JOIN names_words s ON l.sender = s.word LEFT JOIN names_words r ON l.recipient = r.word"
        sources = "JOIN source_words ON l.source = source_words.word"
        self._keep("numbered", f"SELECT {chosen}{content} FROM landed l {people} {joins} {sources}")

    def name_events(self) -> None:
        """Give every row without an event one, named by its content and counted among its like."""
        self._ids = [f"SELECT {name} AS text FROM landed WHERE {name} IS NOT NULL" for name in _KEYS]
        if not self._unnamed:
            return
        rest = ", ".join(name for name in INTERACTIONS.names if name != "event")
        alike = f"SELECT content, {rest}, count(*) AS copies FROM numbered WHERE event IS NULL GROUP BY content, {rest}"
        named = f"SELECT *, 'row:' || printf('%016x', content) || ':' || unnest(range(copies)) AS text FROM ({alike})"
        counted = rest.replace("n_recipients", f"coalesce(n_recipients, {_OTHER}::INTEGER) AS n_recipients")
        self._keep("made", f"SELECT {key('text')} AS event, {counted}, text FROM ({named})")
        self._ids.append("SELECT text FROM made")

    def count_recipients(self) -> None:
        """Count the distinct recipients, other than the sender, of events where nobody did."""
        columns = ", ".join(INTERACTIONS.names)
        self._rows = f"SELECT {columns} FROM numbered WHERE event IS NOT NULL"
        if self._uncounted:
            # One grouping at a time: two in one statement share the memory, and one of them may not get enough.
            some = "AND event IN (SELECT event FROM numbered WHERE n_recipients IS NULL)" if self._counted else ""
            # A series of meetings may have one id: each time is an event of its own.
            self._keep("pairs", f"SELECT DISTINCT event, time, recipient FROM numbered WHERE {_OTHER} = 1 {some}")
            self._keep("counts", "SELECT event, time, count(*)::INTEGER AS counted FROM pairs GROUP BY event, time")
            filled = ", ".join(
                "coalesce(n_recipients, counted, 0::INTEGER) AS n_recipients" if name == "n_recipients" else f"n.{name}"
                for name in INTERACTIONS.names
            )
            same = "n.event = c.event AND n.time IS NOT DISTINCT FROM c.time"
            self._rows = f"SELECT {filled} FROM numbered n LEFT JOIN counts c ON {same} WHERE n.event IS NOT NULL"
        if self._unnamed:
            self._rows += f" UNION ALL SELECT {columns} FROM made"

    def write(self) -> None:
        """Write the rows and the texts of ids; what was kept on the way goes."""
        if self._unnamed or self._uncounted:
            self._copy(self._rows, self._out / "rows.parquet")
        else:
            self._spare.pop().rename(self._out / "rows.parquet")
        ids = " UNION ALL ".join(self._ids)
        self._copy(
            f"SELECT {key('text')} AS key, text FROM (SELECT DISTINCT text FROM ({ids}))", self._out / "texts.parquet"
        )
        for path in self._spare:
            path.unlink()

    def _codes(self, name: str, query: str) -> pa.Array:
        """Number words in sorted order, as text is sorted in Python: by code point, which is by byte."""
        found = self._con.sql(f"SELECT DISTINCT word FROM ({query}) WHERE word IS NOT NULL").to_arrow_table()["word"]
        words = found.combine_chunks().cast(pa.string()).sort()
        table = pa.table({"word": words, "place": pa.array(range(len(words)), pa.int32())})
        self._con.register("incoming", table)
        self._con.execute(f"CREATE TABLE {name}_words AS SELECT * FROM incoming")
        self._con.unregister("incoming")
        if name == "names":
            pq.write_table(pa.table({"name": words}), self._out / "names.parquet")
        return words

    def _keep(self, name: str, query: str) -> None:
        """Write the rows of a query to a file until the end."""
        path = self._out / f"{name}.partial"
        self._copy(query, path)
        self._spare.append(path)
        self._con.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({quoted(path)})")

    def _copy(self, query: str, path: Path) -> None:
        """Write the rows of a query to a file."""
        # Keys rarely come again: to look for repeats among them costs more than it saves.
        how = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 1000"
        self._con.execute(f"COPY ({query}) TO {quoted(path)} ({how})")


_KEYS = ("event", "thread", "parent")
_OTHER = "(recipient IS NOT NULL AND recipient <> sender)::INTEGER"


def key(column: str) -> str:
    """Return the statement for the key of a text: 64 bits, the same for the same text in every table.

    Parameters
    ----------
    column : str
        The column of texts.

    Returns
    -------
    str
    """
    return f"CASE WHEN {column} IS NOT NULL THEN hash({column})::BIT::BIGINT END"


def quoted(path: Path) -> str:
    """Quote a path for a statement.

    Parameters
    ----------
    path : Path
        The path.

    Returns
    -------
    str
    """
    return "'" + str(path.resolve()).replace("'", "''") + "'"


def _position(column: str, words: tuple[str, ...]) -> str:
    """Return the statement for the place of a word in a list."""
    known = ", ".join(f"'{word}'" for word in words)
    return f"(list_position([{known}], {column}) - 1)::TINYINT"
