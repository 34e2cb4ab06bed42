"""Options that several commands share, and how results are printed."""

from __future__ import annotations

import json as encoder
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commfinder.errors import CommfinderError, InputError
from commfinder.progress import Progress, TerminalProgress

if TYPE_CHECKING:
    import pandas as pd

    from commfinder.interactions import Interactions
    from commfinder.people import Directory

Inputs = Annotated[
    list[str], typer.Argument(help="Files or folders: mbox, Slack, Zulip, XES, OCEL, CSV, JSON lines, Parquet.")
]
People = Annotated[Path | None, typer.Option(help="The directory: a CSV with person, unit, site, manager, addresses.")]
Period = Annotated[str | None, typer.Option(help="Such as 2026Q3, 2026-07 or 2026-04-01/2026-10-01.")]
Seed = Annotated[int, typer.Option(help="Seed of everything in which chance plays a part.")]
Kind = Annotated[
    str | None, typer.Option(help="mbox, slack, zulip, table, event_log, xes or ocel; found out where it is not given.")
]
Medium = Annotated[str | None, typer.Option(help="For tables: email, chat, code, meeting, …")]
Column = Annotated[
    list[str] | None,
    typer.Option("--column", help="For tables, event logs: our name=the file's, such as sender=author; repeatable."),
]
Timezone = Annotated[str | None, typer.Option(help="Zone of times that name none, such as Europe/Berlin.")]
TimeFormat = Annotated[str | None, typer.Option(help="For tables: strptime format of times that are not ISO 8601.")]
CaseType = Annotated[list[str] | None, typer.Option(help="For OCEL: a type of object that is the case; repeatable.")]
Actor = Annotated[
    list[str] | None,
    typer.Option("--actor", help="For OCEL: an attribute or a type of object that says who acted; repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

__all__ = ["as_options", "emit", "mapping", "read_inputs", "show", "terminal"]


def terminal() -> Progress:
    """Return the progress that a terminal shows."""
    return TerminalProgress()


def mapping(pairs: list[str] | None) -> dict[str, str | int | list[str] | None] | None:
    """Turn words such as sender=author into a mapping of columns; commas join several into one."""
    if not pairs:
        return None
    found: dict[str, str | int | list[str] | None] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not value:
            raise InputError(f"--column {pair} has no '='.", need="Our name and the file's are needed: sender=author.")
        parts = value.split(",")
        found[name] = int(value) if value.isdigit() else parts if len(parts) > 1 else value
    return found


def read_inputs(
    paths: list[str],
    people: Path | None,
    *,
    kind: str | None,
    medium: str | None,
    column: list[str] | None,
    timezone: str | None,
    time_format: str | None,
    progress: Progress,
    case_type: list[str] | None = None,
    actor: list[str] | None = None,
) -> tuple[Interactions, Directory | None]:
    """Read inputs and the directory, and turn accounts into people."""
    # Here and in the commands: what a command needs is loaded when it runs, so that --help is there at once.
    from commfinder.interactions import concat
    from commfinder.people import read_people, resolve_people
    from commfinder.sources import read

    given: dict[str, Any] = {"kind": kind, "medium": medium, "columns": mapping(column), "timezone": timezone}
    given |= {"time_format": time_format}
    options = {name: value for name, value in given.items() if value is not None}
    of_logs = _of_logs(paths, kind, {"case_type": case_type, "actors": actor})
    parts = []
    for path in paths:
        with progress.stage(f"Reading {Path(path).name}"):
            try:
                parts.append(read(path, **options, **of_logs.get(path, {})))
            except CommfinderError as error:
                error.hint = as_options(error.hint)
                raise
    inter = concat(parts)
    if people is None:
        return inter, None
    directory = read_people(people)
    return resolve_people(inter, directory)[0], directory


def as_options(text: str) -> str:
    """Say in options of a command what is said as arguments of a call: timezone="UTC" becomes --timezone UTC."""
    text = re.sub(r"columns=\{'(\w+)': '?([^'}]*)'?\}", r"--column \1=\2", text)
    text = re.sub(r'\b(timezone|medium|kind)="([^" ]*)"', r"--\1 \2", text)
    return re.sub(r'\btime_format="', '--time-format "', text)


def _of_logs(paths: list[str], kind: str | None, given: dict[str, list[str] | None]) -> dict[str, dict[str, Any]]:
    """Hand what is said of object-centric logs to the inputs that are such logs; all others do not know it."""
    from commfinder.sources import detect

    said = {name: value for name, value in given.items() if value}
    if not said:
        return {}
    logs = [path for path in paths if (kind or detect(path)) == "ocel"]
    if not logs:
        words = " and ".join({"case_type": "--case-type", "actors": "--actor"}[name] for name in said)
        raise InputError(
            f"{words} {'is' if len(said) == 1 else 'are'} given, and no input is an object-centric event log.",
            need="Such logs (OCEL) alone have several types of objects; in others a column or attribute is the case.",
            hint="Leave it out, or name the kind if a log was taken for something else: --kind ocel.",
        )
    return dict.fromkeys(logs, said)


def emit(headline: str, frame: pd.DataFrame, *, as_json: bool) -> None:
    """Print a disclosed frame as a table under its headline, or as JSON."""
    from commfinder.result import records

    if as_json:
        typer.echo(encoder.dumps(records(frame), ensure_ascii=False, indent=1, sort_keys=True))
        return
    typer.echo(headline)
    if len(frame):
        show(frame)


def show(frame: pd.DataFrame, *, rows: int = 200) -> None:
    """Print a frame as a plain table."""
    import pandas as pd

    with pd.option_context("display.width", 200, "display.max_columns", 50, "display.max_colwidth", 110):
        typer.echo(frame.head(rows).to_string(index=False, na_rep="–"))
    if len(frame) > rows:
        typer.echo(f"… and {len(frame) - rows} more rows")
