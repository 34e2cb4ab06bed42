"""The directory: who is in the organisation, in which unit, at which site, under whom."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from commfinder import _validate
from commfinder.errors import InputError
from commfinder.interactions import Interactions, Loss
from commfinder.people.columns import dates, named, place, read_delimited
from commfinder.provenance import Provenance, file_digest, record
from commfinder.result import Result

__all__ = ["Directory", "canonical_address", "read_people"]

_KNOWN = ("person", "unit", "site", "manager", "level", "addresses", "since", "until")
_SEPARATORS = re.compile(r"[;,|\s]+")
_BRACKETED = re.compile(r"<([^<>]*)>")
_NAMED = re.compile(r"(?:\"[^\"]*\"|[^;,|<>\"])*<[^<>]*>")


@dataclass(frozen=True, eq=False, repr=False)
class Directory(Result):
    """People with their units, sites, managers, levels and addresses, each row valid for an interval.

    Make one with `commfinder.read_people`, `Directory.from_frame` or `Directory.from_accounts`.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per person and interval: person, unit, site, manager, level, addresses (a tuple), since, until, and any
        further attributes; missing where it is not known.
    losses : tuple of Loss
        What was odd in the input, and what was not used.
    provenance : Provenance
        What made this value.
    """

    frame: pd.DataFrame
    losses: tuple[Loss, ...]
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/directory/1"

    @classmethod
    def from_frame(cls, data: Any, *, source: str = "people", **columns: str) -> Directory:
        """Make a directory from a pandas, Polars or PyArrow table.

        Parameters
        ----------
        data : frame-like
            Needs ``person``; ``unit``, ``site``, ``manager`` (a person id), ``level`` (a number, 0 at the top),
            ``addresses`` (separated by semicolons, commas or spaces, or a list), ``since`` and ``until`` (dates,
            `until` outside) are used where present. Further columns are kept as attributes.
        source : str, default "people"
            A name for the input in the account of what was odd.
        **columns : str
            Which column it is, where the name differs, for example ``person="EMPLOYEE_ID"``.

        Returns
        -------
        Directory

        Raises
        ------
        ColumnError
            If there is no column of persons.
        InputError
            If a date can not be read or nobody is left.

        Examples
        --------
        >>> Directory.from_frame({"person": ["ada", "ben"], "unit": ["R&D", "R&D"]})
        <Directory: 2 people, 1 unit>
        """
        what = "The table of people"
        frame = named(data, _KNOWN, columns, what=what)
        _validate.columns(frame, ["person"], what=what, hint="Say which it is: person='EMPLOYEE_ID'.")
        clean = pd.DataFrame({"person": _validate.texts(frame["person"], what="The column 'person'")})
        for name in ("unit", "site", "manager"):
            empty = pd.Series(pd.NA, frame.index, dtype="string")
            clean[name] = _validate.texts(frame[name], what=f"The column {name!r}") if name in frame else empty
        given = frame["level"] if "level" in frame else pd.Series(pd.NA, frame.index, dtype="Float64")
        clean["level"] = pd.to_numeric(given, errors="coerce").astype("Float64")
        raw = frame["addresses"] if "addresses" in frame else [()] * len(frame)
        clean["addresses"] = pd.Series([_addresses(value) for value in raw], index=frame.index, dtype=object)
        for name in ("since", "until"):
            clean[name] = (
                dates(frame[name], column=name)
                if name in frame
                else pd.Series(pd.NaT, frame.index, dtype="datetime64[us, UTC]")
            )
        for name in frame.columns:
            if name not in _KNOWN:
                clean[name] = frame[name]
        clean, losses = _checked(clean, source, lost_level=given.notna() & clean["level"].isna())
        return cls(clean, losses, record("read_people"))

    @classmethod
    def from_accounts(cls, inter: Interactions) -> Directory:
        """Make a directory from what the sources say of accounts.

        Parameters
        ----------
        inter : Interactions
            Interactions that carry accounts.

        Returns
        -------
        Directory
            The accounts of people (not of bots, lists and rooms), with the unit where a source names one; without
            anybody where there is nobody.
        """
        said = inter.accounts.loc[inter.accounts["kind"] == "person", ["account", "unit", "address"]]
        known = said.groupby("account", as_index=False, sort=True).first()
        frame = pd.DataFrame(
            {"person": known["account"], "unit": known["unit"], "addresses": known["address"].fillna("")}
        )
        if frame.empty:
            frame = pd.DataFrame({"person": inter.people})
        if frame.empty:
            # A file of people without anybody is a mistake; a source without anybody is only empty.
            somebody = cls.from_frame({"person": ["somebody"]}, source="accounts")
            return replace(somebody, frame=somebody.frame.iloc[:0])
        return cls.from_frame(frame, source="accounts")

    @property
    def people(self) -> list[str]:
        """Ids of everybody, sorted."""
        return sorted(self.frame["person"].unique().tolist())

    def at(self, moment: pd.Timestamp | None = None) -> pd.DataFrame:
        """Return one row per person: the one that is valid at a moment, or else the latest before it, or the first.

        Parameters
        ----------
        moment : pandas.Timestamp, optional
            With a zone; None takes everybody's latest row.

        Returns
        -------
        pandas.DataFrame
            Sorted by person.

        Raises
        ------
        InputError
            If the moment has no zone.
        """
        if moment is not None and getattr(moment, "tzinfo", None) is None:
            raise InputError(
                f"The moment {moment!r} has no time zone.", hint="Pass pandas.Timestamp('2026-07-01', tz='UTC')."
            )
        frame = self.frame.sort_values(["person", "since"], na_position="first", kind="stable")
        if moment is not None:
            begun = frame["since"].isna() | (frame["since"] <= moment)
            anybody = begun.groupby(frame["person"]).transform("any")
            frame = frame[begun | ~anybody]
            late = frame["since"].notna() & (frame["since"] > moment)
            first = frame[late].drop_duplicates("person", keep="first")
            frame = pd.concat([frame[~late], first])
        return frame.drop_duplicates("person", keep="last").sort_values("person").reset_index(drop=True)

    def rename(self, new_ids: Mapping[str, str], provenance: Provenance) -> Directory:
        """Give people other ids; their addresses are dropped, since they would give the old ids away."""
        frame = self.frame.assign(
            person=self.frame["person"].map(lambda one: new_ids.get(one, one)),
            manager=self.frame["manager"].map(lambda one: new_ids.get(one, one), na_action="ignore").astype("string"),
            addresses=pd.Series([()] * len(self.frame), index=self.frame.index, dtype=object),
        )
        frame = frame[[name for name in _KNOWN if name in frame]]
        frame = frame.sort_values(["person", "since"], na_position="first", kind="stable").reset_index(drop=True)
        return replace(self, frame=frame, provenance=provenance)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per person and interval; addresses are joined by semicolons."""
        return self.frame.assign(addresses=[";".join(value) for value in self.frame["addresses"]])

    def __len__(self) -> int:
        return len(self.people)

    def __repr__(self) -> str:
        units = self.frame["unit"].nunique()
        return f"<Directory: {len(self)} people, {units} unit{'' if units == 1 else 's'}>"


