"""What kind of group is it, and what fits it?

Types in: cases, handoffs and order of a group, and the `Background` of everybody. Types out: `Facts` and `Kind`, with
probabilities.
"""

from __future__ import annotations

__all__: list[str] = []
