"""What tells a machine, a list or a broadcaster from a person: signs, what each weighs, and how it is told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from commfinder.interactions.machines.counts import LOUD, Counts, count_accounts, gaps_between, received_by

if TYPE_CHECKING:
    from commfinder.interactions.table import Interactions

__all__ = ["DECIDED", "WEIGHTS", "Signs", "find_signs", "kind_of", "named_like_a_machine", "reasons_of"]

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

DECIDED = 0.5
"""Score from which on an account is set aside unless the user says otherwise."""

WEIGHTS = {
    "said": 1.0,
    "name": 0.9,
    "flagged": 0.9,
    "silent": 0.7,
    "even": 0.6,
    "only wide": 0.6,
    "one-way": 0.45,
    "never sends": 0.45,
    "collects": 0.45,
    "wide": 0.45,
    "reach": 0.45,
    "clockwork": 0.45,
}
"""What each sign weighs. The lighter ones may each be a person's habit, and decide only where there are two."""

# Judged is the part before the last @ alone: 'ann@bounces.example.org' is Ann. A dot before 'bot' or 'bounce' makes a
# surname of it ('ben.bot'), and a word after 'bounce' a person or a desk ('bounce-coach').
_NAME = re.compile(
    r"(?:^|[._+-])(?:no|do[._-]?not)[._-]?reply(?:$|[._+-])"
    r"|^(?:mailer-?daemon|postmaster)(?:$|[+-])"
    r"|^bounces?(?:$|[+=]|[._-]\d)|[_-]bounces?(?:$|[+=])"
    r"|^notifications?(?:$|\+)|[._-]notifications$"
    r"|(?:^|[_-])(?:ro)?bot$|\[bot\]$",
    re.IGNORECASE,
)
_FLAGGED = 5  # messages called automatic; one absence note makes nobody a machine
_SILENT_ASKED, _ANSWERED_PER_CENT = 10, 1
_ONE_WAY, _ONE_WAY_ASKED = 10, 3
_REACH, _REACH_SHARE = 50, 5  # people, and one in so many of all who write, either way
_ONLY_WIDE = 10
_EVEN, _CLOCKWORK = 0.95, -0.5
_RECEIVED, _FROM = 100, 10
_FEW, _COMMON = 3, 10  # accounts, and one in so many


@dataclass(frozen=True)
class Signs:
    """The signs of each account; every array has one place per account.

    Parameters
    ----------
    held : dict of str to ndarray of bool
        By the names of `WEIGHTS`, in their order.
    said : dict of int to str
        What sources say of accounts that they do not call a person.
    counts : Counts
        What each account does.
    burstiness : ndarray of float64
        nan where it was not looked at.
    """

    held: dict[str, BoolArray]
    said: dict[int, str]
    counts: Counts
    burstiness: FloatArray

    @property
    def score(self) -> FloatArray:
        """How likely each account is no person, as far as weights say: one minus the product of one minus each."""
        return _score(self.held)


def named_like_a_machine(account: str) -> bool:
    """Tell whether an address or account name is that of a machine.

    Parameters
    ----------
    account : str
        Address or account name.

    Returns
    -------
    bool

    Examples
    --------
    >>> [named_like_a_machine(name) for name in ("no-reply@x.org", "ci-bot", "talbot@x.org")]
    [True, True, False]
    """
    local, _, _ = account.rpartition("@")
    return _NAME.search(local or account) is not None


def find_signs(inter: Interactions, rows: ir.Table) -> Signs:
    """Find the signs of all accounts.

    Parameters
    ----------
    inter : Interactions
        Names, what sources say of accounts, and the store.
    rows : ibis table
        The rows to judge behaviour by.

    Returns
    -------
    Signs
    """
    names = inter.people
    known = inter.accounts.loc[inter.accounts["kind"] != "person", ["account", "kind"]]
    kinds = dict(sorted(zip(known["account"].tolist(), known["kind"].tolist(), strict=True)))
    said = {code: str(kinds[name]) for code, name in enumerate(names) if name in kinds} if kinds else {}
    counts = count_accounts(inter, rows)
    held = {
        "said": _marked(said, len(names)),
        "name": np.fromiter((named_like_a_machine(name) for name in names), bool, len(names)),
        "flagged": (counts.flagged >= _FLAGGED) & (2 * counts.flagged >= counts.sent),
        **_habits(counts),
    }
    # What machines send makes no list of a person who only reads.
    loud = np.flatnonzero(_score(held) >= DECIDED)
    received, senders = received_by(counts, loud)
    held |= _reading(counts, received, senders)
    # The time between messages takes sorting them, and decides about nobody by itself.
    suspect = np.flatnonzero(np.logical_or.reduce(list(held.values())))
    burstiness = np.full(len(names), np.nan)
    burstiness[suspect] = gaps_between(inter, rows, suspect)
    held["clockwork"] = np.nan_to_num(burstiness, nan=0.0) < _CLOCKWORK
    counts = replace(counts, received=received, senders=senders)
    return Signs(held={name: held[name] for name in WEIGHTS}, said=said, counts=counts, burstiness=burstiness)


