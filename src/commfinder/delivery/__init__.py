"""Who delivers which process, how long does it take, and what would improving it be worth?

Types in: `Interactions` between people and, if at hand, their `Directory` and `DeclaredGroups`; or `Cases` of an event
log of one's own. Types out: `DeliveryGroups`, with the type of each group, its path, its times and whom it hangs on;
and `Impact`, what changed after a change.
"""

from commfinder.delivery.acts import NO_TIME, Acts
from commfinder.delivery.business_hours import BusinessHours
from commfinder.delivery.candidates import Candidate, Candidates, candidates
from commfinder.delivery.cases import HOW, Cases, find_cases
from commfinder.delivery.correlation import CorrelationScore, hide_ids, score_correlation
from commfinder.delivery.cost import Cost, Rates, hourly_value, measure_cost, saved_value
from commfinder.delivery.facts import Facts
from commfinder.delivery.find import find_delivery_groups
from commfinder.delivery.group import DeliveryGroup
from commfinder.delivery.handoffs import Handoffs, hand_offs
from commfinder.delivery.impact import Impact, measure_impact
from commfinder.delivery.kind import TYPES, Kind
from commfinder.delivery.kind_words import SUPPORT
from commfinder.delivery.matrices import Matrix, handover_of_work, subcontracting, working_together
from commfinder.delivery.nulls import NullTest, null_frame, time_null, unit_null
from commfinder.delivery.order import (
    OrderEffect,
    OrderEvidence,
    OrderLevels,
    eta_squared,
    order_levels,
    order_predictability,
    pair_asymmetry,
)
from commfinder.delivery.paths import Path, Variant, usual_path, variants
from commfinder.delivery.patterns import Pattern, role_patterns
from commfinder.delivery.times import Times, measure_times
from commfinder.delivery.together import excess_pairs
from commfinder.delivery.value import DeliveryGroups

__all__ = [
    "HOW",
    "NO_TIME",
    "SUPPORT",
    "TYPES",
    "Acts",
    "BusinessHours",
    "Candidate",
    "Candidates",
    "Cases",
    "CorrelationScore",
    "Cost",
    "DeliveryGroup",
    "DeliveryGroups",
    "Facts",
    "Handoffs",
    "Impact",
    "Kind",
    "Matrix",
    "NullTest",
    "OrderEffect",
    "OrderEvidence",
    "OrderLevels",
    "Path",
    "Pattern",
    "Rates",
    "Times",
    "Variant",
    "candidates",
    "eta_squared",
    "excess_pairs",
    "find_cases",
    "find_delivery_groups",
    "hand_offs",
    "handover_of_work",
    "hide_ids",
    "hourly_value",
    "measure_cost",
    "measure_impact",
    "measure_times",
    "null_frame",
    "order_levels",
    "order_predictability",
    "pair_asymmetry",
    "role_patterns",
    "saved_value",
    "score_correlation",
    "subcontracting",
    "time_null",
    "unit_null",
    "usual_path",
    "variants",
    "working_together",
]