def read_people(data: str | Path | Any, **columns: str) -> Directory:
    """Read the directory: who is in the organisation, in which unit, at which site, under whom.

    Parameters
    ----------
    data : path or frame-like
        A CSV file (comma, semicolon or tab), or a pandas, Polars or PyArrow table. Columns: ``person`` and any of
        ``unit``, ``site``, ``manager``, ``level``, ``addresses``, ``since``, ``until``, and further attributes.
    **columns : str
        Which column it is, where the name differs, for example ``person="EMPLOYEE_ID"``.

    Returns
    -------
    Directory

    Raises
    ------
    MissingFileError
        If the file is not there.
    ColumnError
        If there is no column of persons.
    """
    if not isinstance(data, str | Path):
        return Directory.from_frame(data, **columns)
    path = _validate.existing(data, what="The file of people")
    frame, losses = read_delimited(path)
    found = Directory.from_frame(frame, source=path.name, **columns)
    inputs = {path.name: file_digest(path)}
    return replace(found, losses=(*losses, *found.losses), provenance=record("read_people", inputs=inputs))


def canonical_address(value: str) -> str:
    """Write an address or account name the one way in which it is compared: NFKC, stripped, lower case.

    Examples
    --------
    >>> canonical_address(" SMTP:Ada@X.org ")
    'ada@x.org'
    """
    plain = unicodedata.normalize("NFKC", value).strip().lower()
    return plain.removeprefix("mailto:").removeprefix("smtp:").strip()


def _addresses(value: Any) -> tuple[str, ...]:
    """Split a cell of addresses; of ``Ada Lee <ada@x.org>`` only what stands in brackets is one."""
    if isinstance(value, str):
        bracketed = _BRACKETED.findall(value)
        parts = bracketed + _SEPARATORS.split(_NAMED.sub(" ", value))
    elif isinstance(value, Sequence) or hasattr(value, "tolist"):
        items = value.tolist() if hasattr(value, "tolist") else list(value)
        return tuple(
            dict.fromkeys(one for item in (items if isinstance(items, list) else [items]) for one in _addresses(item))
        )
    elif value is None or value is pd.NA or value != value:
        return ()
    else:
        parts = [str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)]
    return tuple(dict.fromkeys(one for part in parts if (one := canonical_address(part))))


def _checked(frame: pd.DataFrame, source: str, *, lost_level: pd.Series[Any]) -> tuple[pd.DataFrame, tuple[Loss, ...]]:
    """Drop rows without a person and repeated rows; count what is odd but usable."""
    losses = []

    def count(which: pd.Series[Any], reason: str, advice: str) -> None:
        if which.any():
            losses.append(Loss("people", source, reason, int(which.sum()), "rows", place(which), advice))

    nameless = frame["person"].isna()
    count(nameless, "row without a person: not used", "Fill the column 'person'.")
    repeated = frame.duplicated(["person", "since"]) & ~nameless
    count(repeated, "person listed again: first row used", "Give the rows 'since' dates, or remove one.")
    backwards = (frame["until"] <= frame["since"]).fillna(False)
    count(backwards, "interval ends before it begins: not used", "Mend 'since' and 'until'.")
    frame = frame[~(nameless | repeated | backwards)]
    count(lost_level & ~(nameless | repeated | backwards), "level is no number: kept, level unknown", "Number it.")
    if frame.empty:
        raise InputError(f"{source} names nobody.", need="At least one row with a person is needed.")
    if frame["unit"].notna().any():
        count(frame["unit"].isna(), "person in no unit: kept, unit unknown", "Fill the column 'unit'.")
    unknown = frame["manager"].notna() & ~frame["manager"].isin(frame["person"])
    count(unknown, "manager is not in the table: kept, manager unknown", "Add the manager, or empty the cell.")
    own = (frame["manager"] == frame["person"]).fillna(False).astype(bool)
    count(own, "person is their own manager: kept, manager unknown", "Empty the cell, or name the manager.")
    frame = frame.assign(manager=frame["manager"].mask(unknown | own))
    return frame.sort_values(["person", "since"], na_position="first").reset_index(drop=True), tuple(losses)
