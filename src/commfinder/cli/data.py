"""Commands about data: read an input, simulate an organisation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commfinder.cli import options
from commfinder.errors import InputError

__all__ = ["read", "simulate"]


def read(
    inputs: options.Inputs,
    kind: options.Kind = None,
    medium: options.Medium = None,
    column: options.Column = None,
    timezone: options.Timezone = None,
    time_format: options.TimeFormat = None,
    case_type: options.CaseType = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the interaction table (single people!) as .parquet or .csv.")
    ] = None,
) -> None:
    """Read inputs and say what is in them, and what was skipped."""
    from commfinder.study.artefacts import csv_bytes, parquet_bytes

    inter, _ = options.read_inputs(
        inputs,
        None,
        kind=kind,
        medium=medium,
        column=column,
        timezone=timezone,
        time_format=time_format,
        case_type=case_type,
        progress=options.terminal(),
    )
    typer.echo(repr(inter))
    if len(inter.losses):
        typer.echo("\nNot used, or odd:")
        options.show(inter.losses[["source", "reason", "unit", "count", "where", "advice"]])
    if out is not None:
        writers = {".parquet": parquet_bytes, ".csv": csv_bytes}
        if out.suffix not in writers:
            raise InputError(f"--out {out.name} ends in {out.suffix!r}.", need="It must end in .parquet or .csv.")
        out.write_bytes(writers[out.suffix](inter.to_frame()))
        typer.echo(f"Written: {out}")


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
