"""Declared groups: which communities, teams and channels somebody says there are, and who is in them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from commfinder import _validate
from commfinder.errors import InputError, nearest
from commfinder.interactions import Interactions, Loss
from commfinder.people.columns import dates, named, place, read_delimited
from commfinder.period import PeriodLike, parse_period
from commfinder.provenance import Provenance, file_digest, record
from commfinder.result import Result

__all__ = ["DeclaredGroups", "read_groups"]

_TEXT = ("kind", "goal", "role", "space")
_COLUMNS = ("group", "person", "kind", "goal", "role", "since", "until", "space")


@dataclass(frozen=True, eq=False, repr=False)
class DeclaredGroups(Result):
    """Which groups are declared and who is in them: one row per group, person and interval.

    Make one with `commfinder.read_groups`, `DeclaredGroups.from_frame` or `DeclaredGroups.from_memberships`.

    Parameters
    ----------
    frame : pandas.DataFrame
        group, person, kind, goal, role, since, until, space.
    losses : tuple of Loss
        What was odd in the input, and what was not used.
    provenance : Provenance
        What made this value.
    """

    frame: pd.DataFrame
    losses: tuple[Loss, ...]
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/groups/1"

    @classmethod
    def from_frame(cls, data: Any, *, source: str = "groups", **columns: str) -> DeclaredGroups:
        """Make declared groups from a pandas, Polars or PyArrow table.

        Parameters
        ----------
        data : frame-like
            Needs ``group`` and ``person``; ``kind``, ``goal``, ``role``, ``since``, ``until`` (outside) and ``space``
            (the group's own list, channel or board; several are separated by semicolons) are used where present.
        source : str, default "groups"
            A name for the input in the account of what was odd.
        **columns : str
            Which column it is, where the name differs, for example ``group="team"``.

        Returns
        -------
        DeclaredGroups

        Raises
        ------
        ColumnError
            If groups or persons have no column.
        InputError
            If a date can not be read or no row is left.

        Examples
        --------
        >>> DeclaredGroups.from_frame({"team": ["x", "x"], "person": ["ada", "ben"]}, group="team")
        <DeclaredGroups: 1 group, 2 people>
        """
        what = "The table of groups"
        frame = named(data, _COLUMNS, columns, what=what)
        _validate.columns(frame, ["group", "person"], what=what, hint="Say which it is: group='team'.")
        clean = pd.DataFrame(index=frame.index)
        for name in ("group", "person", *_TEXT):
            empty_text = pd.Series(pd.NA, frame.index, dtype="string")
            clean[name] = _validate.texts(frame[name], what=f"The column {name!r}") if name in frame else empty_text
        for name in ("since", "until"):
            empty = pd.Series(pd.NaT, frame.index, dtype="datetime64[us, UTC]")
            clean[name] = dates(frame[name], column=name) if name in frame else empty
        losses: list[Loss] = []

        def drop(which: pd.Series[Any], reason: str, advice: str | None = None) -> pd.DataFrame:
            if which.any():
                losses.append(Loss("groups", source, reason, int(which.sum()), "rows", place(which), advice))
            return clean[~which]

        nobody = clean["group"].isna() | clean["person"].isna()
        clean = drop(nobody, "row without a group or a person: not used", "Fill both cells.")
        backwards = (clean["until"] <= clean["since"]).fillna(False).astype(bool)
        clean = drop(backwards, "interval ends before it begins: not used", "Mend 'since' and 'until'.")
        again = clean.duplicated(["group", "person", "since", "until"])
        clean = drop(again, "member listed again in the same group: counted once")
        clean = clean.sort_values(["group", "person", "since"], na_position="first", kind="stable")
        if clean.empty:
            raise InputError(
                f"{source} declares no group.", need="At least one row with a group and a person is needed."
            )
        return cls(clean[list(_COLUMNS)].reset_index(drop=True), tuple(losses), record("read_groups"))

    @classmethod
    def from_memberships(cls, inter: Interactions, *, kind: str = "channel") -> DeclaredGroups:
        """Make declared groups from who belongs to which channel or list, as far as the sources say.

        Parameters
        ----------
        inter : Interactions
            Interactions that carry memberships.
        kind : str, default "channel"
            Kind of the groups.

        Returns
        -------
        DeclaredGroups
            Every space is a group, and its own space.
        """
        known = inter.memberships
        if known.empty:
            raise InputError(
                "The sources say nothing of who belongs to which channel or list.",
                hint="Declare the groups in a table: commfinder.read_groups.",
            )
        frame = known.rename(columns={"space": "group", "account": "person"}).assign(kind=kind, space=known["space"])
        return cls.from_frame(frame, source="memberships")

    @property
    def names(self) -> list[str]:
        """Names of the groups, sorted."""
        return sorted(self.frame["group"].unique().tolist())

    def about(self, group: str) -> dict[str, Any]:
        """Return kind, goal and spaces of a group: the first that its rows name.

        Parameters
        ----------
        group : str
            Name of the group.

        Returns
        -------
        dict
            ``kind`` and ``goal`` (None where not known) and ``spaces``, a tuple.

        Raises
        ------
        InputError
            If there is no such group.
        """
        rows = self._of(group)
        first = {name: rows[name].dropna().iloc[0] if rows[name].notna().any() else None for name in ("kind", "goal")}
        cells = rows["space"].dropna().unique()
        spaces = sorted({part.strip() for cell in cells for part in str(cell).split(";") if part.strip()})
        return {**first, "spaces": tuple(spaces)}

    def _of(self, group: str) -> pd.DataFrame:
        """Return the rows of a group."""
        if group not in self._rows:
            raise InputError(f"There is no group {group!r}.", hint=nearest(group, self.names))
        return self.frame.take(self._rows[group])

    @functools.cached_property
    def _rows(self) -> dict[Any, Any]:
        """Places of the rows of each group, found once for all."""
        return dict(self.frame.groupby("group", sort=False).indices)

    def members(self, group: str, period: PeriodLike = None) -> list[str]:
        """Return who is in a group, sorted.

        Parameters
        ----------
        group : str
            Name of the group.
        period : Period, str or pair, optional
            Only people whose membership overlaps it.

        Returns
        -------
        list of str

        Raises
        ------
        InputError
            If there is no such group.
        """
        rows = self._of(group)
        span = parse_period(period)
        if span is not None:
            begun = rows["since"].isna() | (rows["since"] < span.end)
            over = rows["until"].notna() & (rows["until"] <= span.start)
            rows = rows[begun & ~over]
        return sorted(rows["person"].unique().tolist())

    def rename(self, new_ids: Mapping[str, str], provenance: Provenance) -> DeclaredGroups:
        """Give people other ids."""
        frame = self.frame.assign(person=self.frame["person"].map(lambda one: new_ids.get(one, one)))
        frame = frame.drop_duplicates(["group", "person", "since", "until"])
        frame = frame.sort_values(["group", "person", "since"], na_position="first").reset_index(drop=True)
        return replace(self, frame=frame, provenance=provenance)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per group, person and interval."""
        return self.frame.copy()

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        groups, people = len(self), self.frame["person"].nunique()
        return f"<DeclaredGroups: {groups} group{'' if groups == 1 else 's'}, {people} people>"


def read_groups(data: str | Path | Any, **columns: str) -> DeclaredGroups:
    """Read which groups are declared and who is in them.

    Parameters
    ----------
    data : path or frame-like
        A CSV file (comma, semicolon or tab), or a pandas, Polars or PyArrow table. Columns: ``group`` and ``person``,
        and any of ``kind``, ``goal``, ``role``, ``since``, ``until``, ``space``.
    **columns : str
        Which column it is, where the name differs, for example ``group="team"``.

    Returns
    -------
    DeclaredGroups

    Raises
    ------
    MissingFileError
        If the file is not there.
    ColumnError
        If groups or persons have no column.
    """
    if not isinstance(data, str | Path):
        return DeclaredGroups.from_frame(data, **columns)
    path = _validate.existing(data, what="The file of groups")
    frame, losses = read_delimited(path)
    found = DeclaredGroups.from_frame(frame, source=path.name, **columns)
    inputs = {path.name: file_digest(path)}
    return replace(found, losses=(*losses, *found.losses), provenance=record("read_groups", inputs=inputs))
