"""What is a case, who acted on it, and when did it pass from hand to hand?

Types in: `Interactions` and a `Directory`. Types out: `Cases` with their acts, `Handoffs`, and matrices of who hands on
to whom.
"""

from __future__ import annotations

__all__: list[str] = []
