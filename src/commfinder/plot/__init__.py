"""What does a result look like?

Types in: a result. Types out: Matplotlib Axes. Nothing is shown, nothing is saved and no setting of Matplotlib is
changed; it is loaded when something is drawn.
"""

from commfinder.plot.agreement import plot_agreement
from commfinder.plot.community_map import plot_communities
from commfinder.plot.flow import plot_flow
from commfinder.plot.pictures import NoPictureError, draw
from commfinder.plot.verdicts import plot_verdicts

__all__ = ["NoPictureError", "draw", "plot_agreement", "plot_communities", "plot_flow", "plot_verdicts"]
