"""Does work run in an order that returns, and is it more than chance?

Types in: `Cases`. Types out: `OrderLevels`, paths, patterns, and null tests of what a group shares.
"""

from __future__ import annotations

__all__: list[str] = []
