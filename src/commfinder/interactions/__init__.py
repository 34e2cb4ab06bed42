"""Who interacted with whom, when, through what?

Types in: Arrow tables made by readers, or a caller's own pandas, Polars or PyArrow frame. Types out: `Interactions`,
one row per event, sender and recipient, held out of core, without any column for content.
"""

from commfinder.interactions.concatenate import concat
from commfinder.interactions.machines.find import Machines, find_machines
from commfinder.interactions.schema import Loss
from commfinder.interactions.store import Store
from commfinder.interactions.table import Interactions
from commfinder.interactions.threads import link_threads

__all__ = ["Interactions", "Loss", "Machines", "Store", "concat", "find_machines", "link_threads"]
