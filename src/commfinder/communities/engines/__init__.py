"""Which partition of the people makes the most of modularity, or of the constant Potts model?

Types in: `Ties`, in a `Task`. Types out: canonical labels. Our own engine, igraph's and leidenalg's stand behind one
contract.
"""

from commfinder.communities.engines.contract import OBJECTIVES, Engine, Task
from commfinder.communities.engines.run import ENGINES, ensemble, leiden

__all__ = ["ENGINES", "OBJECTIVES", "Engine", "Task", "ensemble", "leiden"]
