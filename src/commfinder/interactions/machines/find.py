"""Machines, lists and broadcasters among the accounts, with the reasons, for the user to confirm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from commfinder.interactions.machines.decisions import read_decisions
from commfinder.interactions.machines.signs import DECIDED, find_signs, kind_of, reasons_of
from commfinder.period import PeriodLike, parse_period
from commfinder.provenance import Provenance, continued, record
from commfinder.result import Result

if TYPE_CHECKING:
    from commfinder.interactions.table import Interactions

__all__ = ["Machines", "find_machines"]

_COLUMNS = {
    "account": "string",
    "kind": "string",
    "score": "float64",
    "reasons": "string",
    "decision": "string",
    "by": "string",
}


@dataclass(frozen=True, eq=False, repr=False)
class Machines(Result):
    """Accounts that may be no persons, and what becomes of them; made by `find_machines`.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per account: ``account``; ``kind``, which is bot, list, room or broadcast; ``score``, 0 to 1;
        ``reasons`` in words; ``decision``, exclude or keep; ``by``, score or user. The highest score first.
    judged : int
        How many accounts were looked at.
    provenance : Provenance
        What made this value.
    """

    table: pd.DataFrame
    judged: int
    provenance: Provenance
    _schema: ClassVar[str] = "commfinder/machines/1"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per account, as a copy."""
        return self.table.copy()

    @property
    def decisions(self) -> dict[str, str]:
        """``"exclude"`` or ``"keep"`` by account, sorted by account."""
        return dict(sorted(zip(self.table["account"].tolist(), self.table["decision"].tolist(), strict=True)))

    @property
    def excluded(self) -> list[str]:
        """Accounts that `Interactions.clean` leaves out, sorted."""
        return [account for account, word in self.decisions.items() if word == "exclude"]

    def overrule(self, decisions: Any) -> Machines:
        """Let the user's decisions take the place of the score's.

        Parameters
        ----------
        decisions : path, mapping of str to str, or frame-like
            See `read_decisions`. Accounts that are not in the table come into it if they are to be excluded.

        Returns
        -------
        Machines
        """
        said = read_decisions(decisions)
        table = self.table.copy()
        told = table["account"].map(said)
        table["decision"] = told.fillna(table["decision"]).astype("string")
        table["by"] = table["by"].mask(told.notna(), "user")
        new = sorted(account for account, word in said.items() if word == "exclude" and account not in self.decisions)
        if new:
            row = {"kind": "bot", "score": 0.0, "reasons": "none found", "decision": "exclude", "by": "user"}
            table = pd.concat([table, _frame([{"account": account} | row for account in new])], ignore_index=True)
        parameters = {"excluded": sum(word == "exclude" for word in said.values()), "decided": len(said)}
        return replace(self, table=table, provenance=continued(self.provenance, record("overrule", parameters)))

    def __repr__(self) -> str:
        kinds = self.table.loc[self.table["decision"] == "exclude", "kind"].value_counts()
        words = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
        kept = int((self.table["decision"] == "keep").sum())
        return f"<Machines: {words} excluded; {kept} suspect and kept; {self.judged} accounts>"


def find_machines(inter: Interactions, *, period: PeriodLike = None, decisions: Any = None) -> Machines:
    """Find the accounts that are no persons: machines, lists and those that only broadcast.

    `Interactions.clean` leaves out the same accounts by itself; use this to see which, and why, and to overrule it.
    Join the accounts of one person first (`resolve_people`): half a person's mail is easily taken for a machine's.

    Parameters
    ----------
    inter : Interactions
        Interactions as they were read, not cleaned: flags and mass mail are evidence.
    period : Period, str or pair, optional
        Only what lies inside ``[start, end)`` is looked at, as by `Interactions.clean`.
    decisions : path, mapping of str to str, or frame-like, optional
        What the user has decided about some accounts; see `read_decisions`.

    Returns
    -------
    Machines
        Accounts with at least one sign. Those of a score of 0.5 or more are excluded unless the user says otherwise.

    Raises
    ------
    InputError
        If the period or the decisions can not be read.

    Notes
    -----
    The score is 1 - prod(1 - w) over the signs an account shows. The weights w were set by judgement and not fitted:

    ============= ==== ================================================================================================
    sign          w    when
    ============= ==== ================================================================================================
    said          1.0  a source calls the account a bot, a list or a room
    name          0.9  its name is a machine's
    flagged       0.9  at least 5 messages, and half of all, are marked as automatic
    silent        0.7  of at least 10 people who could have answered 50 messages or more, at most 1 in 100 ever wrote to
                       it
    even          0.6  entropy of the hours of the week above .95 of the largest, from 250 messages on
    only wide     0.6  all of 10 messages or more went to more than 20 people, and nobody wrote to it
    one-way       0.45 more than 10 messages sent for each one received, 50 or more in all
    never sends   0.45 received 100 messages or more from 10 people or more, machines left out, and never wrote
    collects      0.45 50 people or more, and a fifth of all who write, wrote to it, and it never wrote
    wide          0.45 half of 50 messages or more went to more than 20 people
    reach         0.45 wrote to 50 people or more, and to a fifth of all who write, and more than it received
    clockwork     0.45 burstiness below -.5; looked at where there is another sign already
    ============= ==== ================================================================================================

    Behaviour is judged in mail and chat. Messages to more than 20 people ask nobody, and do not count as unanswered.
    People who never write can not answer. A sign that more than a tenth of the accounts show (and more than three) is
    not used: it says something of the data. Nor are the hours of the week, where those who write little are as even
    together.

    Examples
    --------
    >>> import pandas as pd
    >>> from commfinder.interactions import Interactions
    >>> mail = pd.DataFrame({"sender": ["ann", "no-reply@x.org"], "recipient": ["bob", "ann"]})
    >>> find_machines(Interactions.from_frame(mail)).to_frame()[["account", "score", "decision"]]
              account  score decision
    0  no-reply@x.org    0.9  exclude
    """
    span = parse_period(period)
    rows = inter.rows
    if span is not None:
        rows = rows.filter(rows.time.isnull() | ((rows.time >= span.start_us) & (rows.time < span.end_us)))
    signs = find_signs(inter, rows)
    score = signs.score
    names = inter.people
    found = [
        {
            "account": names[code],
            "kind": kind_of(signs, code),
            "score": round(float(score[code]), 4),
            "reasons": reasons_of(signs, code),
            "decision": "exclude" if score[code] >= DECIDED else "keep",
            "by": "score",
        }
        for code in np.flatnonzero(score > 0).tolist()
    ]
    table = _frame(sorted(found, key=lambda row: (-row["score"], row["account"])))
    provenance = continued(inter.provenance, record("find_machines", {"period": span}))
    machines = Machines(table=table, judged=len(names), provenance=provenance)
    return machines if decisions is None else machines.overrule(decisions)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Put rows into a frame with the types of the columns, also where there are none."""
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)
