"""Find groups so alike that the difference of their numbers would speak of a few people."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from commfinder import _validate

__all__ = ["too_alike"]


def too_alike(members: pd.DataFrame, k: int) -> frozenset[str]:
    """Find the groups whose members differ by 1 to k - 1 people from those of a group that comes before.

    Larger groups come first, then the alphabet decides; so which group is named depends on the rosters alone, which
    the reader knows, and not on anybody's activity.

    Parameters
    ----------
    members : pandas.DataFrame
        group and person.
    k : int
        The smallest number of people that may be shown.

    Returns
    -------
    frozenset of str

    Examples
    --------
    >>> import pandas as pd
    >>> people = [f"p{i}" for i in range(20)]
    >>> rosters = pd.DataFrame({"group": ["A"] * 20 + ["B"] * 19, "person": people + people[1:]})
    >>> sorted(too_alike(rosters, 5))
    ['B']
    """
    frame = _validate.columns(members, ["group", "person"], what="The frame of members")
    pairs = frame[["group", "person"]].drop_duplicates()
    if pairs.empty:
        return frozenset()
    groups, names = pd.factorize(pairs["group"].astype(str), sort=True)
    people, _ = pd.factorize(pairs["person"].astype(str))
    roster = sparse.csr_array((np.ones(len(groups), dtype=np.int64), (groups, people)))
    sizes: np.ndarray[tuple[int], np.dtype[np.int64]] = np.asarray(roster.sum(axis=1)).ravel()
    both = (roster @ roster.T).tocoo()
    apart = sizes[both.row] + sizes[both.col] - 2 * both.data
    close: dict[int, set[int]] = {}
    for one, other in zip(both.row[(apart > 0) & (apart < k)], both.col[(apart > 0) & (apart < k)], strict=True):
        close.setdefault(int(one), set()).add(int(other))
    shown: set[int] = set()
    for at in sorted(close, key=lambda at: (-int(sizes[at]), at)):
        if not close[at] & shown:
            shown.add(at)
    return frozenset(str(names[at]) for at in close if at not in shown)
