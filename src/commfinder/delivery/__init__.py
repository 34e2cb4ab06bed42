"""Who delivers which process, how long does it take, and what would improving it be worth?

Types in: `Interactions` between people and, if at hand, their `Directory` and `DeclaredGroups`; or `Cases` of an event
log of one's own. Types out: `DeliveryGroups`, with the type of each group, its path, its times and whom it hangs on;
and `Impact`, what changed after a change.
"""

from commfinder.delivery.cases.acts import NO_TIME, Acts
from commfinder.delivery.cases.business_hours import BusinessHours
from commfinder.delivery.cases.correlation import CorrelationScore, hide_ids, score_correlation
from commfinder.delivery.cases.find import HOW, Cases, find_cases
from commfinder.delivery.cases.handoff_counts import handoff_counts
from commfinder.delivery.cases.handoffs import Handoffs, hand_offs
from commfinder.delivery.cases.matrices import Matrix, handover_of_work, subcontracting, working_together
from commfinder.delivery.groups.candidates import Candidate, Candidates, candidates
from commfinder.delivery.groups.find import find_delivery_groups
from commfinder.delivery.groups.group import DeliveryGroup
from commfinder.delivery.groups.value import DeliveryGroups
from commfinder.delivery.impact.cost import Cost, Rates, hourly_value, measure_cost, saved_value
from commfinder.delivery.impact.measure import Impact, measure_impact
from commfinder.delivery.impact.times import Times, measure_times
from commfinder.delivery.kinds.facts import Facts
from commfinder.delivery.kinds.kind import TYPES, Kind
from commfinder.delivery.kinds.words import SUPPORT
from commfinder.delivery.order.nulls import NullTest, null_frame, time_null, unit_null
from commfinder.delivery.order.paths import Path, Variant, usual_path, variants
from commfinder.delivery.order.patterns import Pattern, role_patterns
from commfinder.delivery.order.predictability import (
    OrderEffect,
    OrderEvidence,
    OrderLevels,
    eta_squared,
    order_levels,
    order_predictability,
    pair_asymmetry,
)
from commfinder.delivery.order.together import excess_pairs

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
    "handoff_counts",
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
