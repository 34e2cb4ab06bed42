"""What does an organisation look like of which everything is known?

In: how many people, a seed, and a `Plan` of what to plant. Out: an `Organisation` with its people, declared groups,
messages and planted truth, which writes itself in the formats of real exports. It shares no code with the analysis
that is tested on it.
"""

from __future__ import annotations

from commfinder.simulation.noise import add_machines
from commfinder.simulation.organisation import Organisation, simulate
from commfinder.simulation.plan import Plan
from commfinder.simulation.work_plan import Work

__all__ = ["Organisation", "Plan", "Work", "add_machines", "simulate"]
