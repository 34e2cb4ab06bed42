"""How do interactions stay in a database of the user's own, and still count as others do?

Types in: an Ibis connection and a table. Types out: rows in numbers that stay there, and the store that they are in.
"""

from commfinder.interactions.foreign.store import ForeignStore
from commfinder.interactions.foreign.table import ForeignRows, rows_from_backend

__all__ = ["ForeignRows", "ForeignStore", "rows_from_backend"]
