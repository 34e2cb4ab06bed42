"""What does a manager read?

What can be shown to others, and how is it said in plain words?

In: the frames of results (`Verdicts.to_frame()`, `Communities.summary`, `undeclared(...).to_frame()`,
`DeliveryGroups.to_frame()`, `Impact.to_frame()`, losses). Each
passes the gate, `Disclosure`, and comes out as `Disclosed` rows; nothing else can be rendered. Out: plain sentences
(`summary_sentences`), one self-contained HTML page (`render_report`), and frames fit for export (`Disclosed.to_frame`).
"""

from __future__ import annotations

from commfinder.report.bands import Band
from commfinder.report.content import ReportContent, ReportFacts
from commfinder.report.delivery_frames import delivery_frames
from commfinder.report.delivery_sentences import delivery_sentences, delivery_summary
from commfinder.report.disclosed import Disclosed
from commfinder.report.disclosure import Disclosure
from commfinder.report.labels import assert_no_person, clean_label
from commfinder.report.page import render_report
from commfinder.report.sentences import band_words, community_sentences, group_sentences, summary_sentences

__all__ = [
    "Band",
    "Disclosed",
    "Disclosure",
    "ReportContent",
    "ReportFacts",
    "assert_no_person",
    "band_words",
    "clean_label",
    "community_sentences",
    "delivery_frames",
    "delivery_sentences",
    "delivery_summary",
    "group_sentences",
    "render_report",
    "summary_sentences",
]
