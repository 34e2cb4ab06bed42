"""How likely is it that a community is real, and that somebody belongs to it?

Types in: `Traces`, labels and memberships. Types out: `Judgement`, with probabilities whose calibration is measured.
"""

from commfinder.communities.confidence.judge import UNCLUSTERED, Budget, Judgement, judge
from commfinder.communities.confidence.traces import Traces

__all__ = ["UNCLUSTERED", "Budget", "Judgement", "Traces", "judge"]
