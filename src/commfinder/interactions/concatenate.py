"""Bring several tables of interactions together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from commfinder.errors import InputError, PrivacyError
from commfinder.interactions.losses import losses_frame
from commfinder.interactions.rows import recoded
from commfinder.interactions.schema import Loss
from commfinder.interactions.table import Interactions
from commfinder.interactions.words import WORD_COLUMNS, Words, sorted_names
from commfinder.provenance import record

__all__ = ["concat"]


def concat(parts: Sequence[Interactions]) -> Interactions:
    """Bring interactions of several sources or periods together.

    The order of the parts does not matter to any result. Copies of one event in two parts are both kept;
    `Interactions.clean` counts and removes them. Rows that came without an event id count as copies if they are equal
    in everything but the source. Ids that two sources use for different things are told in ``losses``: nothing is lost,
    but what refers to them can not know which is meant.

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
    result = _together(members)
    inputs = {name: digest for part in members for name, digest in sorted(part.provenance.inputs.items())}
    frames = {
        name: pd.concat([getattr(part, name) for part in members], ignore_index=True)
        for name in ("accounts", "memberships", "losses")
    }
    frames["losses"] = pd.concat([frames["losses"], losses_frame(_clashes(result.rows))], ignore_index=True)
    frames["accounts"] = frames["accounts"].drop_duplicates()
    frames["memberships"] = frames["memberships"].drop_duplicates()
    for name, order in (("accounts", ["account", "source"]), ("memberships", ["space", "account", "since", "source"])):
        frames[name] = frames[name].sort_values(order, kind="stable", ignore_index=True)
    parameters = {} if keys == ["none"] else {"key_id": keys[0]}
    return replace(result, **frames, provenance=record("concat", parameters, inputs=inputs))


def _clashes(rows: ir.Table) -> list[Loss]:
    """Count ids that two sources use, as far as can be seen, for different things."""
    advice = "If these are different things, give the ids of each system a prefix in its export."
    seen = (
        ("event", "sender", "event id that two sources have from different senders: kept as events of their own"),
        ("thread", "medium", "thread id that two sources have in different media: taken as one thread"),
    )
    told = []
    for name, other, reason in seen:
        known = rows.filter(rows[name].notnull())
        per_id = known.group_by(name).aggregate(
            **{
                f"{end}_{column}": getattr(known[column], end)()
                for column in ("source", other)
                for end in ("min", "max")
            }
        )
        differ = (per_id.min_source < per_id.max_source) & (per_id[f"min_{other}"] < per_id[f"max_{other}"])
        number = int(per_id.filter(differ).count().to_pyarrow().as_py())
        if number:
            told.append(Loss("read", "several sources", reason, number, "ids", None, advice))
    return told


def _together(members: list[Interactions]) -> Interactions:
    """Put the rows of all parts into one table, under common names."""
    first = members[0]
    names = sorted_names(name for part in members for name in part.names.tolist())
    words = Words.of(
        *([word for part in members for word in part.words.column(column).tolist()] for column in WORD_COLUMNS)
    )
    rows, texts = [], []
    for part in members:
        held, ids = part.rows, part.texts
        if part.store.backend is not first.store.backend:
            if ids is None or first.texts is None:
                raise InputError(
                    "The parts are in different databases, and one of them is yours.",
                    hint="Bring the tables together in your database first, or read all from files.",
                )
            held, ids = (first.store.add(one.to_pyarrow()) for one in (held, ids))
        if (ids is None) != (first.texts is None):
            raise InputError("The parts hold ids in different ways.", hint="Make them in the same way.")
        people = _moved(part.names, names)
        moved = {name: _moved(part.words.column(name), words.column(name)) for name in WORD_COLUMNS}
        rows.append(recoded(held, {"sender": people, "recipient": people, **moved}))
        texts.append(ids)
    kept = [one for one in texts if one is not None]
    ids = kept[0].union(*kept[1:]) if kept else None
    whole = first.store.add(rows[0].union(*rows[1:]))
    return replace(first, rows=whole, names=names, words=words, texts=ids, _facts={})


def _moved(old: npt.NDArray[np.object_], new: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    """Return the place among the new names of every old one; both are sorted."""
    place = {name: number for number, name in enumerate(new.tolist())}
    return np.array([place[name] for name in old.tolist()], dtype=np.int64)