def _score(held: dict[str, BoolArray]) -> FloatArray:
    """Put the signs found so far together, always in the same order."""
    rest = np.ones(len(held["said"]))
    for name, weight in WEIGHTS.items():
        if name in held:
            rest = np.where(held[name], rest * (1 - weight), rest)
    return 1 - rest


def _habits(counts: Counts) -> dict[str, BoolArray]:
    """Find the signs that lie in what accounts do."""
    loud = counts.sent >= LOUD
    writing = int((counts.sent > 0).sum())
    silent = loud & (counts.asked >= _SILENT_ASKED) & (counts.answered * 100 <= _ANSWERED_PER_CENT * counts.asked)
    one_way = loud & (counts.asked >= _ONE_WAY_ASKED) & (counts.sent > _ONE_WAY * counts.received)
    reach = (counts.asked >= _REACH) & (counts.asked * _REACH_SHARE >= writing)
    even = np.nan_to_num(counts.evenness, nan=0.0) > _EVEN
    return {
        "silent": _unusual(silent, writing),
        "one-way": _unusual(one_way, writing),
        "reach": _unusual(reach & (counts.sent > counts.received), writing),
        # Cleaning leaves nothing of such an account, but who is in the graph would count it among the isolated.
        "only wide": (counts.wide >= _ONLY_WIDE) & (counts.wide == counts.sent) & (counts.received == 0),
        "wide": loud & (2 * counts.wide >= counts.sent),
        # Where everybody writes at all hours alike, the times are no real ones.
        "even": _unusual(even & (not counts.usual > _EVEN), counts.timed),
    }


def _reading(counts: Counts, received: IntArray, senders: IntArray) -> dict[str, BoolArray]:
    """Find the signs of an address that nobody writes from."""
    busy = (received >= _RECEIVED) & (senders >= _FROM)
    many = (senders >= _REACH) & (senders * _REACH_SHARE >= int((counts.sent > 0).sum()))
    return {"never sends": _unusual(busy & (counts.sent == 0), int(busy.sum())), "collects": many & (counts.sent == 0)}


def _unusual(sign: BoolArray, judged: int) -> BoolArray:
    """Drop a sign that many show: it then says something of the data, such as half the mailboxes missing."""
    return sign & (int(sign.sum()) <= max(_FEW, judged // _COMMON))


def _marked(codes: Iterable[int], size: int) -> BoolArray:
    """Mark some places."""
    found = np.zeros(size, dtype=bool)
    found[list(codes)] = True
    return found


def kind_of(signs: Signs, code: int) -> str:
    """Tell what an account is that is no person: what sources say, else bot, list or broadcast."""
    if code in signs.said:
        return signs.said[code]
    if signs.held["never sends"][code]:
        return "list"
    mechanical = any(signs.held[name][code] for name in ("name", "flagged", "silent", "even", "clockwork"))
    crowd = signs.held["wide"][code] or signs.held["only wide"][code]
    return "broadcast" if crowd and not mechanical else "bot"


def reasons_of(signs: Signs, code: int) -> str:
    """Tell in words, with their numbers, why an account may be no person; the weightiest first."""
    counts = signs.counts
    sent, asked, answered = (int(array[code]) for array in (counts.sent, counts.asked, counts.answered))
    evenness, burstiness = float(counts.evenness[code]), float(signs.burstiness[code])
    words = {
        "said": f"the source calls it a {signs.said.get(code, '')}",
        "name": "its name is a machine's",
        "flagged": f"{counts.flagged[code]} of its {sent} messages are marked as automatic",
        "silent": f"wrote {sent} messages; of {asked} people who could have answered, {answered or 'none'} ever did",
        "even": f"writes at all hours of the week alike (evenness {evenness:.2f} of 1)",
        "never sends": (
            f"received {counts.received[code]} messages from {counts.senders[code]} people and never wrote"
        ),
        "collects": f"{counts.senders[code]} of the {int((counts.sent > 0).sum())} accounts that write wrote to it",
        "one-way": f"wrote {sent} messages and received {counts.received[code]}",
        "only wide": f"all its {sent} messages went to a crowd, and nobody wrote to it",
        "wide": f"{counts.wide[code]} of its {sent} messages went to a crowd",
        "reach": f"wrote to {asked} of the {int((counts.sent > 0).sum())} accounts that write",
        "clockwork": f"writes by the clock (burstiness {burstiness:.2f}, where -1 is a clock)",
    }
    return "; ".join(words[name] for name in WEIGHTS if signs.held[name][code])
