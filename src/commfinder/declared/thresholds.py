"""The bounds that verdicts keep to. They are design choices; none of them is a finding."""

from __future__ import annotations

from typing import Final

__all__ = [
    "BIGGER",
    "CONNECTED",
    "CORE_MOST",
    "CORE_SOME",
    "CROSS_ALPHA",
    "HALF_ALPHA",
    "MIN_ACTIVE",
    "MIN_COVERAGE",
    "MIN_EXTRA",
    "MIN_LIFT_LOW",
    "MIN_POWER",
    "MOST_ALIVE",
    "PERSISTENT",
    "SEASON_ALPHA",
    "SIGN",
    "SURE",
    "SURE_POWER",
    "THIRD_ALPHA",
]

MIN_COVERAGE: Final = 0.6
"""Least share of the list that is active in the data, to judge the whole."""

MIN_ACTIVE: Final = 5
"""Least number of active members."""

MIN_POWER: Final = 0.5
"""Least power to judge at all."""

MOST_ALIVE: Final = 0.2
"""Most probability that the classes with a community may have together where a "no" is said: the costliest mistake."""

SURE_POWER: Final = 0.8
"""Least power for `paper`, which rests on what is not seen; `formal-only` rests on ties that are, beyond activity."""

MIN_LIFT_LOW: Final = 1.3
"""The lift of a real group has its lower bound above this."""

MIN_EXTRA: Final = 0.05
"""Least extra density of a real group."""

CORE_MOST: Final = 0.6
"""Least share of the active who take part in a real group; the core of one that is real only there may have a member
more."""

CORE_SOME: Final = 0.2
"""Least share of the active in the core of a group that is real only there."""

PERSISTENT: Final = 2 / 3
"""Share of the stretches of time in which a lasting group stands out."""

CONNECTED: Final = 0.8
"""Share of the others that hang together, without one member or two, in a group that depends on nobody."""

SEASON_ALPHA: Final = 0.05
"""Tail probability below which a third of the period stands out: the first has to for `dormant`, the last for
`emerging`."""

THIRD_ALPHA: Final = 0.001
"""Tail probability of a third below which there are signs of a community: no "no" then. The last third may not be below
it for `dormant`, nor the first for `emerging`."""

SIGN: Final = 0.01
"""Probability by chance, of the whole or of the core, below which there are signs of a community: no "no" then."""

CROSS_ALPHA: Final = 0.05
"""Tail probability of the ties across the halves up to which they are more than expected, and the group is one."""

HALF_ALPHA: Final = 0.05
"""Tail probability below which both halves of a split group stand out."""

BIGGER: Final = 0.2
"""Outsiders that belong by their ties, as a share of the active, in a group that is bigger than its list."""

SURE: Final = 0.5
"""Least probability of a class that is spoken of; below it the verdict is `uncertain`. Fixed before the model was."""
