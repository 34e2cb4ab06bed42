"""Commands about data: read an input, find the machines in it, simulate an organisation."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated

import typer

from commfinder.cli import options
from commfinder.errors import InputError

__all__ = ["machines", "read", "simulate"]


def read(
    inputs: options.Inputs,
    kind: options.Kind = None,
    medium: options.Medium = None,
    column: options.Column = None,
    timezone: options.Timezone = None,
    time_format: options.TimeFormat = None,
    case_type: options.CaseType = None,
    actor: options.Actor = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the interaction table (single people!) as .parquet or .csv.")
    ] = None,
) -> None:
    """Read inputs and say what is in them, and what was skipped."""
    from commfinder.study.artefacts import write_csv, write_one, write_parquet

    writers = {".parquet": write_parquet, ".csv": write_csv}
    if out is not None and out.suffix not in writers:
        raise InputError(f"--out {out.name} ends in {out.suffix!r}.", need="It must end in .parquet or .csv.")
    inter, _ = options.read_inputs(
        inputs,
        None,
        kind=kind,
        medium=medium,
        column=column,
        timezone=timezone,
        time_format=time_format,
        case_type=case_type,
        actor=actor,
        progress=options.terminal(),
    )
    typer.echo(repr(inter))
    if len(inter.losses):
        typer.echo("\nNot used, or odd:")
        told = inter.losses[["source", "reason", "unit", "count", "where", "advice"]]
        options.show(told.assign(advice=told["advice"].map(options.as_options, na_action="ignore")))
    if out is not None:
        write_one(out, functools.partial(writers[out.suffix], inter.to_frame()), private=True)
        typer.echo(f"Written: {out}")


def machines(
    inputs: options.Inputs,
    people: options.People = None,
    period: options.Period = None,
    decisions: Annotated[
        Path | None, typer.Option(help="What you have decided: a CSV with account and decision (keep or exclude).")
    ] = None,
    kind: options.Kind = None,
    medium: options.Medium = None,
    column: options.Column = None,
    timezone: options.Timezone = None,
    time_format: options.TimeFormat = None,
    case_type: options.CaseType = None,
    actor: options.Actor = None,
    out: Annotated[Path | None, typer.Option(help="Write the list (accounts!) as .csv, to decide in it.")] = None,
    json: options.Json = False,
) -> None:
    """List accounts that are machines, lists or broadcasters, with reasons; they are left out of every result."""
    from commfinder.interactions.machines.find import find_machines
    from commfinder.study.artefacts import csv_bytes, write_one

    if out is not None and out.suffix != ".csv":
        raise InputError(f"--out {out.name} ends in {out.suffix!r}.", need="It must end in .csv.")
    inter, _ = options.read_inputs(
        inputs,
        people,
        kind=kind,
        medium=medium,
        column=column,
        timezone=timezone,
        time_format=time_format,
        case_type=case_type,
        actor=actor,
        progress=options.terminal(),
    )
    found = find_machines(inter, period=period, decisions=decisions)
    options.emit(repr(found), found.to_frame(), as_json=json)
    if out is not None:
        write_one(out, csv_bytes(found.to_frame()), private=True)
        # Standard output is JSON and nothing else where that was asked for.
        typer.echo(f"Written: {out}. Change decisions in it, and hand it in with --decisions.", err=json)


def simulate(
    people: Annotated[int, typer.Option(help="Number of people, 60 or more.")] = 400,
    seed: options.Seed = 0,
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("simulated"),
    overwrite: Annotated[bool, typer.Option(help="Write although the folder is not empty.")] = False,
) -> None:
    """Write exports, people, groups and a study file of an organisation with known truth."""
    from commfinder.simulation import simulate as make

    with options.terminal().stage(f"Simulating {people} people"):
        organisation = make(people=people, seed=seed)
    with options.terminal().stage("Writing exports"):
        organisation.write(out, overwrite=overwrite)
    typer.echo(f"Written: {out}. Next: commfinder run {out / 'study.toml'}")
