"""What does a result look like?

Types in: a result. Types out: Matplotlib Axes. Nothing is shown, nothing is saved and no setting of Matplotlib is
changed; it is loaded when something is drawn.
"""

from commfinder.plot.community_map import plot_communities
from commfinder.plot.pictures import NoPictureError, draw

__all__ = ["NoPictureError", "draw", "plot_communities"]
