"""Plain sentences, for the first page of the report and for the terminal.

Every number in them comes from rows that have passed the gate, so a sentence can not say more than the tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from commfinder.report.bands import Band
from commfinder.report.content import ReportFacts, require
from commfinder.report.delivery_sentences import delivery_summary
from commfinder.report.disclosed import Disclosed
from commfinder.report.wording import LIKELY, NO_COMMUNITIES, likely, listed, plural

__all__ = ["band_words", "community_sentences", "group_sentences", "summary_sentences", "times"]

_HELP_FIRST = {
    "broker-dependent": ("is carried by very few people", "are carried by very few people"),
    "core-only": ("is real only at its core", "are real only at their core"),
    "split": ("holds more than one community", "hold more than one community"),
}
_CHANGING = {"emerging": ("is emerging", "are emerging"), "dormant": ("has gone quiet", "have gone quiet")}
_NOT_REAL = {
    "paper": ("exists only on paper", "exist only on paper"),
    "formal-only": (
        "shows only the contact that the formal structure brings about",
        "show only the contact that the formal structure brings about",
    ),
}
_OPEN = {
    "insufficient": ("there is too little data", "there is too little data"),
    "uncertain": ("the evidence is unclear", "the evidence is unclear"),
}
_TIMES_AT_LEAST = 1.05
_ALL_KNOWN = (
    "No community was found that is missing on the list: those found are declared, follow the formal structure, or are "
    "too small or too doubtful to count."
)


def summary_sentences(
    verdicts: Disclosed | None,
    communities: Disclosed | None = None,
    undeclared: Disclosed | None = None,
    facts: ReportFacts | None = None,
    delivery: Disclosed | None = None,
) -> list[str]:
    """Say what was found, most important first.

    Parameters
    ----------
    verdicts, communities, undeclared : Disclosed or None
        What passed the gate; None means that this question was not asked.
    facts : ReportFacts, optional
        How much it rests on.
    delivery : Disclosed or None
        The groups that pass work on.

    Returns
    -------
    list of str
        Whole sentences in plain text; not escaped for HTML.
    """
    require(verdicts, "verdicts")
    require(communities, "communities")
    require(undeclared, "undeclared")
    said = _on_groups(verdicts)
    said += _on_goals(verdicts)
    said += _on_undeclared(undeclared, communities, declared=verdicts is not None)
    said += delivery_summary(delivery, facts)
    said += community_sentences(communities, facts)
    if facts is not None and not facts.units_known:
        said.append(
            "The units of people were not given, so contact that merely follows from the formal structure could not be "
            "told apart from community" + ("; read every 'real' with that in mind." if verdicts is not None else ".")
        )
    return said


def community_sentences(communities: Disclosed | None, facts: ReportFacts | None = None) -> list[str]:
    """Say how many communities were found, and how many of them are likely real; see `summary_sentences` for all.

    Parameters
    ----------
    communities : Disclosed or None
        What passed the gate; None means that this question was not asked.
    facts : ReportFacts, optional
        Whether the network has communities at all.

    Returns
    -------
    list of str
        Empty where communities were not asked for.
    """
    require(communities, "communities")
    if communities is None:
        return []
    if facts is not None and facts.clustered is False:
        return [NO_COMMUNITIES]
    return [_on_communities(communities), *_on_confidence(communities)]


def group_sentences(row: Mapping[str, Any], k: int) -> list[str]:
    """Say of one declared group what the evidence is.

    Parameters
    ----------
    row : mapping
        A row of verdicts that passed the gate.
    k : int
        The smallest number of people that is shown.

    Returns
    -------
    list of str
    """
    if row["evidence"] == "few":
        return [f"Fewer than {k} people are concerned, so the numbers behind this verdict are not shown."]
    said = [sentence for sentence in (_contact(row), _part(row, k)) if sentence]
    if row["evidence"] == "alike":
        said.append(
            f"How many take part is not shown: the group differs from another one by fewer than {k} people, about whom "
            "the two numbers together would tell."
        )
    if row["persistence"] is not None:
        said.append(f"This showed in {row['persistence']:.0%} of the time windows.")
    if row["parted"]:
        said.append("It falls into parts that are not connected with one another.")
    if row["bigger"]:
        said.append(f"It is bigger than its list: {plural(row['outsiders'].low, 'person', 'people')} beyond it belong.")
    if row["found"] is not None and row["overlap"]:
        said.append(f"Community {row['found']}, found without looking at the list, has {_with(row['overlap'])}.")
    return said


def band_words(band: Band | None, k: int) -> str:
    """Write a number of people as far as it may be said.

    Parameters
    ----------
    band : Band or None
        What the gate left of it.
    k : int
        The smallest number of people that is shown.

    Returns
    -------
    str

    Examples
    --------
    >>> band_words(Band(1200, 1200), 5), band_words(Band(0, 4), 5), band_words(Band(19, 23), 5), band_words(None, 5)
    ('1,200', 'fewer than 5', '19 to 23', 'not shown')
    """
    if band is None:
        return "not shown"
    if band.exact:
        return f"{band.low:,}"
    return f"fewer than {k}" if band.high < k else f"{band.low:,} to {band.high:,}"


def times(value: float) -> str:
    """Write a ratio without more digits than it has.

    Parameters
    ----------
    value : float
        The ratio.

    Returns
    -------
    str

    Examples
    --------
    >>> times(0.25), times(3.2), times(14.0)
    ('0.25', '3.2', '14')
    """
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def _on_groups(verdicts: Disclosed | None) -> list[str]:
    """Say how many declared groups are real, which need help, and for which nothing can be said."""
    if verdicts is None:
        return ["No list of declared groups was given, so this report can not say which of them are real."]
    total = len(verdicts.rows)
    if not total:
        return ["The list of declared groups is empty, so there was none to judge."]
    counts = Counter(str(row["verdict"]) for row in verdicts.rows)
    said = [_headline(counts["real"], total)]
    help_first = sum(counts[name] for name in _HELP_FIRST)
    if help_first:
        verb = "is real but needs help" if help_first == 1 else "are real but need help"
        said.append(f"{help_first:,} {verb}: {listed(_counted(counts, _HELP_FIRST))}.")
    said += [f"{listed(_counted(counts, group))}." for group in (_CHANGING, _NOT_REAL) if _counted(counts, group)]
    open_ones = sum(counts[name] for name in _OPEN)
    if open_ones:
        said.append(_abstained(counts, open_ones))
    bigger = sum(bool(row["bigger"]) for row in verdicts.rows)
    if bigger:
        said.append(
            f"{plural(bigger, 'group')} {'is' if bigger == 1 else 'are'} bigger in reality than on "
            f"{'its' if bigger == 1 else 'their'} list."
        )
    return said


def _headline(real: int, total: int) -> str:
    """Say how many of the declared groups are real and alive."""
    if total == 1:
        return f"The one declared group is {'' if real else 'not shown to be '}real and alive."
    if real in (0, total):
        who = "All" if real else "None of the"
        return f"{who} {total:,} declared groups are {'' if real else 'shown to be '}real and alive."
    return f"{real:,} of {total:,} declared groups {'is' if real == 1 else 'are'} real and alive."


def _abstained(counts: Mapping[str, int], total: int) -> str:
    """Say for how many groups nothing can be said, and why."""
    reasons = [(counts[name], words[0]) for name, words in _OPEN.items() if counts[name]]
    groups = f"{total:,} of them" if total > 1 else "1 of them"
    if len(reasons) == 1:
        return f"We cannot tell for {groups}, because {reasons[0][1]}."
    return f"We cannot tell for {groups}: " + listed([f"for {n:,} {words}" for n, words in reasons]) + "."


def _on_goals(verdicts: Disclosed | None) -> list[str]:
    """Say which goals have a real community behind them."""
    standing: dict[str, bool] = {}
    for row in verdicts.rows if verdicts is not None else ():
        if row["goal"] is not None:
            alive = row["verdict"] in ("real", *_HELP_FIRST)
            standing[row["goal"]] = standing.get(row["goal"], False) or alive
    if not standing:
        return []
    bare = sorted(goal for goal, alive in standing.items() if not alive)
    if not bare:
        return [f"There is a real community behind {'the' if len(standing) == 1 else 'each'} declared goal."]
    named = listed([f"“{goal}”" for goal in bare[:5]] + ([f"{len(bare) - 5:,} more"] if len(bare) > 5 else []))
    return [
        f"{len(standing) - len(bare):,} of {plural(len(standing), 'declared goal')} "
        f"{'has' if len(standing) - len(bare) == 1 else 'have'} a real community behind "
        f"{'it' if len(standing) - len(bare) == 1 else 'them'}; none was shown for {named}."
    ]


def _on_undeclared(undeclared: Disclosed | None, communities: Disclosed | None, *, declared: bool) -> list[str]:
    """Say which communities nobody declared."""
    if undeclared is None or not declared:
        return []
    total = len(undeclared.rows) + undeclared.unlisted
    if not total:
        some = communities is not None and len(communities.rows) + communities.unlisted > 0
        return [_ALL_KNOWN] if some else []
    noun = "1 community exists" if total == 1 else f"{total:,} communities exist"
    sentence = f"{noun} that nobody declared"
    if not undeclared.rows:
        return [f"{sentence}, {'but it is' if total == 1 else 'all'} too small to be described."]
    largest = undeclared.rows[0]
    who = "it has" if total == 1 else "the largest has"
    return [f"{sentence}; {who} {_size(largest)}."]


def _on_communities(communities: Disclosed) -> str:
    """Say how many communities were found."""
    total = len(communities.rows) + communities.unlisted
    if not total:
        return "No community was found in the records of this period."
    sentence = f"In all, {plural(total, 'community', 'communities')} {'was' if total == 1 else 'were'} found"
    across = sum(row["units"] is not None and row["units"].low > 1 for row in communities.rows)
    if across:
        span = "spans" if across == 1 else "span"
        sentence += f"; {'it' if total == 1 else f'{across:,} of them'} {span} several units"
    if communities.unlisted:
        one = communities.unlisted == 1
        sentence += f"; {communities.unlisted:,} {'is' if one else 'are'} too small to be described"
    return sentence + "."


def _on_confidence(communities: Disclosed) -> list[str]:
    """Say how many communities are more likely real than not, of those whose confidence is known and may be shown."""
    known = [found for row in communities.rows if (found := likely(row["confidence"])) is not None]
    total, sure = len(known), sum(found is not LIKELY[-1] for found in known)
    if not total:
        return []
    if total == 1:
        return [f"The one community shown with a confidence is {'more likely real than not' if sure else 'doubtful'}."]
    if sure in (0, total):
        who, verb = ("All", "are") if sure else ("None of the", "is")
        return [f"{who} {total:,} communities shown with a confidence {verb} more likely real than not."]
    verb = "is" if sure == 1 else "are"
    return [f"Of the {total:,} communities shown with a confidence, {sure:,} {verb} more likely real than not."]


def _size(row: Mapping[str, Any]) -> str:
    """Say how many people from how many units."""
    people = plural(row["size"].low, "person", "people")
    units: Band | None = row["units"]
    if units is None:
        return people
    if units.exact:
        return f"{people} from {'one unit' if units.low == 1 else plural(units.low, 'unit')}"
    return f"{people} from at least {plural(units.low, 'unit')}"


def _contact(row: Mapping[str, Any]) -> str:
    """Say how far members are in contact beyond what is expected."""
    lift, low, high = row["lift"], row["lift_low"], row["lift_high"]
    if lift is None:
        return ""
    if 1 / _TIMES_AT_LEAST < lift < _TIMES_AT_LEAST:
        said = "Members have about as many ties with one another as expected"
    else:
        said = f"Members have {times(lift)} times as many ties with one another as expected"
    if low is None or high is None:
        return said + "."
    chance = "; that is within what chance can do" if low <= 1 <= high else ""
    return f"{said} (range {times(low)} to {times(high)}){chance}."


def _part(row: Mapping[str, Any], k: int) -> str:
    """Say who takes part, as far as it may be said."""
    active, core, audience = row["active"], row["core"], row["audience"]
    if active is None or row["evidence"] != "shown":
        return ""
    if active.high == 0:
        return "None of its members was active in the records that were read."
    if active.exact:
        verb = "was" if active.low == 1 else "were"
        said = f"{active.low:,} of {row['size'].low:,} members {verb} active"
    else:
        said = f"All or nearly all of its {row['size'].low:,} members were active"
    parts = []
    if core is not None and core.exact:
        parts.append(f"{core.low:,} form the core")
    elif core is not None and core.low >= k:
        parts.append(f"at least {core.low:,} form the core")
    if audience is not None and audience.exact:
        parts.append(f"{audience.low:,} are its audience")
    return f"{said}; {listed(parts)}." if parts else f"{said}."


def _counted(counts: Mapping[str, int], words: Mapping[str, Sequence[str]]) -> list[str]:
    """Return '2 are emerging' and the like for the verdicts that occur."""
    found = [name for name in words if counts[name]]
    return [f"{counts[name]:,} {words[name][counts[name] != 1]}" for name in found]


def _with(overlap: str) -> str:
    """Finish the sentence on the community that a group was matched with."""
    return f"{overlap} with it" if overlap.endswith("in common") else overlap
