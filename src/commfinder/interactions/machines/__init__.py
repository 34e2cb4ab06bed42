"""Which accounts are no persons, and what does the user say of them?

Types in: `Interactions` as they were read. Types out: `Machines`, accounts with reasons and decisions.
"""

from commfinder.interactions.machines.find import Machines, find_machines

__all__ = ["Machines", "find_machines"]
