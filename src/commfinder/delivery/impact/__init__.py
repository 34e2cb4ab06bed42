"""How long does work take, what does it cost, and what changed?

Types in: `Cases`, a date and, if at hand, groups without the change. Types out: `Times`, `Cost` and `Impact`.
"""

from __future__ import annotations

__all__: list[str] = []
