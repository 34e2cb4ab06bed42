"""Which groups deliver something, and what is known of each?

Types in: `Interactions`. Types out: `DeliveryGroups`, each a `DeliveryGroup`.
"""

from __future__ import annotations

__all__: list[str] = []
