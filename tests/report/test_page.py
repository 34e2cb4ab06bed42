"""The page: inert, complete, the same to the byte, and it names nobody."""

from __future__ import annotations

import dataclasses
import itertools
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from commfinder.errors import PrivacyError
from commfinder.report import Disclosure, ReportContent, ReportFacts, assert_no_person, render_report
from commfinder.report.wording import GLOSSARY, LIKELY, NO_COMMUNITIES, likely

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "Sales \u202egnp.exe",
    "</style><script>alert(1)</script>",
    "{{ 7 * 7 }} {% raw %}",
    "javascript:alert(1)",
    "' onmouseover='alert(1)",
    "a" * 5000,
]
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)


def assert_inert(html: str) -> Page:
    page = Page(html)
    assert page.open == []
    assert not {"script", "img", "iframe", "object", "embed", "link", "form", "base", "foreignobject"} & set(page.tags)
    for _, name, value in page.attributes:
        assert not name.startswith("on")
        assert name not in {"src", "srcset", "xlink:href", "action"}
        if name == "href":
            assert value.startswith("#")
        if name == "style":
            assert re.fullmatch(r"width:[0-9.]+%", value)
    style = html[html.index("<style>") : html.index("</style>")]
    assert not re.search(r"url\(|@import|https?:", style)
    assert "http://" not in html
    assert "https://" not in html
    return page


def test_the_example(content: ReportContent) -> None:
    html = render_report(content)
    page = assert_inert(html)
    text = " ".join(page.text)
    assert "3 of 15 declared groups are real and alive." in text
    assert "default-src 'none'" in html
    assert ("html", "lang", "en-GB") in page.attributes
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert page.tags.count("table") == page.tags.count("caption")
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value[1:] for _, name, value in page.attributes if name == "href"} <= set(ids)
    for jargon in ("modularity", "p-value", "Leiden"):
        assert jargon not in text


def cells(page: str, section: str, column: str) -> dict[str, str]:
    """Return the words of one column of the table in a section, by the name of the community."""
    table = page[page.index(f'<section id="{section}"') :]
    table = table[: table.index("</table>")]
    found = {}
    for row in table.split("<tr>")[2:]:
        plain = re.sub(
            r"\s+", " ", re.sub(r"<[^>]+>", "", row[row.index(f'data-label="{column}"') :].split("</td>")[0])
        )
        name = re.search(r'<th scope="row"><bdi>([^<]*)', row)
        assert name is not None
        found[name[1]] = plain.partition(">")[2].strip()
    return found


def test_confidence_is_a_band_with_a_word(content: ReportContent) -> None:
    html = render_report(content)
    shown = cells(html, "found", "Confidence")
    assert (shown["C1"], shown["C5"]) == ("very likely 90% or more", "very likely 90% or more")
    assert (shown["C3"], shown["C10"], shown["B1"]) == ("likely 50 to 90%", "doubtful below 50%", "not known")
    assert cells(html, "undeclared", "Confidence") == {
        "C6": "likely 50 to 90%",
        "B1": "not known",
        "C7": "likely 50 to 90%",
        "C8": "likely 50 to 90%",
    }
    in_its_place = "Where the confidence is not known, the stability"
    assert html.count(in_its_place) == 2, "what speaks in its place is said under both tables"
    assert "93%" not in "".join(shown.values())


def test_the_probability_of_a_community_is_told_where_it_is_known(
    content: ReportContent, verdicts: pd.DataFrame
) -> None:
    html = " ".join(Page(render_report(content)).text)
    known = verdicts[(verdicts["size"] >= 5) & (verdicts["active"] >= 5) & verdicts["p_community"].notna()]
    assert len(known) >= 8
    assert html.count("Probability that a community is there, of whatever kind") == len(known)
    assert re.search(r"Probability that a community is there, of whatever kind\s+97%", html)


def test_the_words_for_confidence_cover_every_probability() -> None:
    assert [likely(step / 100).name for step in (0, 49, 50, 89, 90, 100)] == [  # type: ignore[union-attr]
        *["doubtful"] * 2,
        *["likely"] * 2,
        *["very likely"] * 2,
    ]
    assert likely(None) is None
    told = dict(GLOSSARY)["Confidence"]
    assert all(f"{one.name}: {one.band}" in told for one in LIKELY)


