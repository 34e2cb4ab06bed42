"""Which results have a picture, and how it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from commfinder.communities import Communities
from commfinder.declared import Verdicts
from commfinder.declared.survey import SurveyAgreement
from commfinder.errors import CommfinderError
from commfinder.plot.agreement import plot_agreement
from commfinder.plot.community_map import plot_communities
from commfinder.plot.verdicts import plot_verdicts
from commfinder.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["NoPictureError", "draw"]

_PICTURES: tuple[tuple[type[Result], Callable[..., Axes]], ...] = (
    (Communities, plot_communities),
    (Verdicts, plot_verdicts),
    (SurveyAgreement, plot_agreement),
)


class NoPictureError(CommfinderError, NotImplementedError):
    """A result has no picture yet."""


def draw(value: Result, *, ax: Axes | None = None, **options: Any) -> Axes:
    """Draw the picture of a result; `Result.plot` is the way to call it.

    Parameters
    ----------
    value : Result
        The result.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None makes a figure.
    **options
        Options of the picture: those of `plot_communities`, `plot_verdicts` or `plot_agreement`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    NoPictureError
        If there is no picture of such a result.
    """
    for kind, picture in _PICTURES:
        if isinstance(value, kind):
            return picture(value, ax=ax, **options)
    known = ", ".join(kind.__name__ for kind, _ in _PICTURES)
    raise NoPictureError(
        f"{type(value).__name__} has no picture yet.",
        need=f"There is one of: {known}.",
        hint="Draw to_frame() with a library of your choice.",
    )
