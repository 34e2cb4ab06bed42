"""Is each declared group real?

Types in: `InteractionGraph`, `DeclaredGroups` and, if at hand, `Communities`. Types out: `Verdicts`, one per group
with its evidence, and `Undeclared`, the communities that nobody declared.
"""

from commfinder.declared.assess import Verdicts, assess_groups
from commfinder.declared.matching import Undeclared, undeclared
from commfinder.declared.verdict import HELP, VERDICTS

__all__ = ["HELP", "VERDICTS", "Undeclared", "Verdicts", "assess_groups", "undeclared"]