def test_a_network_of_chance_has_one_plain_sentence(communities: pd.DataFrame, undeclared: pd.DataFrame) -> None:
    gate = Disclosure()
    content = ReportContent(
        "T",
        "P",
        ReportFacts(clustered=False, p_chance=0.4),
        communities=gate.release_communities(communities.head(0)),
        undeclared=gate.release_undeclared(undeclared.head(0)),
    )
    html = render_report(content)
    for section in ("found", "undeclared", "short"):
        part = html[html.index(f'<section id="{section}"') :]
        assert NO_COMMUNITIES in part[: part.index("</section>")], section
    assert "None that can be described" not in html


def test_equal_content_gives_equal_bytes(content: ReportContent) -> None:
    assert render_report(content) == render_report(dataclasses.replace(content))


def test_what_is_withheld_does_not_reach_the_page(content: ReportContent) -> None:
    html = render_report(content)
    for secret in ("Works Council", "ann.lee", "3 people carry it", "2 people of 14", "line 12", "byte 99", "C9"):
        assert secret not in html


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_inert(
    name: str, verdicts: pd.DataFrame, communities: pd.DataFrame, undeclared: pd.DataFrame, losses: pd.DataFrame
) -> None:
    gate = Disclosure()
    html = render_report(
        ReportContent(
            title=name,
            period=name,
            facts=ReportFacts(3, media=(name,), sources=(name,) * 9),
            verdicts=gate.release_verdicts(verdicts.assign(group=name, kind=name, goal=name)),
            communities=gate.release_communities(communities.assign(main_unit=name, community=name)),
            undeclared=gate.release_undeclared(undeclared.assign(nearest=name, community=name, jaccard=0.3)),
            losses=gate.release_losses(losses.assign(source=name, reason=name, advice=name, stage=name, unit=name)),
            settings={name: name},
            versions={name: name},
            inputs={name: name},
            key_id=name,
            limits=(name,),
        )
    )
    page = assert_inert(html)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", html)
    assert "49" not in " ".join(page.text) or "{{ 7" not in name or "{{ 7 * 7 }}" in " ".join(page.text)
    html.encode("utf-8")


def test_no_address_survives(verdicts: pd.DataFrame) -> None:
    address = "Ask ann.lee@example.org"
    content = ReportContent(
        title=f"\ud800 {address}",
        period=address,
        verdicts=Disclosure().release_verdicts(verdicts.assign(group=address, goal=address)),
        settings={address: address},
        inputs={"ann.lee@example.org.mbox": "00"},
        limits=(address,),
    )
    html = render_report(content, persons=["ann.lee@example.org"])
    assert "ann.lee" not in html
    assert "(address withheld)" in html
    html.encode("utf-8")


def test_the_last_check() -> None:
    assert_no_person("<style>@media print { } @page { }</style> 1001 sales", ["1001", "sales", "ann@localhost", None])
    for html, person in (
        ("<p>ann.lee@example.org</p>", ()),
        ("<p>ann.lee&#64;example.org</p>", ()),
        ("<p>ann@localhost</p>", ["Ann@localhost"]),
        ("<p>mfrggzdfmztwq2lknnwg23tpob</p>", ["MFRGGZDFMZTWQ2LKNNWG23TPOB"]),
        ("<p>by U02ABCDEF.</p>", ["U02ABCDEF"]),
    ):
        with pytest.raises(PrivacyError) as caught:
            assert_no_person(html, person)
        assert "ann" not in str(caught.value).lower()


def test_empty_reports_are_reports(verdicts: pd.DataFrame, communities: pd.DataFrame) -> None:
    gate = Disclosure()
    nothing = ReportContent("T", "P", ReportFacts(units_known=False))
    empty = ReportContent(
        "T",
        "P",
        verdicts=gate.release_verdicts(verdicts.head(0)),
        communities=gate.release_communities(communities.head(0)),
    )
    bare = verdicts[["group", "verdict", "size", "active"]]
    sparse = ReportContent("T", "P", verdicts=gate.release_verdicts(bare))
    for content in (nothing, empty, sparse):
        assert_inert(render_report(content))
