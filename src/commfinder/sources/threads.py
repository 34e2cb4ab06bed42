"""Link messages into threads by what they say they answer."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["thread_roots"]


def thread_roots(messages: Iterable[tuple[str, int, Iterable[str]]]) -> dict[str, str]:
    """Find the root of each message's thread.

    Two messages belong to one thread if one names the other, or both name a third, whether or not that is in the input.

    Parameters
    ----------
    messages : iterable of (str, int, iterable of str)
        Id, time, and the ids that the message answers or refers to. References may run in circles.

    Returns
    -------
    dict
        For each message id, the id of the earliest message of its thread (the smallest id among equally early ones).
        It does not depend on the order of the messages.
    """
    above: dict[str, str] = {}
    first: dict[str, tuple[int, str]] = {}

    def top(node: str) -> str:
        root = node
        while (up := above.setdefault(root, root)) != root:
            root = up
        while above[node] != root:
            above[node], node = root, above[node]
        return root

    for message, time, others in messages:
        first[message] = min(first.get(message, (time, message)), (time, message))
        here = top(message)
        for other in others:
            above[top(other)] = here
    earliest: dict[str, tuple[int, str]] = {}
    for message, when in first.items():
        root = top(message)
        earliest[root] = min(earliest.get(root, when), when)
    return {message: earliest[top(message)][1] for message in first}
