"""Which partition of the people do the ties speak for, when nobody says how to weigh them and how fine to look?

Types in: ties. Types out: the labels of one partition, and the weights and resolutions that were chosen for it.
"""

from commfinder.communities.search.choice import Candidate, WeightChoice
from commfinder.communities.search.whole import Found, Wanted, search

__all__ = ["Candidate", "Found", "Wanted", "WeightChoice", "search"]
