"""Which results have a picture, and how it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from commfinder import _validate
from commfinder.communities import Communities
from commfinder.declared import Verdicts
from commfinder.declared.survey import SurveyAgreement
from commfinder.delivery import DeliveryGroup, DeliveryGroups, Impact
from commfinder.errors import CommfinderError
from commfinder.plot.agreement import plot_agreement
from commfinder.plot.community_map import plot_communities
from commfinder.plot.delivery import plot_delivery
from commfinder.plot.handoffs import plot_handoffs
from commfinder.plot.impact import plot_impact
from commfinder.plot.sequence import plot_sequence
from commfinder.plot.verdicts import plot_verdicts
from commfinder.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["NoPictureError", "draw", "plot_group"]


def plot_group(group: DeliveryGroup, *, ax: Axes | None = None, kind: str = "handoffs", **options: Any) -> Axes:
    """Draw one delivery group: who passes work on to whom, or with ``kind="sequence"`` in which order roles come in.

    Parameters
    ----------
    group : DeliveryGroup
        The group.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None makes a figure.
    kind : {"handoffs", "sequence"}, default "handoffs"
        Which picture.
    **options
        Options of `plot_handoffs` or `plot_sequence`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If there is no such kind.
    """
    chosen = _validate.choice(kind, ("handoffs", "sequence"), what="kind")
    return (plot_handoffs if chosen == "handoffs" else plot_sequence)(group, ax=ax, **options)


_PICTURES: tuple[tuple[type[Result], Callable[..., Axes]], ...] = (
    (Communities, plot_communities),
    (Verdicts, plot_verdicts),
    (SurveyAgreement, plot_agreement),
    (DeliveryGroups, plot_delivery),
    (DeliveryGroup, plot_group),
    (Impact, plot_impact),
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
        Options of the picture: those of `plot_communities`, `plot_verdicts`, `plot_agreement`, `plot_delivery`,
        `plot_group` or `plot_impact`.

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
