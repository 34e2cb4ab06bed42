"""The interaction table: who interacted with whom, when, through what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from commfinder import _validate
from commfinder.interactions.automated import automated_accounts
from commfinder.interactions.clean import clean
from commfinder.interactions.losses import losses_frame
from commfinder.interactions.rows import canonical, check_vocabulary, encode, renumbered
from commfinder.interactions.schema import ACCOUNTS, INTERACTIONS, MEDIA, MEMBERSHIPS, Loss
from commfinder.interactions.store import Store
from commfinder.period import Period, PeriodLike, parse_period
from commfinder.provenance import Provenance, continued, record
from commfinder.result import Result

__all__ = ["Interactions"]

# All columns, so that no two different rows can change places.


@dataclass(frozen=True, eq=False, repr=False)
class Interactions(Result):
    """Who interacted with whom, when and through what: one row per event, sender and recipient.

    The rows are held out of core by DuckDB; names are held once, sorted, and the rows refer to them by number. There
    is no column for a subject or a body. Make one with `commfinder.read` or `Interactions.from_frame`; every method
    returns a new value.

    Parameters
    ----------
    rows : ibis table
        The columns of the interaction table with ``sender`` and ``recipient`` as numbers into `names` and ``time`` as
        microseconds since 1970 UTC.
    names : ndarray of str, shape (n,)
        Account or person ids, sorted, each once.
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

    rows: ir.Table
    names: npt.NDArray[np.object_]
    accounts: pd.DataFrame
    memberships: pd.DataFrame
    losses: pd.DataFrame
    provenance: Provenance
    store: Store
    _schema: ClassVar[str] = "commfinder/interactions/1"
    _facts: dict[str, Any] = field(default_factory=dict)

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
        names, codes = encode(table["sender"], table["recipient"])
        columns = {name: table[name] for name in table.column_names}
        columns["sender"], columns["recipient"] = codes
        columns["time"] = table["time"].cast(pa.int64())
        return cls(
            rows=store.add(pa.table(columns)),
            names=names,
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

    @property
    def people(self) -> list[str]:
        """Ids of everybody who sends or receives, sorted."""
        return [str(name) for name in self.names]

    @property
    def media(self) -> list[str]:
        """The media present, sorted."""
        if "media" not in self._facts:
            self._facts["media"] = self.rows.select("medium").distinct().to_pyarrow()["medium"].to_pylist()
        return sorted(self._facts["media"])

    @property
    def period(self) -> Period | None:
        """From the first event to just after the last; None where nothing has a time."""
        low, high = self.span_us
        if low is None or high is None:
            return None
        start, end = (pd.Timestamp(moment, unit="us", tz="UTC").to_pydatetime() for moment in (low, high + 1))
        return Period(start, end)

    @property
    def per_source(self) -> dict[str, int]:
        """Number of rows of each source, sorted by name."""
        counts = self.rows.group_by("source").aggregate(n=self.rows.count()).order_by("source").to_pyarrow()
        return dict(zip(counts["source"].to_pylist(), counts["n"].to_pylist(), strict=True))

    @property
    def span_us(self) -> tuple[int | None, int | None]:
        """First and last time in microseconds since 1970 UTC."""
        if "span" not in self._facts:
            found = self.rows.aggregate(low=self.rows.time.min(), high=self.rows.time.max()).to_pyarrow()
            self._facts["span"] = found["low"][0].as_py(), found["high"][0].as_py()
        low, high = self._facts["span"]
        return low, high

    def __len__(self) -> int:
        if "rows" not in self._facts:
            self._facts["rows"] = int(self.rows.count().to_pyarrow().as_py())
        return int(self._facts["rows"])

    def __repr__(self) -> str:
        if "events" not in self._facts:
            distinct = self.rows.select("source", "event").distinct()
            self._facts["events"] = int(distinct.count().to_pyarrow().as_py())
        events = self._facts["events"]
        low, high = self.span_us
        when = "no times"
        if low is not None and high is not None:
            first, last = (pd.Timestamp(moment, unit="us").date().isoformat() for moment in (low, high))
            when = f"{first} to {last}"
        media = ", ".join(self.media) or "no medium"
        return f"<Interactions: {len(self)} rows, {events} events, {len(self.names)} people, {media}, {when}>"

    def to_arrow(self, *, ordered: bool = True) -> pa.Table:
        """Return the interaction table with names in place of numbers.

        Parameters
        ----------
        ordered : bool, default True
            In canonical row order; False leaves out the sorting.

        Returns
        -------
        pyarrow.Table
            Rows of the schema ``commfinder.interactions.schema.INTERACTIONS``.
        """
        return self._named((canonical(self.rows) if ordered else self.rows).to_pyarrow())

    def _named(self, table: pa.Table) -> pa.Table:
        """Put names in place of numbers."""
        names = pa.array(self.names.tolist(), pa.string())
        for column in ("sender", "recipient"):
            table = table.set_column(table.column_names.index(column), column, pc.take(names, table[column]))
        times = table["time"].cast(pa.timestamp("us", tz="UTC"))
        table = table.set_column(table.column_names.index("time"), "time", times)
        return table.select(INTERACTIONS.names).cast(INTERACTIONS)

    def to_frame(self) -> pd.DataFrame:
        """Return the interaction table as a pandas frame, in canonical row order."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    def _first_rows(self, count: int) -> pd.DataFrame:
        """Return the first rows in canonical order without sorting the others."""
        frame: pd.DataFrame = self._named(canonical(self.rows).limit(count).to_pyarrow()).to_pandas()
        return frame

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
        rows = self.rows
        span = parse_period(period)
        if span is not None:
            rows = rows.filter(rows.time.isnull() | ((rows.time >= span.start_us) & (rows.time < span.end_us)))
        if medium is not None:
            wanted = [medium] if isinstance(medium, str) else list(medium)
            for word in wanted:
                _validate.choice(word, MEDIA, what="medium")
            rows = rows.filter(rows.medium.isin(wanted))
        if people is not None:
            chosen = {people} if isinstance(people, str) else {str(person) for person in people}
            keep = [code for code, name in enumerate(self.people) if name in chosen]
            codes = ibis.memtable(pa.table({"code": pa.array(keep, pa.int32())}))
            rows = rows.semi_join(codes, [("sender", "code")])
            alone = rows.filter(rows.recipient.isnull())
            rows = alone.union(rows.semi_join(codes, [("recipient", "code")]))
        return self.with_rows(rows, record("select", {"period": span, "medium": medium, "people": people is not None}))

    def with_rows(self, rows: ir.Table, provenance: Provenance, *, losses: pd.DataFrame | None = None) -> Interactions:
        """Return the same value with other rows, written down once, and only the names that they use."""
        held = self.store.add(rows)
        codes = held.select(code="sender").union(held.filter(held.recipient.notnull()).select(code="recipient"))
        used = np.sort(codes.distinct().to_pyarrow()["code"].to_numpy())
        result = replace(
            self,
            rows=held,
            losses=self.losses if losses is None else losses,
            provenance=continued(self.provenance, provenance),
            _facts={},
        )
        if len(used) == len(self.names):
            return result
        mapping = np.full(len(self.names), -1, dtype=np.int64)
        mapping[used] = np.arange(len(used))
        return result._recode(mapping, self.names[used])

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
        renamed = np.array([new_ids.get(name, name) for name in self.people], dtype=object)
        names = np.array(sorted(set(renamed.tolist())), dtype=object)
        place = {name: code for code, name in enumerate(names.tolist())}
        mapping = np.array([place[name] for name in renamed.tolist()], dtype=np.int64)
        result = self._recode(mapping, names)
        return replace(
            result,
            accounts=self.accounts.assign(account=self.accounts["account"].map(lambda a: new_ids.get(a, a))),
            memberships=self.memberships.assign(account=self.memberships["account"].map(lambda a: new_ids.get(a, a))),
            provenance=continued(self.provenance, provenance),
        )

    def _recode(self, mapping: npt.NDArray[np.int64], names: npt.NDArray[np.object_]) -> Interactions:
        """Apply a mapping of old numbers to new ones."""
        return replace(self, rows=self.store.add(renumbered(self.rows, mapping)), names=names, _facts={})

    def automated_names(self) -> list[str]:
        """Return the accounts that are machines or lists, by what sources say, by name and by behaviour; sorted."""
        names = self.people
        return [names[code] for code in automated_accounts(self, self.rows)]

    def clean(
        self, *, period: PeriodLike = None, max_recipients: int = 20, keep_automated: bool = False
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

        Returns
        -------
        Interactions
            With one line more in `losses` for every reason that removed something.

        Raises
        ------
        PeriodError
            If the period holds no interaction although there are some outside it.
        """
        return clean(self, period=period, max_recipients=max_recipients, keep_automated=keep_automated)
