"""The interaction table: who interacted with whom, when, through what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from commfinder.interactions.clean import clean
from commfinder.interactions.held import Held
from commfinder.interactions.losses import losses_frame
from commfinder.interactions.machines.automated import automated_accounts
from commfinder.interactions.renaming import renamed, with_rows
from commfinder.interactions.rows import check_vocabulary, completed, keyed, numbered, texts_of
from commfinder.interactions.schema import ACCOUNTS, INTERACTIONS, MEMBERSHIPS, Loss
from commfinder.interactions.selection import selected
from commfinder.interactions.store import Store
from commfinder.interactions.words import Words
from commfinder.period import PeriodLike
from commfinder.provenance import Provenance, record

__all__ = ["Interactions"]


@dataclass(frozen=True, eq=False, repr=False)
class Interactions(Held):
    """Who interacted with whom, when and through what: one row per event, sender and recipient.

    The rows are held out of core by DuckDB, or by a database of yours; names and words are held once, sorted, and the
    rows refer to them by number. There is no column for a subject or a body. Make one with `commfinder.read`,
    `Interactions.from_frame` or `Interactions.from_backend`; every method returns a new value.

    Parameters
    ----------
    rows : ibis table
        The columns of the interaction table as numbers: ``sender`` and ``recipient`` are places in `names`, ``role``
        and ``medium`` in the lists of what is known, ``space``, ``activity`` and ``source`` in `words`; ``time`` is in
        microseconds since 1970 UTC; ``event``, ``thread`` and ``parent`` are keys of ids. `rows_in_words` gives texts.
    names : ndarray of str, shape (n,)
        Account or person ids, sorted, each once.
    words : Words
        Names of spaces, activities and sources.
    texts : ibis table or None
        Key and text of ids, with repeats; None where the keys are the texts.
    accounts : pandas.DataFrame
        What the sources say of accounts.
    memberships : pandas.DataFrame
        Who belongs to which space, as far as the sources say.
    losses : pandas.DataFrame
        The account of what was not used, in order.
    provenance : Provenance
        What made this value.
    store : Store
        The database that holds `rows`.
    """

    _schema: ClassVar[str] = "commfinder/interactions/1"

    @classmethod
    def from_arrow(
        cls,
        table: pa.Table,
        *,
        accounts: pa.Table | None = None,
        memberships: pa.Table | None = None,
        losses: Sequence[Loss] = (),
        inputs: Mapping[str, str] | None = None,
        store: Store | None = None,
    ) -> Interactions:
        """Hold rows that a reader has made; prefer `from_frame` for a table of your own.

        Parameters
        ----------
        table : pyarrow.Table
            Rows of the schema ``commfinder.interactions.schema.INTERACTIONS``.
        accounts, memberships : pyarrow.Table, optional
            What the source says of accounts and of who belongs where.
        losses : sequence of Loss
            What was skipped while reading.
        inputs : mapping of str to str, optional
            Digests of the files read.
        store : Store, optional
            The database to write to; a new one by default.

        Returns
        -------
        Interactions
        """
        table = table.cast(INTERACTIONS)
        check_vocabulary(table)
        store = store or Store()
        coded, names, words = numbered(table)
        held = store.add(coded)
        return cls(
            rows=store.add(keyed(held)),
            names=names,
            words=words,
            texts=texts_of(held),
            accounts=(accounts if accounts is not None else ACCOUNTS.empty_table()).to_pandas(),
            memberships=(memberships if memberships is not None else MEMBERSHIPS.empty_table()).to_pandas(),
            losses=losses_frame(losses),
            provenance=record("read", inputs=inputs),
            store=store,
        )

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        sender: str = "sender",
        recipient: str = "recipient",
        time: str | None = None,
        medium: str | None = None,
        source: str = "frame",
        timezone: str | None = None,
        **columns: str,
    ) -> Interactions:
        """Hold a table of interactions from pandas, Polars or PyArrow.

        Parameters
        ----------
        frame : frame-like
            One row per sender and recipient.
        sender, recipient : str
            Columns that say from whom and to whom. A missing recipient is an act on a space.
        time : str, optional
            Column of times: date-times, ISO 8601 strings, or numbers of seconds, milli-, micro- or nanoseconds since
            1970 (which of them, is told by their size). By default ``"time"`` where that column is there; without one,
            rows are relations that have no time, such as a survey answer or a static edge list.
        medium : str, optional
            A column of media, or one of the known media for all rows. By default the column ``"medium"`` where there is
            one, else ``"email"``.
        source : str, default "frame"
            A name for this input, used in the account of what was dropped.
        timezone : str, optional
            IANA name of the zone of times that carry none, for example ``"Europe/Berlin"``.
        **columns : str
            Further columns by the names of the interaction table: event, role, space, thread, parent, activity,
            n_recipients, automated. Without ``event`` every row is an event of its own.

        Returns
        -------
        Interactions

        Raises
        ------
        ColumnError
            If a named column is not there.
        InputError
            If a time has no zone and `timezone` is not given, or a value can not be read.

        Examples
        --------
        >>> import pandas as pd
        >>> mail = pd.DataFrame({"from": ["a", "b"], "to": ["b", "a"]})
        >>> mail["at"] = ["2026-07-01T09:00Z", "2026-07-01T10:00Z"]
        >>> Interactions.from_frame(mail, sender="from", recipient="to", time="at")
        <Interactions: 2 rows, 2 events, 2 people, email, 2026-07-01 to 2026-07-01>
        """
        from commfinder.interactions.frames import table_from_frame

        table, losses = table_from_frame(
            frame,
            sender=sender,
            recipient=recipient,
            time=time,
            medium=medium,
            source=source,
            timezone=timezone,
            columns=columns,
        )
        return cls.from_arrow(table, losses=losses)

    @classmethod
    def from_numbered(
        cls,
        rows: ir.Table,
        *,
        names: npt.NDArray[np.object_],
        words: Words | None = None,
        texts: ir.Table | None = None,
        store: Store,
        losses: Sequence[Loss] = (),
        inputs: Mapping[str, str] | None = None,
    ) -> Interactions:
        """Take rows that are in numbers already, where they are; nothing is copied.

        Parameters
        ----------
        rows : ibis table
            In `store`, with the columns of `Interactions.rows`. Those that are missing are filled: role "to", medium
            "email", one recipient, no space, thread, parent and activity, not automated, and a source "rows".
        names : ndarray of str, shape (n,)
            What ``sender`` and ``recipient`` are places in, sorted, each once.
        words : Words, optional
            What ``space``, ``activity`` and ``source`` are places in.
        texts : ibis table, optional
            Key and text of ids; None where the keys are the texts.
        store : Store
            The database that `rows` belongs to.
        losses : sequence of Loss
            What was skipped while reading.
        inputs : mapping of str to str, optional
            Digests of the files read.

        Returns
        -------
        Interactions
        """
        return cls(
            rows=completed(rows),
            names=names,
            words=words if words is not None else Words.of((), (), ("rows",)),
            texts=texts,
            accounts=ACCOUNTS.empty_table().to_pandas(),
            memberships=MEMBERSHIPS.empty_table().to_pandas(),
            losses=losses_frame(losses),
            provenance=record("read", inputs=inputs),
            store=store,
        )

    @classmethod
    def from_backend(
        cls,
        connection: Any,
        table: Any,
        *,
        columns: Mapping[str, str] | None = None,
        medium: str | None = None,
        source: str = "warehouse",
        timezone: str | None = None,
    ) -> Interactions:
        """Work on a table where it is: on Spark, in PostgreSQL, or in any database that Ibis speaks to.

        Nothing is fetched before it is summed but the distinct names and words. Prefer `from_frame` for what fits into
        memory.

        Parameters
        ----------
        connection : ibis backend
            For example ``ibis.postgres.connect(...)``, or ``ibis.pyspark.connect(session)``.
        table : str, pair of str, or ibis table
            Its name, schema and name, or an expression of that connection.
        columns : mapping of str to str, optional
            Our column name to yours, such as ``{"sender": "from_id"}``; our own names need no mapping.
        medium : str, optional
            A column of media, or one of the known media for all rows; "email" by default.
        source : str, default "warehouse"
            A name for this input.
        timezone : str, optional
            IANA name of the zone of times that carry none.

        Returns
        -------
        Interactions

        Raises
        ------
        ColumnError, InputError
            If the table or a column is missing, or a column is of a type that can not be read.
        DependencyError
            If the database lacks a function that is needed.
        """
        from commfinder.interactions.foreign.table import rows_from_backend

        found = rows_from_backend(connection, table, columns=columns, medium=medium, source=source, timezone=timezone)
        store: Any = found.store
        return cls.from_numbered(found.rows, names=found.names, words=found.words, store=store, losses=found.losses)

    def select(
        self,
        *,
        period: PeriodLike = None,
        medium: str | Sequence[str] | None = None,
        people: Iterable[str] | None = None,
    ) -> Interactions:
        """Keep a period, some media, or what passes between some people.

        Parameters
        ----------
        period : Period, str or pair, optional
            Only events inside ``[start, end)``; relations without a time stay.
        medium : str or sequence of str, optional
            Only these media.
        people : iterable of str, optional
            Only rows whose sender is among them and whose recipient, if any, is too.

        Returns
        -------
        Interactions
            What is left out here was asked for, so it is not counted as lost; `clean` counts.
        """
        rows, parameters = selected(self, period=period, medium=medium, people=people)
        return self.with_rows(rows, record("select", parameters))

    def with_rows(
        self, rows: ir.Table, provenance: Provenance, *, losses: pd.DataFrame | None = None, written: bool = False
    ) -> Interactions:
        """Return the same value with other rows, written down once, and only the names that they use.

        Parameters
        ----------
        rows : ibis table
            Rows in numbers.
        provenance : Provenance
            What made the change.
        losses : pandas.DataFrame, optional
            The account of what was not used, where it has grown.
        written : bool, default False
            Whether the rows are a table of the store already, or most of one: then they are not written down again.

        Returns
        -------
        Interactions
        """
        return with_rows(self, rows, provenance, losses=losses, written=written)

    def rename(self, new_ids: Mapping[str, str], provenance: Provenance) -> Interactions:
        """Give accounts other ids; accounts that get the same id become one.

        Parameters
        ----------
        new_ids : mapping of str to str
            New id by account; accounts not in it keep theirs.
        provenance : Provenance
            What made the change.

        Returns
        -------
        Interactions
            Also the accounts and memberships that came with the sources carry the new ids.
        """
        return renamed(self, new_ids, provenance)

    def automated_names(self) -> list[str]:
        """Return the accounts that are machines or lists, by what sources say, by name and by behaviour; sorted."""
        names = self.people
        return [names[code] for code in automated_accounts(self, self.rows)]

    def clean(
        self,
        *,
        period: PeriodLike = None,
        max_recipients: int = 20,
        keep_automated: bool = False,
        machines: Any = None,
    ) -> Interactions:
        """Leave out what says nothing about people working together, and count every removal.

        In this order: outside the period, automated, to oneself, duplicates, mass mail. After duplicates are gone the
        number of recipients of every event is counted again, so that two addresses of one person count once.

        Parameters
        ----------
        period : Period, str or pair, optional
            Only events inside ``[start, end)``; None keeps all. Relations without a time stay.
        max_recipients : int, default 20
            Events to more distinct recipients than this are mass mail and make no tie.
        keep_automated : bool, default False
            Keep what machines send.
        machines : Machines, path, mapping of str to str, or frame-like, optional
            What `find_machines` returned, which then holds alone; or your decisions about some accounts, "keep" or
            "exclude", which overrule the score: see `commfinder.interactions.machines`.

        Returns
        -------
        Interactions
            With one line more in `losses` for every reason that removed something.

        Raises
        ------
        PeriodError
            If the period holds no interaction although there are some outside it.
        """
        return clean(
            self, period=period, max_recipients=max_recipients, keep_automated=keep_automated, machines=machines
        )
