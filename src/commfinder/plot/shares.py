"""How many people declared groups and found communities share, and the order in which few bands cross."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.communities import Communities
from commfinder.plot.styles import by_verdict

__all__ = ["NONE", "OTHERS", "Shares", "crossings", "read_shares"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

OTHERS, NOWHERE, UNSEEN = "smaller communities", "in no community", "not in the graph"
NONE = (NOWHERE, UNSEEN)
"""Blocks of people who are in no community."""
_SWEEPS = 24


@dataclass(frozen=True, eq=False)
class Shares:
    """Two columns of blocks and the bands between them.

    Parameters
    ----------
    left : pandas.DataFrame
        group, size, verdict (missing where there is none), height (people in its bands), block (verdicts keep
        together).
    right : pandas.DataFrame
        community, size, unit, hidden (whether nobody declared it), height (people in its bands and those of no declared
        group), block.
    bands : ndarray of int64, shape (groups, communities)
        People shared.
    groups : int
        How many groups there are, drawn or not.
    """

    left: pd.DataFrame
    right: pd.DataFrame
    bands: IntArray
    groups: int

    def untangled(self) -> Shares:
        """Return the same in an order in which few bands cross; blocks of one kind keep together."""
        block = self.left["block"].to_numpy(), self.right["block"].to_numpy()
        order = np.lexsort((np.arange(len(block[0])), block[0])), np.lexsort((np.arange(len(block[1])), block[1]))
        best, fewest = order, crossings(self.bands[np.ix_(*order)])
        for turn in range(_SWEEPS):
            if fewest == 0:
                break
            side = 1 - turn % 2
            bands = (self.bands if side == 0 else self.bands.T)[:, order[1 - side]]
            place = np.arange(bands.shape[1])
            total = bands.sum(axis=1)
            mean = np.divide(bands @ place, total, out=np.full(len(bands), np.inf), where=total > 0)
            # Of equal places, the present order is kept: the result hangs on nothing else.
            now = np.argsort(order[side])
            moved = np.lexsort((now, mean, block[side]))
            order = (moved, order[1]) if side == 0 else (order[0], moved)
            count = crossings(self.bands[np.ix_(*order)])
            if count < fewest:
                best, fewest = order, count
        left, right = self.left.iloc[best[0]], self.right.iloc[best[1]]
        return replace(
            self,
            left=left.reset_index(drop=True),
            right=right.reset_index(drop=True),
            bands=self.bands[np.ix_(*best)],
        )


def crossings(bands: npt.NDArray[np.signedinteger]) -> int:
    """Count crossings of bands, each weighted by the people of both.

    Parameters
    ----------
    bands : ndarray of int, shape (left, right)
        People shared, in the order drawn.

    Returns
    -------
    int
        Sum over pairs of bands (i, j), (k, l) with i < k and j > l of the product of their people.

    Examples
    --------
    >>> crossings(np.array([[0, 2], [3, 0]])), crossings(np.array([[2, 0], [0, 3]]))
    (6, 0)
    """
    whole = bands.astype(np.int64)
    # People in the rows below whose band ends further left.
    below = whole.sum(axis=0) - np.cumsum(whole, axis=0)
    before = np.cumsum(below, axis=1) - below
    return int((whole * before).sum())


def read_shares(
    rosters: pd.DataFrame, found: Communities, *, hidden: set[str], verdict: Mapping[str, str], most: int
) -> Shares:
    """Count the people that groups and communities share.

    Parameters
    ----------
    rosters : pandas.DataFrame
        group and person.
    found : Communities
        The communities.
    hidden : set of str
        Communities that nobody declared.
    verdict : mapping of str to str
        Verdict by group.
    most : int
        Most blocks of either side.

    Returns
    -------
    Shares
        By size, not yet in an order without crossings.
    """
    sizes = rosters.groupby("group").size().rename("size").reset_index()
    sizes = sizes.sort_values(["size", "group"], ascending=[False, True]).head(most).reset_index(drop=True)
    drawn = rosters[rosters["group"].isin(sizes["group"])]
    inside = found.members.dropna(subset=["community"])[["person", "community"]]
    joined = drawn.merge(inside, on="person", how="left")
    known = joined["person"].isin(found.graph.people["person"])
    where = joined["community"].astype("string")
    joined["community"] = where.mask(where.isna() & known, NOWHERE).mask(where.isna() & ~known, UNSEEN)
    free = ~inside["person"].isin(rosters["person"])
    right = found.summary[["community", "size", "main_unit"]].rename(columns={"main_unit": "unit"})
    right = right.assign(
        free=right["community"].map(inside[free].groupby("community").size()).fillna(0).astype("int64"),
        hidden=right["community"].isin(hidden),
    )
    right, joined = _pooled(right, joined, most)
    ends = [name for name in NONE if (joined["community"] == name).any()]
    counts = joined.groupby("community")["person"].nunique()
    right = _and(right, [{"community": name, "size": int(counts[name]), "free": 0, "hidden": False} for name in ends])
    rows, columns = sizes["group"].tolist(), right["community"].tolist()
    bands = pd.crosstab(joined["group"], joined["community"]).reindex(index=rows, columns=columns, fill_value=0)
    words = sizes["group"].map(lambda name: verdict.get(str(name)))
    matrix = bands.to_numpy(dtype=np.int64)
    left = sizes.assign(verdict=words, height=matrix.sum(axis=1), block=[by_verdict(str(word)) for word in words])
    blocks = [_block(name, bool(own)) for name, own in zip(right["community"], right["hidden"], strict=True)]
    right = right.assign(height=matrix.sum(axis=0) + right["free"].to_numpy(dtype=np.int64), block=blocks)
    return Shares(left, right, matrix, rosters["group"].nunique())


def _block(name: str, hidden: bool) -> int:
    """Return which part of the right column a block belongs to: declared, the rest, hidden, nowhere."""
    return 3 if name in NONE else 2 if hidden else 1 if name == OTHERS else 0


def _and(right: pd.DataFrame, lines: list[dict[str, Any]]) -> pd.DataFrame:
    """Add blocks that are no communities."""
    if not lines:
        return right
    more = pd.DataFrame(lines).assign(unit=pd.Series([None] * len(lines), dtype="string"))
    return pd.concat([right, more[list(right.columns)]], ignore_index=True)


def _pooled(right: pd.DataFrame, joined: pd.DataFrame, most: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put the communities beyond the `most` largest together; those that nobody declared go first."""
    if len(right) <= most:
        return right, joined
    order = right.sort_values(["hidden", "size", "community"], ascending=[False, False, True])
    kept, rest = order.head(max(most - 1, 1)), order.iloc[max(most - 1, 1) :]
    pool = {"community": OTHERS, "size": int(rest["size"].sum()), "free": int(rest["free"].sum()), "hidden": False}
    joined = joined.assign(community=joined["community"].where(~joined["community"].isin(rest["community"]), OTHERS))
    kept = right[right["community"].isin(kept["community"])]
    return _and(kept, [pool]), joined
