"""Threads of events that only say what they answer, out of core."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["link"]


def link(con: Any) -> None:
    """Give events without a thread the root of the chain of what they answer.

    Parameters
    ----------
    con : DuckDB connection
        With a view ``landed``, in whose place comes one with threads.

    Notes
    -----
    The root is the thread of the first event up the chain that has one, else the last id up the chain, be it in the
    input or not; of a chain that runs in a circle it is the smallest id of the circle. An event that answers nothing
    and that others answer is the root of its thread. Of several parents of an event the smallest counts. Every pass
    doubles the stretch of the chain that is known, so that the number of passes grows as the logarithm of its length.
    """
    con.execute(
        "CREATE TABLE links AS SELECT event AS id, min(parent) AS up FROM landed WHERE thread IS NULL AND "
        "event IS NOT NULL AND parent <> event GROUP BY event"
    )
    con.execute(
        "CREATE TABLE threads AS SELECT event AS id, min(thread) AS root FROM landed WHERE thread IS NOT NULL AND "
        "event IN (SELECT up FROM links) GROUP BY event"
    )
    con.execute("CREATE TABLE chains AS SELECT id, up, id AS low FROM links ANTI JOIN threads USING (id)")
    longest = con.execute("SELECT count(*) FROM chains").fetchone()[0]
    for _ in range(math.ceil(math.log2(longest + 1)) + 1):
        con.execute(
            "CREATE TABLE further AS SELECT c.id, coalesce(o.up, c.up) AS up, least(c.low, o.low) AS low, "
            "o.id IS NOT NULL AS moved FROM chains c LEFT JOIN chains o ON c.up = o.id"
        )
        moved = con.execute("SELECT count(*) FROM further WHERE moved").fetchone()[0]
        con.execute("DROP TABLE chains")
        con.execute("ALTER TABLE further RENAME TO chains")
        if not moved:
            break
    # Whatever still leads on is in a circle or leads into one, and has gone round it more than once.
    con.execute(
        "CREATE TABLE roots AS SELECT c.id, coalesce(t.root, o.low, c.up) AS root FROM chains c "
        "LEFT JOIN threads t ON c.up = t.id LEFT JOIN chains o ON c.up = o.id"
    )
    con.execute("CREATE TABLE answered AS SELECT DISTINCT root AS id FROM roots")
    con.execute("ALTER VIEW landed RENAME TO unlinked")
    con.execute(
        "CREATE VIEW landed AS SELECT u.* REPLACE (coalesce(u.thread, r.root, a.id) AS thread) FROM unlinked u "
        "LEFT JOIN roots r ON u.event = r.id LEFT JOIN answered a ON u.event = a.id"
    )
