"""What does an organisation look like of which everything is known?

In: how many people, a seed. Out: an `Organisation` with its people, declared groups, messages and planted
truth, which writes itself in the formats of real exports. It shares no code with the analysis that is tested
on it.
"""

from __future__ import annotations

from commfinder.simulation.organisation import Organisation, simulate

__all__ = ["Organisation", "simulate"]
