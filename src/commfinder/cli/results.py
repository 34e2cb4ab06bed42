"""Commands that answer one question without a study file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commfinder.cli import options

__all__ = ["assess", "communities"]


def communities(
    inputs: options.Inputs,
    people: options.People = None,
    period: options.Period = None,
    kind: options.Kind = None,
    medium: options.Medium = None,
    column: options.Column = None,
    timezone: options.Timezone = None,
    time_format: options.TimeFormat = None,
    case_type: options.CaseType = None,
    actor: options.Actor = None,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Find communities and how likely each is real; people are not named, and fewer than five are not shown."""
    from commfinder.communities import find_communities
    from commfinder.graph import build_graph
    from commfinder.report import Disclosure, ReportFacts, community_sentences
    from commfinder.report.wording import likely
    from commfinder.study.search_words import clustered

    progress = options.terminal()
    inter, directory = options.read_inputs(
        inputs,
        people,
        kind=kind,
        medium=medium,
        column=column,
        timezone=timezone,
        time_format=time_format,
        case_type=case_type,
        actor=actor,
        progress=progress,
    )
    graph = build_graph(inter, directory, period=period)
    found = find_communities(graph, progress=progress, seed=seed)
    shown = Disclosure(persons=frozenset(graph.people["person"])).release_communities(found.to_frame())
    said = community_sentences(shown, ReportFacts(clustered=clustered(found)))
    frame = shown.to_frame()
    if not json and len(frame):
        # Beside the number stands the word that the report has for it.
        words = [like.name if (like := likely(row["confidence"])) is not None else None for row in shown.rows]
        frame.insert(list(frame.columns).index("confidence") + 1, "real", words)
    options.emit("\n".join([repr(found), *said]), frame, as_json=json)


def assess(
    inputs: options.Inputs,
    groups: Annotated[Path, typer.Option(help="The declared groups: a CSV with group and person.")],
    people: options.People = None,
    period: options.Period = None,
    kind: options.Kind = None,
    medium: options.Medium = None,
    column: options.Column = None,
    timezone: options.Timezone = None,
    time_format: options.TimeFormat = None,
    case_type: options.CaseType = None,
    actor: options.Actor = None,
    permutations: Annotated[int, typer.Option(help="Matched rosters for each group.")] = 999,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Judge declared groups; people are not named, and fewer than five are not shown."""
    from commfinder.declared import assess_groups
    from commfinder.graph import build_graph
    from commfinder.people import read_groups, resolve_groups
    from commfinder.report import Disclosure

    progress = options.terminal()
    inter, directory = options.read_inputs(
        inputs,
        people,
        kind=kind,
        medium=medium,
        column=column,
        timezone=timezone,
        time_format=time_format,
        case_type=case_type,
        actor=actor,
        progress=progress,
    )
    declared = read_groups(groups)
    declared = resolve_groups(declared, directory) if directory is not None else declared
    graph = build_graph(inter, directory, period=period)
    verdicts = assess_groups(graph, declared, permutations=permutations, progress=progress, seed=seed)
    gate = Disclosure(persons=frozenset(graph.people["person"]))
    shown = gate.release_verdicts(verdicts.to_frame(), members=verdicts.members).to_frame()
    columns = [name for name in _VERDICT_COLUMNS if name in shown] if not json else list(shown.columns)
    options.emit(repr(verdicts), shown[columns], as_json=json)


_VERDICT_COLUMNS = ("group", "kind", "verdict", "bigger", "lift", "lift_low", "lift_high", "q", "power")
