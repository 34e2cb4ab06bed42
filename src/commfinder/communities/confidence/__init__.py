"""How likely is it that a community is real, and that somebody belongs to it?

Types in: `Traces`, labels and memberships; for communities beyond formal structure, a `Clue`. Types out: `Judgement`,
or numbers: probabilities whose calibration is measured.
"""

from commfinder.communities.confidence.hidden import Clue, judge_hidden, surprise_of_chance
from commfinder.communities.confidence.judge import UNCLUSTERED, Budget, Judgement, judge
from commfinder.communities.confidence.traces import Traces

__all__ = ["UNCLUSTERED", "Budget", "Clue", "Judgement", "Traces", "judge", "judge_hidden", "surprise_of_chance"]
