"""What every engine takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from commfinder.communities.ties import Ties

__all__ = ["OBJECTIVES", "Engine", "Task"]

Labels = npt.NDArray[np.int32]

OBJECTIVES = ("modularity", "cpm")


@dataclass(frozen=True, eq=False)
class Task:
    """One search for communities: the ties, what is maximised, and the limits.

    Parameters
    ----------
    ties : Ties
        The ties.
    objective : {"modularity", "cpm"}
        Modularity, sum over communities of w_in - resolution K²/4m; or the constant Potts model, sum over communities
        of w_in - resolution S(S - 1)/2 for sizes of one (in general, resolution times the sum over pairs of the
        product of their sizes).
    resolution : float
        Above zero.
    sizes : ndarray of float64, shape (n,), optional
        Sizes of people in the constant Potts model, not below zero; None for 1 each. Modularity has none.
    start : ndarray of int32, shape (n,), optional
        Labels to start from; None for everybody alone.
    fixed : ndarray of bool, shape (n,), optional
        Who stays in the community of `start`.
    max_size : int
        Most people in a community; 0 for no limit.
    iterations : int
        Most iterations of Leiden; 0 for as many as improve anything.
    """

    ties: Ties
    objective: str = "modularity"
    resolution: float = 1.0
    sizes: npt.NDArray[np.float64] | None = None
    start: Labels | None = None
    fixed: npt.NDArray[np.bool_] | None = None
    max_size: int = 0
    iterations: int = 2


class Engine(Protocol):
    """A way of finding communities."""

    name: str
    can: frozenset[str]
    """Which of sizes, start, fixed and max_size it can take."""

    def __call__(self, task: Task, seed: int) -> Labels:
        """Return canonical labels; whoever has no tie is alone. Equal seeds give equal labels."""
        ...
