"""Other rows or other names for the same interactions; names stay those that the rows use, sorted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.interactions.rows import recoded
from commfinder.interactions.words import sorted_names
from commfinder.provenance import Provenance, continued

if TYPE_CHECKING:
    from commfinder.interactions.table import Interactions

__all__ = ["renamed", "with_rows"]

_PEOPLE = ("sender", "recipient")


def with_rows(
    inter: Interactions, rows: ir.Table, provenance: Provenance, *, losses: pd.DataFrame | None, written: bool
) -> Interactions:
    """Apply `Interactions.with_rows`; see there."""
    same = rows is inter.rows
    used = _used(rows)
    names, mappings = inter.names, {}
    if len(used) < len(names):
        mapping = np.full(len(names), -1, dtype=np.int64)
        mapping[used] = np.arange(len(used))
        names, mappings = names[used], dict.fromkeys(_PEOPLE, mapping)
    return replace(
        inter,
        rows=rows if (written or same) and not mappings else inter.store.add(recoded(rows, mappings)),
        names=names,
        losses=inter.losses if losses is None else losses,
        provenance=continued(inter.provenance, provenance),
        # What was found out of the very same rows holds still.
        _facts=dict(inter._facts) if same and not mappings else {},
    )


def renamed(inter: Interactions, new_ids: Mapping[str, str], provenance: Provenance) -> Interactions:
    """Apply `Interactions.rename`; see there."""
    new = np.array([new_ids.get(name, name) for name in inter.names.tolist()], dtype=object)
    names = sorted_names(new.tolist())
    place = {name: code for code, name in enumerate(names.tolist())}
    mapping = np.array([place[name] for name in new.tolist()], dtype=np.int64)
    unmoved = np.array_equal(mapping, np.arange(len(mapping)))
    return replace(
        inter,
        rows=inter.rows if unmoved else inter.store.add(recoded(inter.rows, dict.fromkeys(_PEOPLE, mapping))),
        names=names,
        accounts=inter.accounts.assign(account=inter.accounts["account"].map(lambda one: new_ids.get(one, one))),
        memberships=inter.memberships.assign(
            account=inter.memberships["account"].map(lambda one: new_ids.get(one, one))
        ),
        provenance=continued(inter.provenance, provenance),
        _facts={},
    )


def _used(rows: ir.Table) -> npt.NDArray[np.int64]:
    """Return the numbers of the names that rows use, sorted."""
    codes = rows.select(code="sender").union(rows.filter(rows.recipient.notnull()).select(code="recipient"))
    return np.sort(codes.distinct().to_pyarrow()["code"].to_numpy())
