"""Which communities exist?

Types in: `InteractionGraph`, or tie arrays. Types out: `Communities`, with who is in them, how stable they are and
which units they span; or labels.
"""

from commfinder.communities.compare import adjusted_rand
from commfinder.communities.engines import leiden
from commfinder.communities.find import find_communities
from commfinder.communities.resolution import Resolution
from commfinder.communities.value import Communities

__all__ = ["Communities", "Resolution", "adjusted_rand", "find_communities", "leiden"]
