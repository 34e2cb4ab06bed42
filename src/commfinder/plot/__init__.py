"""What does a result look like?

Types in: a result. Types out: Matplotlib Axes. Nothing is shown, nothing is saved and no setting of Matplotlib is
changed; it is loaded when something is drawn.
"""

from commfinder.plot.agreement import plot_agreement
from commfinder.plot.community_map import plot_communities
from commfinder.plot.delivery import plot_delivery
from commfinder.plot.flow import plot_flow
from commfinder.plot.handoffs import plot_handoffs
from commfinder.plot.impact import plot_impact
from commfinder.plot.pictures import NoPictureError, draw
from commfinder.plot.sequence import plot_sequence
from commfinder.plot.verdicts import plot_verdicts

__all__ = [
    "NoPictureError",
    "draw",
    "plot_agreement",
    "plot_communities",
    "plot_delivery",
    "plot_flow",
    "plot_handoffs",
    "plot_impact",
    "plot_sequence",
    "plot_verdicts",
]
