"""The page a manager reads: one self-contained HTML file without scripts, which opens offline."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import jinja2
from markupsafe import Markup

from commfinder.errors import PrivacyError
from commfinder.report.bands import number_band
from commfinder.report.content import ReportContent
from commfinder.report.delivery_view import delivery_view
from commfinder.report.delivery_words import GLOSSARY as DELIVERY_GLOSSARY
from commfinder.report.disclosed import Disclosed
from commfinder.report.labels import assert_no_person, clean_label, known_persons
from commfinder.report.marks import Axis, interval, lift_axis, people_bar
from commfinder.report.sentences import band_words, group_sentences, summary_sentences, times
from commfinder.report.wording import GLOSSARY, KINDS_OF_UNIT, NO_COMMUNITIES, VERDICTS, likely

__all__ = ["render_report"]

_BAR_WORDS = {
    "core": "core",
    "audience": "audience",
    "other": "other",
    "active": "active",
    "absent": "not active",
}
_STAGES = {"read": "reading", "clean": "cleaning", "people": "people", "groups": "declared groups"}


def render_report(content: ReportContent, *, persons: Collection[str] = ()) -> str:
    """Write the report.

    It holds no clock time, so that equal content gives equal bytes.

    Parameters
    ----------
    content : ReportContent
        What it shows; every piece has passed the gate.
    persons : collection of str, optional
        Ids, addresses and names of known persons. The finished page is searched for them, and refused if one is there.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    PrivacyError
        If something else than a `ReportContent` is given, or the page would show a person's address or id.
    """
    if not isinstance(content, ReportContent):
        raise PrivacyError(
            f"A {type(content).__name__} can not be rendered.",
            need="A ReportContent, made of pieces that passed the disclosure control, is needed.",
        )
    known = known_persons(persons)
    html = _environment().get_template("report.html.j2").render(_view(content, known))
    assert_no_person(html, known)
    return html


@functools.cache
def _environment() -> jinja2.Environment:
    """Return the templates, which escape all they are given and stumble over what they are not given."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("commfinder.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(times=times, whole=_whole, percent=_percent, likely=likely)
    return environment


def _view(content: ReportContent, persons: frozenset[str]) -> dict[str, Any]:
    """Lay out everything that the template shows; all free text in it is clean."""
    clean = functools.partial(clean_label, persons=persons)
    rows = content.verdicts.rows if content.verdicts is not None else ()
    axis = lift_axis(rows)
    return {
        "title": clean(content.title),
        "period": clean(content.period),
        "style": _style(),
        "k": content.k,
        "summary": summary_sentences(
            content.verdicts, content.communities, content.undeclared, content.facts, content.delivery
        ),
        "facts": _facts(content, persons),
        "tally": _tally(rows),
        "axis": axis,
        "groups": [_group(row, axis, content.k) for row in rows],
        "declared": content.verdicts is not None,
        "communities": _listing(content.communities, content.k),
        "undeclared": _listing(content.undeclared, content.k),
        "no_communities": NO_COMMUNITIES if content.facts.clustered is False else None,
        "stability_speaks": _stability_speaks(content.communities),
        "losses": _losses(content.losses, content.k),
        "words": functools.partial(band_words, k=content.k),
        "glossary": (*GLOSSARY, *(DELIVERY_GLOSSARY if content.delivery is not None else ())),
        "delivery": delivery_view(content),
        "bar_words": _BAR_WORDS,
        "limits": [clean(limit, longest=600) for limit in content.limits],
        "settings": [(clean(name), clean(value, longest=300)) for name, value in content.settings.items()],
        "versions": [(clean(name), clean(value)) for name, value in sorted(content.versions.items())],
        "inputs": [(clean(name), clean(value)) for name, value in sorted(content.inputs.items())],
        "key_id": None if content.key_id is None else clean(content.key_id),
        "units_known": content.facts.units_known,
        "withheld": sum(piece.withheld for piece in content.pieces),
        "unlisted": sum(piece.unlisted for piece in content.pieces if piece.kind != "losses"),
    }


def _style() -> Markup:
    """Return the style sheet, a file of our own that holds no value from the data."""
    loader = _environment().loader
    assert loader is not None
    source, _, _ = loader.get_source(_environment(), "report.css")
    return Markup(source)


def _facts(content: ReportContent, persons: frozenset[str]) -> list[tuple[str, str]]:
    """Return the figures under the title, as pairs of name and value."""
    facts = content.facts
    shown: list[tuple[str, str]] = []
    if facts.people is not None:
        shown.append(("People", band_words(number_band(facts.people, content.k), content.k)))
    if content.verdicts is not None:
        shown.append(("Declared groups", f"{len(content.verdicts.rows):,}"))
    if facts.interactions_used is not None:
        of_read = f" of {facts.interactions_read:,}" if facts.interactions_read is not None else ""
        shown.append(("Interactions used", f"{facts.interactions_used:,}{of_read}"))
    if facts.ties is not None:
        shown.append(("Ties between people", f"{facts.ties:,}"))
    for name, values in (("Media", facts.media), ("Sources", facts.sources)):
        if values:
            listed = [clean_label(value, persons) for value in values[:6]]
            more = [f"{len(values) - 6:,} more"] if len(values) > 6 else []
            shown.append((name, ", ".join(listed + more)))
    return shown


def _tally(rows: tuple[Mapping[str, Any], ...]) -> list[dict[str, Any]]:
    """Count the verdicts, in the order of the report, with their shares of the bar."""
    counts = Counter(str(row["verdict"]) for row in rows)
    return [
        {"verdict": name, "words": words, "count": counts[name], "share": round(100 * counts[name] / len(rows), 2)}
        for name, words in VERDICTS.items()
        if counts[name]
    ]


def _group(row: Mapping[str, Any], axis: Axis, k: int) -> dict[str, Any]:
    """Lay out one declared group."""
    return {
        **row,
        "words": VERDICTS[row["verdict"]],
        "sentences": group_sentences(row, k),
        "interval": interval(row, axis),
        "bar": people_bar(row),
    }


def _listing(piece: Disclosed | None, k: int) -> dict[str, Any] | None:
    """Lay out a table of communities."""
    if piece is None:
        return None
    rows = [{**row, "spans": _spans(row, k)} for row in piece.rows]
    return {"rows": rows, "unlisted": piece.unlisted}


def _spans(row: Mapping[str, Any], k: int) -> str:
    """Say how many units a community spans."""
    units = row["units"]
    if units is None:
        return "not known"
    return band_words(units, k) if units.exact else f"at least {units.low:,}"


def _stability_speaks(communities: Disclosed | None) -> bool:
    """Say whether there are communities of which the stability is known, but not the confidence."""
    rows = communities.rows if communities is not None else ()
    return any(row["confidence"] is None and row["stability"] is not None for row in rows)


def _losses(piece: Disclosed | None, k: int) -> list[dict[str, Any]] | None:
    """Lay out the account of what was not used."""
    if piece is None:
        return None
    shown = []
    for row in piece.rows:
        one, many = KINDS_OF_UNIT.get(row["unit"], (row["unit"], row["unit"]))
        unit = one if row["count"] == (1, 1) else many
        shown.append(
            {
                **row,
                "stage": _STAGES.get(row["stage"], row["stage"]),
                "amount": f"{band_words(row['count'], k)} {unit}",
            }
        )
    return shown


def _whole(value: Any) -> str:
    """Write a number with its thousands apart."""
    return f"{value:,}"


def _percent(value: float | None) -> str:
    """Write a share."""
    return "–" if value is None else f"{value:.0%}"
