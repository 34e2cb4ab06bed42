"""How exactly a number of people may be said.

A number from 1 to k - 1 is never said, nor can it be worked out. Every function here sorts the possible true values
into cells, and which cells there are depends only on what the reader knows anyway. So the reader learns the cell and
nothing else: there is no cell that is used "only where there was something to hide", from which it could be guessed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

__all__ = [
    "Band",
    "active_band",
    "audience_band",
    "core_band",
    "number_band",
    "overlap_words",
    "part_band",
    "unit_band",
    "units_band",
]

_CORE_SHARES = {"real": (0.6, 1.01), "core-only": (0.2, 0.6)}
"""What the verdict alone tells of the core as a share of the active: from, and less than."""

_ROUNDING = 1e-9  # 0.2 * 15 is a little more than 3


class Band(NamedTuple):
    """The smallest and the largest value that a number can have as far as the reader is told."""

    low: int
    high: int

    @property
    def exact(self) -> bool:
        """Whether the number is said as it is."""
        return self.low == self.high


def number_band(value: int, k: int) -> Band:
    """Band for a number of people that is part of nothing else that is shown.

    Zero shares the cell of the small numbers, because a second statement (such as "at least a fifth as many") could
    otherwise leave just one of them.

    Parameters
    ----------
    value : int
        The true number.
    k : int
        The smallest number of people that may be shown.

    Returns
    -------
    Band

    Examples
    --------
    >>> number_band(3, 5), number_band(7, 5)
    (Band(low=0, high=4), Band(low=7, high=7))
    """
    return Band(0, k - 1) if value < k else Band(value, value)


def active_band(active: int, size: int, k: int) -> Band:
    """Band for those of a group who were active, where the size of the group is known.

    Parameters
    ----------
    active, size : int
        Members who were active, and members.
    k : int
        The smallest number of people that may be shown.

    Returns
    -------
    Band
        Exact where neither the active nor the others are few; nobody, few, and nearly all are cells of their own.

    Examples
    --------
    >>> active_band(18, 23, 5), active_band(21, 23, 5)
    (Band(low=18, high=18), Band(low=19, high=23))
    """
    if active == 0:
        return Band(0, 0)
    if active < k:
        return Band(1, min(k - 1, size))
    return part_band(active, Band(size, size), k)


def part_band(part: int, whole: Band, k: int) -> Band:
    """Band for a part of a whole which itself may be known as a band only.

    Parameters
    ----------
    part : int
        The true number.
    whole : Band
        What the reader knows of the whole.
    k : int
        The smallest number of people that may be shown.

    Returns
    -------
    Band
    """
    if part < k:
        return Band(0, k - 1)
    if part <= whole.low - k:
        return Band(part, part)
    return Band(max(k, whole.low - k + 1), whole.high)


def core_band(core: int, active: Band, verdict: str, k: int) -> Band:
    """Band for the core of a group, where the verdict already tells something of its share.

    Parameters
    ----------
    core : int
        The true number.
    active : Band
        What the reader knows of the active members.
    verdict : str
        The verdict that stands beside the number.
    k : int
        The smallest number of people that may be shown.

    Returns
    -------
    Band
        Where ``low < k <= high``, nothing should be said of the core.

    Examples
    --------
    >>> core_band(12, Band(18, 18), "real", 5), core_band(4, Band(20, 20), "core-only", 5)
    (Band(low=12, high=12), Band(low=4, high=5))
    """
    least, less_than = _CORE_SHARES.get(verdict, (0.0, 1.01))

    def place(value: int) -> tuple[int, int]:
        # A core that some possible numbers of active members would rule out would tell which number it is.
        if value < k or (not active.exact and value < least * active.high):
            return (0, 0)
        if value > active.low - k or (not active.exact and value >= less_than * active.low):
            return (2, 0)
        return (1, value)

    def telling(value: int) -> bool:
        return 0 < value < k or (active.exact and 0 < active.low - value < k)

    lowest = min(core, math.ceil(least * active.low - _ROUNDING))
    highest = max(core, min(active.high, math.ceil(less_than * active.high - _ROUNDING) - 1))
    cells = _merged(_cells(lowest, highest, place), telling)
    found = next((cell for cell in cells if cell[0] <= core <= cell[-1]), None)
    if not active.exact and active.low < 2 * k:
        found = None  # with so few, each number that is said narrows down how many were active
    return Band(0, active.high) if found is None else Band(found[0], found[-1])


def audience_band(audience: int, active: Band, core: Band, k: int) -> Band:
    """Band for the audience, such that those who are neither core nor audience stay hidden too.

    Parameters
    ----------
    audience : int
        The true number.
    active, core : Band
        What the reader knows of the active members and of the core.
    k : int
        The smallest number of people that may be shown.

    Returns
    -------
    Band
    """
    if not core.exact and (core.high >= k or active.high < 3 * k):
        # The audience would narrow down the core, or how many were active.
        return Band(0, active.high)
    if audience < k:
        return Band(0, k - 1)
    if core.exact:
        return part_band(audience, Band(active.low - core.low, active.high - core.low), k)
    return part_band(audience, active, k)


def units_band(units: int, size: int) -> Band:
    """Band for the number of units that a community spans.

    With nearly as many units as people, each unit would be known to hold one or two.

    Parameters
    ----------
    units, size : int
        Units and people.

    Returns
    -------
    Band
    """
    most = size // 2
    return Band(units, units) if units <= most else Band(most + 1, size)


def unit_band(part: int, size: int, units: Band, k: int) -> Band | None:
    """Band for the people that a community has in its main unit, where its size and number of units are known.

    Parameters
    ----------
    part, size : int
        People in the main unit, and people.
    units : Band
        What the reader knows of the number of units.
    k : int
        The smallest number of people that may be shown.

    Returns
    -------
    Band or None
        None where every cell would give away a small number. The unit may be named only where ``low >= k``.
    """

    def place(value: int) -> tuple[int, int]:
        few = value < k
        return (0, 0) if few else (2, 0) if size - value < k else (1, value)

    lowest, highest = math.ceil(size / units.high), size - units.low + 1
    cells = _cells(lowest, highest, place)
    cells = _merged(cells, lambda value: 0 < value < k or 0 < size - value < k)
    found = next((cell for cell in cells if cell[0] <= part <= cell[-1]), None)
    return None if found is None else Band(found[0], found[-1])


def overlap_words(shared: float, first: int, second: int, k: int) -> str:
    """Say in words how far two sets of people are the same, where both sizes are known.

    Parameters
    ----------
    shared : float
        The Jaccard index.
    first, second : int
        The sizes of the two sets.
    k : int
        The smallest number of people that may be shown.

    Returns
    -------
    str
        ``""`` where any wording would give away a small number.

    Examples
    --------
    >>> overlap_words(0.7, 20, 18, 5)
    'mostly the same people'
    >>> overlap_words(0.7, 5, 8, 5)
    'a good part of the people in common'
    """
    if min(first, second) < k or not shared > 0:
        return ""
    wordings = (
        ((0.0, "few people in common"), (0.2, "some people in common"), (0.5, "mostly the same people")),
        ((0.0, "some people in common"), (0.5, "mostly the same people")),
        ((0.0, "few people in common"), (0.2, "a good part of the people in common")),
    )
    for wording in wordings:
        if _safe_wording([low for low, _ in wording], first, second, k):
            return [word for low, word in wording if shared >= low][-1]
    return ""


def _safe_wording(lows: list[float], first: int, second: int, k: int) -> bool:
    """Say whether no word leaves a single possible overlap with a small number in it."""

    def place(both: int) -> tuple[int, int]:
        shared = both / (first + second - both)
        return (sum(shared >= low for low in lows), 0)

    def few(both: int) -> bool:
        return any(0 < count < k for count in (both, first - both, second - both))

    return not any(len(cell) == 1 and few(cell[0]) for cell in _cells(1, min(first, second), place))


def _cells(lowest: int, highest: int, place: Callable[[int], tuple[int, int]]) -> list[list[int]]:
    """Sort the possible values into cells, in order."""
    cells: dict[tuple[int, int], list[int]] = {}
    for value in range(lowest, highest + 1):
        cells.setdefault(place(value), []).append(value)
    return list(cells.values())


def _merged(cells: list[list[int]], few: Callable[[int], bool]) -> list[list[int]]:
    """Join cells of one telling value with a neighbour until there are none; no cells, if that can not be."""
    while True:
        telling = next((at for at, cell in enumerate(cells) if len(cell) == 1 and few(cell[0])), None)
        if telling is None:
            return cells
        if len(cells) == 1:
            return []
        at = min(telling, len(cells) - 2) if telling == 0 else telling - 1
        cells = [*cells[:at], cells[at] + cells[at + 1], *cells[at + 2 :]]
