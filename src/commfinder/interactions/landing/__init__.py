"""How do rows that a reader streams come to lie on disk, in numbers, whole or not at all?

Types in: pieces of a reading. Types out: a folder of Parquet files, which `Interactions` are opened from, or, for as
long as they are used, `Interactions`.
"""

from commfinder.interactions.landing.hold import hold
from commfinder.interactions.landing.land import Landing
from commfinder.interactions.landing.open import open_landed

__all__ = ["Landing", "hold", "open_landed"]
