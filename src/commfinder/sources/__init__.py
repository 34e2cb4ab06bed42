"""How do files become plain tables?

Takes paths of what mail servers, chat programs and trackers export, gives `Reading`: interactions, accounts and
memberships, and the account of what was skipped. One file here reads one format; only metadata is taken, never what
people wrote. `read` finds out the format and gives `commfinder.interactions.Interactions`.

`parts` gives the same rows piece by piece, for inputs that do not fit in memory; `whole` puts them together.

Types in: paths, and a few options that only the user can know (time zone, columns, medium).
Types out: `Reading`, `Part`s of one, or `Interactions` through `read`.
"""

from commfinder.sources.detect import KINDS, detect
from commfinder.sources.event_log import read_event_log
from commfinder.sources.mbox import read_mbox
from commfinder.sources.ocel import read_ocel
from commfinder.sources.reader import READER_VERSIONS, parts, read
from commfinder.sources.reading import Part, Reading, whole
from commfinder.sources.slack import read_slack
from commfinder.sources.tables import read_table
from commfinder.sources.xes import read_xes
from commfinder.sources.zulip import read_zulip_topics
from commfinder.sources.zulip_export import read_zulip_export

__all__ = [
    "KINDS",
    "READER_VERSIONS",
    "Part",
    "Reading",
    "detect",
    "parts",
    "read",
    "read_event_log",
    "read_mbox",
    "read_ocel",
    "read_slack",
    "read_table",
    "read_xes",
    "read_zulip_export",
    "read_zulip_topics",
    "whole",
]
