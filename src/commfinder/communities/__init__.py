"""Which communities exist?

Types in: `InteractionGraph`, or tie arrays. Types out: `Communities`, with who is in them, how likely each is real and
which units they span; or labels.
"""

from commfinder.communities.compare import (
    adjusted_mutual_information,
    adjusted_rand,
    best_match_f1,
    compare_communities,
    element_centric_similarity,
    normalised_mutual_information,
    omega_index,
    overlapping_f1,
    overlapping_nmi,
)
from commfinder.communities.engines import ensemble, leiden
from commfinder.communities.engines.by_leidenalg import multiplex, slices
from commfinder.communities.find import find_communities
from commfinder.communities.layers import medium_support, medium_ties
from commfinder.communities.overlap import Memberships, extend
from commfinder.communities.resolution import Resolution
from commfinder.communities.search.choice import WeightChoice
from commfinder.communities.sensitivity import Sensitivity, sensitivity
from commfinder.communities.ties import Ties
from commfinder.communities.value import Communities
from commfinder.communities.zoom import Zoom

__all__ = [
    "Communities",
    "Memberships",
    "Resolution",
    "Sensitivity",
    "Ties",
    "WeightChoice",
    "Zoom",
    "adjusted_mutual_information",
    "adjusted_rand",
    "best_match_f1",
    "compare_communities",
    "element_centric_similarity",
    "ensemble",
    "extend",
    "find_communities",
    "leiden",
    "medium_support",
    "medium_ties",
    "multiplex",
    "normalised_mutual_information",
    "omega_index",
    "overlapping_f1",
    "overlapping_nmi",
    "sensitivity",
    "slices",
]
