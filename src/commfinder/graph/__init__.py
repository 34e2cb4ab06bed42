"""What ties do these interactions imply?

Types in: `Interactions` between people, and their `Directory`. Types out: `InteractionGraph`, weighted ties for finding
communities and binary ties, by a stated `TieRule`, for tests; `Copresence`, what people share; and what else is to know
of ties: `Backbone`, which are more than chance, reply times, and when they were active.
"""

from commfinder.graph.activity import tie_activity
from commfinder.graph.aggregate import TieArrays, ties_of
from commfinder.graph.backbone import Backbone, backbone, noise_corrected
from commfinder.graph.build import build_graph
from commfinder.graph.copresence import Copresence, CopresenceRule, find_copresence
from commfinder.graph.copresence_validated import ValidatedPairs, validated_pairs
from commfinder.graph.interaction_graph import InteractionGraph
from commfinder.graph.matrices import layer_matrices
from commfinder.graph.reply_times import ReplyTimes, reply_times
from commfinder.graph.rule import TieRule
from commfinder.graph.sensitivity import tie_sensitivity

__all__ = [
    "Backbone",
    "Copresence",
    "CopresenceRule",
    "InteractionGraph",
    "ReplyTimes",
    "TieArrays",
    "TieRule",
    "ValidatedPairs",
    "backbone",
    "build_graph",
    "find_copresence",
    "layer_matrices",
    "noise_corrected",
    "reply_times",
    "tie_activity",
    "tie_sensitivity",
    "ties_of",
    "validated_pairs",
]
