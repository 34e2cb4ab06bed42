"""What ties do these interactions imply?

Types in: `Interactions` between people, and their `Directory`. Types out: `InteractionGraph`, weighted ties for finding
communities and binary ties, by a stated `TieRule`, for tests.
"""

from commfinder.graph.aggregate import TieArrays, ties_of
from commfinder.graph.build import build_graph
from commfinder.graph.interaction_graph import InteractionGraph
from commfinder.graph.rule import TieRule

__all__ = ["InteractionGraph", "TieArrays", "TieRule", "build_graph", "ties_of"]
