"""Commands about delivery: who passes work on to whom, and what a change did to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commfinder.cli import options
from commfinder.errors import InputError

if TYPE_CHECKING:
    from commfinder.delivery import BusinessHours, DeliveryGroups, Rates
    from commfinder.people import Directory
    from commfinder.report import Disclosure

__all__ = ["delivery", "impact"]

_COLUMNS = ("group", "origin", "type", "probability", "size_low", "units_low", "cases", "cycle_median_hours", "path")
_IMPACT_COLUMNS = ("outcome", "method", "before", "after", "effect", "low", "high", "p", "q", "claimed")

Groups = Annotated[
    Path | None, typer.Option(help="Declared groups whose type is wanted too: a CSV with group and person.")
]
Hours = Annotated[
    str | None, typer.Option(help="Business hours, Monday to Friday, such as 08:30-17:00; or 'always'. 09:00-17:00.")
]
Zone = Annotated[str, typer.Option(help="Zone of the business hours, such as Europe/Berlin.")]
Rate = Annotated[
    str | None, typer.Option(help="What an hour of work costs, such as 60-90: tells what saving is worth.")
]
DelayRate = Annotated[str | None, typer.Option(help="What a working day of delay of a case costs, such as 100-250.")]
Currency = Annotated[str, typer.Option(help="Currency of the rates.")]
MinCases = Annotated[int, typer.Option(help="Fewest cases of a group that is found.")]


def delivery(
    inputs: options.Inputs,
    people: options.People = None,
    groups: Groups = None,
    period: options.Period = None,
    kind: options.Kind = None,
    medium: options.Medium = None,
    column: options.Column = None,
    timezone: options.Timezone = None,
    time_format: options.TimeFormat = None,
    case_type: options.CaseType = None,
    actor: options.Actor = None,
    hours: Hours = None,
    zone: Zone = "UTC",
    min_cases: MinCases = 10,
    rate: Rate = None,
    delay_rate: DelayRate = None,
    currency: Currency = "EUR",
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Find groups that pass work on, and of what type groups are; people are not named, fewer than five not shown."""
    from commfinder.report import ReportFacts, delivery_frames, delivery_sentences, delivery_summary

    calendar, rates = _calendar(hours, zone), _rates(rate, delay_rate, currency)
    reading: dict[str, Any] = {"kind": kind, "medium": medium, "timezone": timezone, "time_format": time_format}
    reading |= {"column": column, "case_type": case_type, "actor": actor}
    found, directory = _found(
        inputs, people, groups, period, reading, calendar=calendar, min_cases=min_cases, seed=seed
    )
    shown = _gate(found).release_delivery(**delivery_frames(found, directory, rates=rates))
    frame = shown.to_frame()
    if json:
        options.emit("", frame, as_json=True)
        return
    if len(frame):
        frame["path"] = [" → ".join(path) for path in frame["path"]]
    day = calendar.hours_per_day
    said = delivery_summary(shown, ReportFacts(cases=len(found.cases), working_day=day))
    for row in shown.rows:
        if row["type"] in ("process", "mixed") and row["origin"] != "community":
            said.append(f"{row['group']}: {' '.join(delivery_sentences(row, shown.k, working_day=day))}")
    options.emit("\n".join([repr(found), *said]), frame[[name for name in _COLUMNS if name in frame]], as_json=False)


