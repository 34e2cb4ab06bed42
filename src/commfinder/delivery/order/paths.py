"""The usual path of work through roles, what has no order in it, and the whole sequences that occur."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from commfinder import _validate
from commfinder.delivery.cases.find import Cases
from commfinder.delivery.order.lines import Lines, line_up, times_in_order

__all__ = ["KINDS", "Path", "Variant", "lines_of", "names_of", "usual_path", "variants"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

KINDS = ("role", "unit", "activity", "person")
"""What a sequence can be one of."""

_PLURAL = {"role": "roles", "unit": "units", "activity": "activities", "person": "people"}
_LEVEL = 0.05


@dataclass(frozen=True)
class Variant:
    """One whole sequence of roles, each at its first act, and how many cases have it.

    Parameters
    ----------
    roles : tuple of str
        The sequence.
    cases : int
        Cases that have exactly this sequence.
    share : float
        Their share of all cases.
    in_order : bool
        Whether no two of its roles come in the reverse of their order in the usual path.
    skips : tuple of str
        Roles that at least half of all cases have and this variant lacks.
    """

    roles: tuple[str, ...]
    cases: int
    share: float
    in_order: bool
    skips: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Path:
    """The roles of a group in the order in which they usually come.

    Parameters
    ----------
    stages : tuple of tuple of str
        The roles in order of mean position; roles in one stage have no established order among themselves, be it that
        they come both ways round or that they never meet in a case.
    frame : pandas.DataFrame
        name, position (mean relative position, 0 first and 1 last, shrunk to the middle), cases, share (of all cases),
        stage (number from 0).
    """

    stages: tuple[tuple[str, ...], ...]
    frame: pd.DataFrame

    @property
    def roles(self) -> tuple[str, ...]:
        """All roles in order; what is tied stands in order of position."""
        return tuple(name for stage in self.stages for name in stage)

    def __str__(self) -> str:
        return " → ".join(" / ".join(stage) for stage in self.stages)


def usual_path(cases: Cases, *, by: str = "role", min_share: float = 0.05, k: float = 3.0) -> Path:
    """Put the roles of cases in the order in which they usually come, and tell which have no order among themselves.

    Prefer `variants` for the sequences that really occur, which need not be those of the usual path.

    Parameters
    ----------
    cases : Cases
        The cases.
    by : {"role", "unit", "activity", "person"}, default "role"
        What the path is one of.
    min_share : float, default 0.05
        Least share of the cases that have the role.
    k : float, default 3.0
        Cases at the middle that every role starts with, as in `order_predictability`.

    Returns
    -------
    Path
        Empty where no case has two roles.

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    A role joins the stage before it unless a two-sided sign test over the cases that have both tells it apart from one
    of the roles there at the level 0.05: of a pair that hardly meets, nobody can say which comes first.

    Examples
    --------
    >>> log = {"case": np.repeat(np.arange(20), 3), "role": ["intake", "review", "pay"] * 20, "time": np.arange(60)}
    >>> str(usual_path(Cases.of(log | {"person": log["role"]})))
    'intake → review → pay'
    """
    names, k = names_of(cases, by), _validate.positive(k, what="k")
    min_share = _validate.fraction(min_share, what="min_share")
    everything = lines_of(cases, by)
    lines = lines_of(cases, by, least=2)
    seen = np.bincount(lines.actor, minlength=lines.n_actors)
    total = np.bincount(everything.actor, minlength=lines.n_actors)
    position = np.bincount(lines.actor, lines.x, lines.n_actors) / (seen + k) + 0.5
    often = (seen > 0) & (total >= min_share * everything.n_cases)
    chosen = np.flatnonzero(often)
    chosen = chosen[np.lexsort((chosen, position[chosen].round(12)))]
    before = _before(lines, chosen)
    stage = _stages(before)
    frame = pd.DataFrame(
        {
            "name": [str(names[code]) for code in lines.codes[chosen]],
            "position": position[chosen],
            "cases": total[chosen],
            "share": total[chosen] / max(everything.n_cases, 1),
            "stage": np.array(stage, dtype=np.int64),
        }
    )
    stages = tuple(tuple(part["name"]) for _, part in frame.groupby("stage", sort=True))
    return Path(stages, frame)


def variants(cases: Cases, *, by: str = "role", most: int = 10) -> tuple[Variant, ...]:
    """List the whole sequences of roles that most cases have, and how they differ from the usual path.

    Prefer `role_patterns` for parts of sequences that come more often than chance gives.

    Parameters
    ----------
    cases : Cases
        The cases. Those with more than 30 roles are left out.
    by : {"role", "unit", "activity", "person"}, default "role"
        What sequences are made of.
    most : int, default 10
        Most variants that are returned.

    Returns
    -------
    tuple of Variant
        The most frequent first; of equal ones, in order of their names.

    Raises
    ------
    InputError
        If an option is out of range.

    Examples
    --------
    >>> log = {"case": [1, 1, 2, 2, 3, 3], "role": ["a", "b", "a", "b", "b", "a"], "time": range(6), "person": "x"}
    >>> [(one.roles, one.cases) for one in variants(Cases.of(log))]
    [(('a', 'b'), 2), (('b', 'a'), 1)]
    """
    names, most = names_of(cases, by), _validate.count(most, what="most")
    path = usual_path(cases, by=by)
    stage = dict(zip(path.frame["name"], path.frame["stage"], strict=True))
    usual = path.frame.loc[path.frame["share"] >= 0.5, "name"].tolist()
    lines = lines_of(cases, by)
    counted: list[tuple[int, tuple[str, ...]]] = []
    for begin, many, length in lines.block:
        rows = lines.codes[lines.actor[begin : begin + many * length]].reshape(many, length)
        distinct, count = np.unique(rows, axis=0, return_counts=True)
        first = np.lexsort((np.arange(len(count)), -count))[:most]
        counted += [(int(count[one]), tuple(str(names[code]) for code in distinct[one])) for one in first]
    counted.sort(key=lambda one: (-one[0], one[1]))
    return tuple(
        Variant(
            roles,
            count,
            count / lines.n_cases,
            _rises([stage[name] for name in roles if name in stage]),
            tuple(name for name in usual if name not in roles),
        )
        for count, roles in counted[:most]
    )


def names_of(cases: Cases, by: str) -> npt.NDArray[np.object_]:
    """Return the names that the codes of a kind stand for.

    Parameters
    ----------
    cases : Cases
        The cases.
    by : {"role", "unit", "activity", "person"}
        The kind.

    Returns
    -------
    ndarray of str

    Raises
    ------
    InputError
        If there is no such kind.
    """
    found: npt.NDArray[np.object_] = getattr(cases, _PLURAL[_validate.choice(by, KINDS, what="by")])
    return found


def lines_of(cases: Cases, by: str, *, least: int = 1) -> Lines:
    """Line up the roles (units, activities, persons) of cases.

    Parameters
    ----------
    cases : Cases
        The cases.
    by : {"role", "unit", "activity", "person"}
        The kind.
    least : int, default 1
        Cases of fewer are left out.

    Returns
    -------
    Lines
    """
    codes = getattr(cases.acts, by)
    return line_up(cases.acts.case, codes, times_in_order(cases), least=least)


def _before(lines: Lines, chosen: IntArray) -> FloatArray:
    """Count in how many cases each of the chosen comes before each other."""
    column = np.full(lines.n_actors, -1, dtype=np.int64)
    column[chosen] = np.arange(len(chosen))
    left, right = lines.pairs()
    one, other = column[lines.actor[left]], column[lines.actor[right]]
    both = (one >= 0) & (other >= 0)
    size = len(chosen)
    return np.bincount(one[both] * size + other[both], minlength=size * size).reshape(size, size).astype(np.float64)


def _stages(before: FloatArray) -> list[int]:
    """Number the stages of roles in order of position."""
    stage: list[int] = []
    members: list[int] = []
    for role in range(len(before)):
        apart = any(_sign_test(before[role, one], before[one, role]) <= _LEVEL for one in members)
        if apart or not members:
            members = []
        members.append(role)
        stage.append(stage[-1] + 1 if stage and len(members) == 1 else (stage[-1] if stage else 0))
    return stage


def _sign_test(one: float, other: float) -> float:
    """Return the two-sided p of so uneven a split of cases; 1 where there are none."""
    total = one + other
    most = max(one, other)
    return min(2 * float(special.betainc(most, total - most + 1, 0.5)), 1.0) if total else 1.0


def _rises(stages: list[int]) -> bool:
    """Tell whether numbers never fall."""
    return all(one <= other for one, other in pairwise(stages))
