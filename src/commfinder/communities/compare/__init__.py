"""How far do two sets of communities agree?

Types in: two sides, each as labels, a Series, a mapping, a frame of members (see `as_cover`). Types out: numbers, 1 for
equal sides; `compare_communities` gives all that apply.

Both sides need not know the same people: ``missing="alone"`` puts who is in no community into one of one's own,
``missing="common"`` looks only at people whom both sides place. Where nobody is known to either side they agree (1);
where nobody is left to be compared the answer is nan.
"""

from commfinder.communities.compare.cover import Cover, as_cover
from commfinder.communities.compare.element import element_centric_similarity, element_similarities
from commfinder.communities.compare.matching import BestMatchF1, best_jaccard, best_match_f1, overlapping_f1
from commfinder.communities.compare.omega import omega_index
from commfinder.communities.compare.onmi import overlapping_nmi
from commfinder.communities.compare.overview import compare_communities
from commfinder.communities.compare.partitions import (
    adjusted_mutual_information,
    adjusted_rand,
    normalised_mutual_information,
)

__all__ = [
    "BestMatchF1",
    "Cover",
    "adjusted_mutual_information",
    "adjusted_rand",
    "as_cover",
    "best_jaccard",
    "best_match_f1",
    "compare_communities",
    "element_centric_similarity",
    "element_similarities",
    "normalised_mutual_information",
    "omega_index",
    "overlapping_f1",
    "overlapping_nmi",
]