def impact(
    inputs: options.Inputs,
    group: Annotated[str, typer.Option(help="The group whose work changed, by its name in 'commfinder delivery'.")],
    changed_on: Annotated[str, typer.Option(help="The day of the change, such as 2026-05-01.")],
    control: Annotated[
        list[str] | None, typer.Option("--control", help="A group whose work did not change; repeatable.")
    ] = None,
    outcome: Annotated[
        str, typer.Option(help="cycle, elapsed, throughput or rework: what the answer is about.")
    ] = "cycle",
    people: options.People = None,
    groups: Groups = None,
    period: options.Period = None,
    kind: options.Kind = None,
    medium: options.Medium = None,
    column: options.Column = None,
    timezone: options.Timezone = None,
    time_format: options.TimeFormat = None,
    case_type: options.CaseType = None,
    actor: options.Actor = None,
    hours: Hours = None,
    zone: Zone = "UTC",
    min_cases: MinCases = 10,
    rate: Rate = None,
    delay_rate: DelayRate = None,
    currency: Currency = "EUR",
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Tell what a change did to the work of a group: before and after, with controls; people are not named."""
    from commfinder.delivery import measure_impact

    calendar, rates = _calendar(hours, zone), _rates(rate, delay_rate, currency)
    reading: dict[str, Any] = {"kind": kind, "medium": medium, "timezone": timezone, "time_format": time_format}
    reading |= {"column": column, "case_type": case_type, "actor": actor}
    found, _ = _found(inputs, people, groups, period, reading, calendar=calendar, min_cases=min_cases, seed=seed)
    changed, gate = found[group], _gate(found)
    controls = [found[name] for name in control or ()]
    measured = measure_impact(
        changed,
        changed_on=changed_on,
        controls=controls or None,
        rates=rates,
        calendar=calendar,
        outcome=outcome,
        seed=seed,
    )
    shown = gate.release_impact(measured.to_frame(), size=len(changed.members))
    frame = shown.to_frame()
    few = shown.rows[0]["before"] is None and shown.rows[0]["cases_before"] is None
    said = [shown.rows[0]["told"]]
    if not few:
        said += [gate.release_text(text) for text in measured.cautions]
        said += [gate.release_text(text) for text in (measured.worth.told if measured.worth is not None else ())]
    columns = list(frame.columns) if json else [name for name in _IMPACT_COLUMNS if name in frame]
    options.emit("\n".join(said), frame[columns], as_json=json)


def _found(
    inputs: list[str],
    people: Path | None,
    groups: Path | None,
    period: str | None,
    reading: dict[str, Any],
    *,
    calendar: BusinessHours,
    min_cases: int,
    seed: int,
) -> tuple[DeliveryGroups, Directory | None]:
    """Read inputs and find the groups in them."""
    from commfinder.delivery import find_delivery_groups
    from commfinder.people import read_groups, resolve_groups
    from commfinder.period import parse_period

    progress = options.terminal()
    inter, directory = options.read_inputs(inputs, people, progress=progress, **reading)
    span = parse_period(period)
    inter = inter if span is None else inter.select(period=span)
    declared = None if groups is None else read_groups(groups)
    if declared is not None and directory is not None:
        declared = resolve_groups(declared, directory)
    found = find_delivery_groups(
        inter,
        directory,
        groups=declared,
        calendar=calendar,
        min_cases=min_cases,
        progress=progress,
        seed=seed,
    )
    return found, directory


def _gate(found: DeliveryGroups) -> Disclosure:
    """Return the gate, which knows everybody who acts."""
    from commfinder.report import Disclosure

    return Disclosure(persons=frozenset(map(str, found.cases.people)) | frozenset(found.members["person"]))


def _calendar(hours: str | None, zone: str) -> BusinessHours:
    """Turn words such as 08:30-17:00 into business hours."""
    from commfinder.delivery import BusinessHours

    if hours == "always":
        return BusinessHours.always()
    start, sign, end = ("09:00", "-", "17:00") if hours is None else hours.replace("–", "-").partition("-")
    if not sign:
        raise InputError(f"--hours {hours} has no '-'.", need="Start and end are needed: 09:00-17:00, or always.")
    return BusinessHours(start=start.strip(), end=end.strip(), timezone=zone)


def _rates(rate: str | None, delay_rate: str | None, currency: str) -> Rates | None:
    """Turn words such as 60-90 into rates; None where none are given."""
    from commfinder.delivery import Rates

    if rate is None and delay_rate is None:
        return None
    return Rates(hourly=_span(rate, "--rate"), delay_per_day=_span(delay_rate, "--delay-rate"), currency=currency)


def _span(words: str | None, what: str) -> tuple[float, float] | None:
    """Turn 60-90, or 75, into a range."""
    if words is None:
        return None
    low, _, high = words.replace("–", "-").partition("-")
    try:
        return float(low), float(high or low)
    except ValueError:
        raise InputError(f"{what} is {words!r}.", need="One number or two are needed: 60-90.") from None
