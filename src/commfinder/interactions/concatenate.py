"""Bring several tables of interactions together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pyarrow as pa

from commfinder.errors import InputError, PrivacyError
from commfinder.interactions.table import Interactions
from commfinder.provenance import record

__all__ = ["concat"]


def concat(parts: Sequence[Interactions]) -> Interactions:
    """Bring interactions of several sources or periods together.

    The order of the parts does not matter to any result. Copies of one event in two parts are both kept;
    `Interactions.clean` counts and removes them. Rows that came without an event id count as copies if they are equal
    in everything but the source.

    Parameters
    ----------
    parts : sequence of Interactions
        At least one.

    Returns
    -------
    Interactions
        With the accounts, memberships and losses of all parts.

    Raises
    ------
    InputError
        If there is no part, or one is not `Interactions`.
    PrivacyError
        If parts are pseudonymised with different keys, or only some are: their people would never meet.

    Examples
    --------
    >>> import pandas as pd
    >>> mail = pd.DataFrame({"sender": ["a"], "recipient": ["b"]})
    >>> chat = pd.DataFrame({"sender": ["b"], "recipient": ["c"]})
    >>> mail = Interactions.from_frame(mail, source="mail")
    >>> chat = Interactions.from_frame(chat, medium="chat", source="chat")
    >>> concat([mail, chat])
    <Interactions: 2 rows, 2 events, 3 people, chat, email, no times>
    """
    members = list(parts)
    if not members:
        raise InputError("There is nothing to bring together.", hint="Pass a list with at least one Interactions.")
    for part in members:
        if not isinstance(part, Interactions):
            raise InputError(
                f"A part is a {type(part).__name__}.", hint="Read it with commfinder.read or Interactions.from_frame."
            )
    keys = sorted({str(part.provenance.parameters.get("key_id", "none")) for part in members})
    if len(keys) > 1:
        raise PrivacyError(
            f"The parts are pseudonymised with different keys: {', '.join(keys)}.",
            need="The same person has the same pseudonym only under the same key.",
            hint="Bring them together first and pseudonymise then, or use one key for all.",
        )
    if len(members) == 1:
        return members[0]
    tables = [part.to_arrow(ordered=False) for part in members]
    result = Interactions.from_arrow(pa.concat_tables(tables), store=members[0].store)
    inputs = {name: digest for part in members for name, digest in sorted(part.provenance.inputs.items())}
    frames = {
        name: pd.concat([getattr(part, name) for part in members], ignore_index=True)
        for name in ("accounts", "memberships", "losses")
    }
    frames["accounts"] = frames["accounts"].drop_duplicates()
    frames["memberships"] = frames["memberships"].drop_duplicates()
    for name, order in (("accounts", ["account", "source"]), ("memberships", ["space", "account", "since", "source"])):
        frames[name] = frames[name].sort_values(order, kind="stable", ignore_index=True)
    parameters = {} if keys == ["none"] else {"key_id": keys[0]}
    return replace(result, **frames, provenance=record("concat", parameters, inputs=inputs))
