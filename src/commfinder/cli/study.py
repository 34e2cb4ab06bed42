"""Commands about a study file: demo, init, check, run, purge, schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from commfinder.cli import options
from commfinder.errors import OutputError

__all__ = ["check", "demo", "init", "purge", "run", "schema"]

StudyFile = Annotated[Path, typer.Argument(help="The study file.")]
Out = Annotated[Path | None, typer.Option(help="Folder of the results; 'out' beside the study file by default.")]


def demo(
    people: Annotated[int, typer.Option(help="Number of people, 60 or more.")] = 400,
    seed: options.Seed = 0,
    out: Annotated[Path, typer.Option(help="Folder to write to; made anew.")] = Path("commfinder-demo"),
) -> None:
    """Simulate an organisation, write its exports, and run the study on them."""
    from commfinder.simulation import Work, simulate

    progress = options.terminal()
    # All cases carry their id and nobody writes about them: mail and chat are those of the organisation without work.
    work = Work(groups={"process": min(max(people // 100, 1), 3)}, case_ids=1.0, informed=0.0, media=("email",))
    with progress.stage(f"Simulating an organisation of {people} people"):
        organisation = simulate(people=people, seed=seed, work=work)
    with progress.stage("Writing its mail, chat, cases, people and declared groups"):
        organisation.write(out, overwrite=True)
    run(out / "study.toml")


def init(
    folder: Annotated[Path, typer.Argument(help="Where to; here by default.")] = Path(),
) -> None:
    """Write a commented study file to fill in."""
    from commfinder.study.artefacts import write_one

    target = folder / "study.toml"
    if target.exists():
        raise OutputError(f"{target} exists already.", hint="Name another folder, or move it away.")
    write_one(target, _TEMPLATE.encode())
    typer.echo(f"Written: {target}. Fill it in, then: commfinder check {target}")


def check(study: StudyFile, period: options.Period = None) -> None:
    """Say what would be read, mapped and dropped; nothing is written."""
    from commfinder.study import Study

    found = Study.load(study).check(period, progress=options.terminal())
    options.show(found.frame)
    if len(found.losses):
        typer.echo("\nNot used, or odd:")
        options.show(found.losses[["stage", "source", "reason", "unit", "count", "where", "advice"]])
    typer.echo("\nNothing was written.")


def run(
    study: StudyFile,
    period: options.Period = None,
    out: Out = None,
    allow_person_level: Annotated[
        bool, typer.Option(help="Also write files about single people; needs privacy.purpose in the study file.")
    ] = False,
) -> None:
    """Run the study: the report and all tables."""
    from commfinder.study import Study
    from commfinder.study.leave import require_leave

    loaded = Study.load(study)
    target = out if out is not None else study.parent / "out"
    if allow_person_level or loaded.config.privacy.person_level:
        require_leave(loaded.config.privacy, loaded.folder, target)
    progress = options.terminal()
    result = loaded.run(period, progress=progress)
    with progress.stage("Writing the report"):
        written = result.save(target, person_level=True if allow_person_level else None)
    for sentence in result.sentences:
        typer.echo(sentence)
    typer.echo(f"\n{len(written)} files in {target}; the report: {target / 'report.html'}")
    if loaded.config.store.keep:
        where = study.parent / (loaded.config.store.path or loaded.store.name)
        typer.echo(f"What was read is kept in {where}; commfinder purge {study} removes it.")


def purge(study: StudyFile) -> None:
    """Remove the store of a study: interactions and what was found in them, in numbers and with names."""
    from commfinder.study import Study

    loaded = Study.load(study)
    typer.echo(f"Removed: {loaded.store}" if loaded.purge() else f"Nothing to remove: there is no {loaded.store}")


def schema() -> None:
    """Print the JSON schema of result.json."""
    from commfinder.study import result_schema

    typer.echo(json.dumps(result_schema(), ensure_ascii=False, indent=1, sort_keys=True))


_TEMPLATE = """\
# A commfinder study: fill in, then run  commfinder check study.toml  and  commfinder run study.toml
# Paths are relative to this file. Keys that are not known are errors.

name = "Our organisation"
period = "2026Q3"             # or 2026, 2026H1, 2026-07, 2026-04-01/2026-10-01; the second date is outside
seed = 0

# One block for each file or folder of interactions. Only headers are read, never what was written.
[[inputs]]
path = "exports/mail"         # an mbox, or a folder of them (.gz and .bz2 too)
# kind = "mbox"               # mbox, slack or table; found out where it is not given
# timezone = "Europe/Berlin"  # zone of times that name none

# [[inputs]]
# path = "exports/slack.zip"

# [[inputs]]
# path = "exports/tickets.xes.gz"   # event logs: XES, OCEL, or a table with case, activity, time and resource

# [[inputs]]
# path = "exports/reviews.csv"
# kind = "table"
# medium = "code"             # email, chat, microblog, wiki, document, meeting, workflow, ticket, code, survey, contact
# columns = { sender = "author", recipient = "reviewer", time = "merged_at" }

[people]
path = "hr.csv"               # person, and any of unit, site, manager, level, addresses, since, until
# columns = { person = "EMPLOYEE_ID", unit = "DEPARTMENT" }

[groups]
path = "communities.csv"      # group, person, and any of kind, goal, since, until, space

[graph]
# half_life = 60              # days after which an event weighs half; none by default
# max_recipients = 20         # events to more people are mass mail
# outsiders = "drop"          # or "keep": people who are not in the directory
# machines = "machines.csv"   # your decisions about machines: commfinder machines … --out machines.csv writes the list
# copresence = ["meeting", "edit", "thread"]   # also tie people who share these

[communities]                 # all of it suits itself to the network
# overlap = false             # everybody in one community at most
# confidence = false          # do not work out how likely communities are real; quicker
# beyond = false              # do not look for communities beyond formal structure; quicker

[verdicts]
# alpha = 0.05                # false discovery rate
# permutations = 999

[delivery]                    # who passes work on to whom, and of what type groups are
# find = false                # do not look for them; quicker
# communities = false         # not the type of found communities; quicker
# start = "08:30"             # business hours, in which waiting is told
# end = "17:00"
# timezone = "Europe/Berlin"
# holidays = ["2026-12-25"]
# hourly = [60, 90]           # what an hour of work costs: tells what an hour saved at each handoff is worth

[privacy]
# k = 5                       # the smallest number of people that is shown
# person_level = false        # files about single people; takes a purpose
# purpose = ""
# key = "study.key"           # key of the pseudonyms; keep it apart from the results

[store]                       # where interactions are kept, so that each input is read once; no result depends on it
# path = "study.store"        # for you alone to open; commfinder purge study.toml removes it
# keep = false                # remove it after the run
# memory_limit = "4GB"        # of the database; what does not fit is spilled there
# threads = 2
"""
