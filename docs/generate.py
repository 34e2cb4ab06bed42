"""Write the reference pages that are made from the code: commands, study file, columns, verdicts, errors, functions.

python docs/generate.py           write them
python docs/generate.py --check   write nothing; fail if one of them is stale
"""

from __future__ import annotations

import inspect
import re
import sys
import types
import typing
from collections.abc import Iterable
from pathlib import Path

import column_words as words
import column_words_of_weights as of_weights
import column_words_of_work as of_work
import pandas as pd
import pyarrow as pa
import typer
from pydantic import BaseModel

import commfinder as cf
from commfinder import communities, delivery, errors, graph, plot, sources
from commfinder.cli.main import app
from commfinder.declared import thresholds as bounds
from commfinder.declared import verdict as verdicts
from commfinder.interactions import schema
from commfinder.report.wording import VERDICTS as WORDS
from commfinder.study.config import StudyConfig

REFERENCE = Path(__file__).parent / "reference"
NOTE = "% Made by docs/generate.py from the code; do not edit.\n\n"

# ----------------------------------------------------------------------------------------------------------- tables


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table."""
    lines = [list(head), *([str(cell) for cell in row] for row in rows)]
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    cells.insert(1, ["---"] * len(cells[0]))
    return "\n".join("| " + " | ".join(line) + " |" for line in cells) + "\n"


def first_paragraph(text: str | None) -> str:
    """Return the opening paragraph of a docstring as Markdown on one line."""
    plain = inspect.cleandoc(text or "").split("\n\n")[0].replace("\n", " ")
    return re.sub(r"(?<!`)`([^`]+)`(?!`)", r"`\1`", plain.replace("``", "`"))


# --------------------------------------------------------------------------------------------------------- commands


def cli() -> str:
    """Describe every command, from the program itself."""
    group = typer.main.get_command(app)
    out = [
        NOTE,
        "# Commands\n\n",
        f"{group.help}\n\n",
        "Exit codes: 0 done, 1 a defect of commfinder, 2 yours to mend.\n",
    ]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        arguments = [one for one in command.params if one.param_type_name == "argument"]
        options = [one for one in command.params if one.param_type_name == "option" and "--help" not in one.opts]
        words = " ".join(_argument(one) for one in arguments)
        out.append(f"\n## `commfinder {name}`\n\n{inspect.cleandoc(command.help or '')}\n\n")
        out.append(f"```text\ncommfinder {name}{' [OPTIONS]' if options else ''}{' ' + words if words else ''}\n```\n")
        if command.params:
            out.append("\n" + table(("argument or option", "default", "meaning"), map(_parameter, arguments + options)))
    return "".join(out)


def _argument(one: typing.Any) -> str:
    word = one.name.upper() + ("…" if one.nargs == -1 else "")
    return word if one.required else f"[{word}]"


def _parameter(one: typing.Any) -> tuple[str, str, str]:
    name = _argument(one) if one.param_type_name == "argument" else " / ".join((*one.opts, *one.secondary_opts))
    default = one.default() if callable(one.default) else one.default
    if one.required:
        shown = "needed"
    elif isinstance(default, bool):
        shown = "yes" if default else "no"
    elif default is None or default == ():
        shown = ""
    else:
        shown = f"`{default}`"
    return f"`{name}`", shown, one.help or ""


# -------------------------------------------------------------------------------------------------------- study file


def config() -> str:
    """Describe every key of a study file, from the models that check it."""
    out = [
        NOTE,
        "# The study file\n\n",
        "A TOML file. Paths are relative to it. Keys that are not known are errors. `commfinder init` writes one to "
        "fill in.\n\n## Top of the file\n\n",
        _keys(StudyConfig),
    ]
    for name, field in StudyConfig.model_fields.items():
        model = _model_in(field.annotation)
        if model is not None:
            heading = f"[[{name}]]" if name == "inputs" else f"[{name}]"
            out.append(f"\n## `{heading}`\n\n{first_paragraph(model.__doc__)}\n\n{_keys(model)}")
    return "".join(out)


def _keys(model: type[BaseModel]) -> str:
    rows = []
    for name, field in model.model_fields.items():
        if model is StudyConfig and _model_in(field.annotation) is not None:
            continue
        if field.is_required():
            default = "needed"
        else:
            value = field.get_default(call_default_factory=True)
            default = "" if value is None or value in ("", {}) else f"`{_toml(value)}`"
        rows.append((f"`{name}`", _type_words(field.annotation), default, field.description or ""))
    return table(("key", "value", "default", "meaning"), rows)


def _model_in(annotation: typing.Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in typing.get_args(annotation) if (found := _model_in(one))), None)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _type_words(annotation: typing.Any) -> str:
    names = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    if annotation in names:
        return names[annotation]
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return " or ".join(f'`"{one}"`' for one in inner)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_type_words(one) for one in inner if one is not type(None)))
    if origin is dict:
        return f"table of {_type_words(inner[1])}"
    if origin is list:
        return f"list of {_type_words(inner[0])}"
    raise TypeError(f"no words for {annotation!r}")


# ---------------------------------------------------------------------------------------------------------- verdicts


def verdict_page() -> str:
    """Describe the verdicts, in the words of the report and of the frame, and the thresholds of the rules."""
    v = verdicts
    rows = [(f"`{name}`", WORDS[name].name, WORDS[name].meaning, v.HELP[name]) for name in v.VERDICTS]
    percent = "{:.0%}".format
    t = bounds
    thresholds = [
        ("least share of the list that is seen", percent(t.MIN_COVERAGE)),
        ("least number of active members", t.MIN_ACTIVE),
        ("least power to judge at all", percent(t.MIN_POWER)),
        ("least probability of a verdict that is spoken of", percent(t.SURE)),
        ("`paper`: least power", percent(t.SURE_POWER)),
        ("`paper`, `formal-only`: most probability of all living classes together", percent(t.MOST_ALIVE)),
        ("`paper`, `formal-only`: the whole and the core have tail probabilities above", t.SIGN),
        ("`paper`, `formal-only`: every third of the period has a tail probability above", t.THIRD_ALPHA),
        ("`real`: the lift's lower bound is above", t.MIN_LIFT_LOW),
        ("`real`: least extra density", t.MIN_EXTRA),
        ("`real`: least share of the active who take part", percent(t.CORE_MOST)),
        ("`core-only`: least share of the active in the core", percent(t.CORE_SOME)),
        ("`core-only`: most share of the active in the core, and one member", percent(t.CORE_MOST)),
        (
            "`broker-dependent`: without one member or two, fewer of the others hang together than this, or more of "
            "those who hang together are cut off",
            percent(t.CONNECTED),
        ),
        ("`split`: the tail probabilities of both halves are below", t.HALF_ALPHA),
        ("`split`: the ties across have a tail probability above, or two groups explain them better", t.CROSS_ALPHA),
        ("`emerging`, `dormant`: tail probability of the third that stands out is below", t.SEASON_ALPHA),
        ("`bigger`: least number of outsiders as a share of the active", percent(t.BIGGER)),
    ]
    return (
        f"{NOTE}# Verdicts\n\nHow they come about: [explanation](../explanation/verdicts.md).\n\n"
        + table(("verdict", "in the report", "meaning", "what fits"), rows)
        + "\n`bigger` is a flag beside the verdict: more people belong to the group by their ties than are listed.\n\n"
        "## Thresholds\n\nDesign choices, tuned on the simulator's development seeds; none of them is a finding.\n\n"
        + table(("threshold", "value"), thresholds)
    )


# ------------------------------------------------------------------------------------------------------------ errors


def error_page() -> str:
    """Describe the tree of errors, and what raises each."""
    raised = _raisers()
    out = [
        NOTE,
        "# Errors\n\nEvery error that a user can cause is one of these. It can be caught as itself, "
        "as `CommfinderError`, or as the builtin it is a kind of. Its message has three parts, also as attributes: "
        "`fact`, `need` and `hint`.\n\n",
    ]
    rows = []
    for name in errors.__all__:
        kind = getattr(errors, name)
        if isinstance(kind, type):
            bases = ", ".join(f"`{base.__name__}`" for base in kind.__bases__)
            rows.append((f"`{name}`", bases, first_paragraph(kind.__doc__), ", ".join(sorted(raised.get(name, ())))))
    out.append(table(("error", "is a", "meaning", "said to be raised by"), rows))
    return "".join(out)


def _raisers() -> dict[str, set[str]]:
    """Read from the docstrings of the public face which function raises which error."""
    found: dict[str, set[str]] = {}
    for name, thing in _callables():
        text = inspect.cleandoc(thing.__doc__ or "")
        section = re.search(r"^Raises\n-+\n(.*?)(?:\n\n|\Z)", text, re.DOTALL | re.MULTILINE)
        for line in (section[1] if section else "").splitlines():
            if not line.startswith(" "):
                for error in line.split(","):
                    found.setdefault(error.strip(), set()).add(f"`{name}`")
    return found


def _callables() -> Iterable[tuple[str, typing.Any]]:
    for name in cf.__all__:
        thing = getattr(cf, name)
        if inspect.isclass(thing):
            yield name, thing
            for method, value in sorted(vars(thing).items()):
                if not method.startswith("_") and callable(getattr(thing, method)):
                    yield f"{name}.{method}", getattr(value, "__func__", value)
        elif callable(thing):
            yield name, thing


# ----------------------------------------------------------------------------------------------------------- columns


def columns() -> str:
    """Describe the columns of every frame, from the frames themselves."""
    org = cf.simulate(people=60, seed=0)
    people, groups = cf.Directory.from_frame(org.people), cf.DeclaredGroups.from_frame(org.groups)
    inter, aliases = cf.resolve_people(cf.Interactions.from_frame(org.to_frame(), medium="medium"), people)
    graph = cf.build_graph(inter, people)
    found = cf.find_communities(graph, resolution=1.0, runs=2, beyond=False)
    judged = cf.assess_groups(graph, groups, found=found, permutations=99)
    answers = pd.DataFrame(
        {"respondent": people.to_frame()["person"][:20], "nominee": people.to_frame()["person"][1:21].array}
    )
    asked = cf.compare_survey(graph, cf.read_survey(answers), permutations=99)
    parts: list[tuple[str, str, pd.DataFrame | pa.Schema, dict[str, str]]] = [
        (
            "Interactions",
            "`inter.to_frame()`: one row per event, sender and recipient.",
            schema.INTERACTIONS,
            words.INTERACTION,
        ),
        ("Accounts", "`inter.accounts`: what the sources say of accounts.", schema.ACCOUNTS, words.ACCOUNT),
        ("Memberships", "`inter.memberships`: who belongs to which space.", schema.MEMBERSHIPS, words.MEMBERSHIP),
        ("Losses", "`inter.losses`, `graph.losses`, `verdicts.losses`: what was not used.", schema.LOSSES, words.LOSS),
        ("Directory", "`people.to_frame()`; further attributes stay as they are.", people.to_frame(), words.DIRECTORY),
        ("Declared groups", "`groups.to_frame()`", groups.to_frame(), words.GROUPS),
        ("Aliases", "`aliases.to_frame()`: which account was taken for whom.", aliases.to_frame(), words.ALIASES),
        (
            "People of a graph",
            "`graph.people`; further attributes of the directory follow.",
            graph.people,
            words.PEOPLE,
        ),
        ("Ties", "`graph.ties`", graph.ties, words.TIES),
        ("Members of communities", "`found.members`", found.members, words.MEMBERS),
        ("Communities", "`found.summary`", found.summary, words.SUMMARY),
        ("Verdicts", "`verdicts.to_frame()`", judged.to_frame(), words.VERDICT),
        ("Standing of members", "`verdicts.members`", judged.members, words.STANDING),
        ("Undeclared communities", "`hidden.to_frame()`", cf.undeclared(found, groups).to_frame(), words.UNDECLARED),
        ("Answers and traces", "`agreement.to_frame()`, of `cf.compare_survey`.", asked.to_frame(), words.SURVEY),
        ("Machines", "`machines.to_frame()`, of `cf.find_machines`.", _machines(inter), of_weights.MACHINES),
        *_weight_frames(graph, inter, found),
        *_work_frames(),
    ]
    out = [
        NOTE,
        "# Columns\n\nFrames are pandas frames. Names and types of columns are settled; more columns may follow. The "
        "tables that a study writes have passed the disclosure control and have other columns; the schema of "
        "`result.json` says which.\n",
    ]
    for title, what, frame, meanings in parts:
        held = {one.name: str(one.type) for one in frame} if isinstance(frame, pa.Schema) else _types(frame)
        if list(held) != list(meanings):
            raise ValueError(f"{title}: the columns are {list(held)}, and docs/generate.py describes {list(meanings)}")
        out.append(f"\n## {title}\n\n{what}\n\n")
        out.append(table(("column", "type", "meaning"), ((f"`{n}`", t, meanings[n]) for n, t in held.items())))
    return "".join(out)


def _machines(inter: cf.Interactions) -> pd.DataFrame:
    """Return the frame of machines."""
    return cf.find_machines(inter, decisions={inter.people[0]: "exclude"}).to_frame()


def _weight_frames(
    graph: cf.InteractionGraph, inter: cf.Interactions, found: cf.Communities
) -> list[tuple[str, str, pd.DataFrame, dict[str, str]]]:
    """Return the frames about single ties and weights, with what their columns mean."""
    stable = communities.sensitivity(graph, found=found, discounts=("1",), caps=(), half_lives=(), runs=2)
    replies = cf.graph.reply_times(inter).to_frame()
    return [
        ("Backbone", "`cf.graph.backbone(graph).to_frame()`", cf.graph.backbone(graph).to_frame(), of_weights.BACKBONE),
        ("Activity of ties", "`cf.graph.tie_activity(graph)`", cf.graph.tie_activity(graph), of_weights.ACTIVITY),
        ("Reply times", "`cf.graph.reply_times(inter).to_frame()`", replies, of_weights.REPLIES),
        ("Sensitivity", "`communities.sensitivity(graph).to_frame()`", stable.to_frame(), of_weights.SENSITIVITY),
    ]


def _work_frames() -> list[tuple[str, str, pd.DataFrame, dict[str, str]]]:
    """Return the frames of delivery groups, with what their columns mean."""
    org = cf.simulate(people=60, seed=0, work=cf.Work(groups={"process": 1}, case_ids=1.0, informed=0.0))
    rows = org.interactions()
    inter = cf.Interactions.from_frame(rows[rows["medium"] == "workflow"])
    deliver = cf.find_delivery_groups(inter, cf.Directory.from_frame(org.people), shuffles=99)
    group = next(iter(deliver.groups.values()))
    effect = cf.measure_impact(group, changed_on="2026-07-01")
    return [
        ("Delivery groups", "`deliver.to_frame()`", deliver.to_frame(), of_work.DELIVERY),
        ("Members of delivery groups", "`deliver.members`", deliver.members, of_work.DELIVERY_MEMBERS),
        ("Cases", "`deliver.cases.to_frame()`", deliver.cases.to_frame(), of_work.CASES),
        ("Steps of a delivery group", '`deliver["D1"].to_frame()`', group.to_frame(), of_work.STEPS),
        ("Times of a delivery group", '`deliver["D1"].times.to_frame()`', group.times.to_frame(), of_work.TIMES),
        ("Impact", "`effect.to_frame()`, of `cf.measure_impact`.", effect.to_frame(), of_work.IMPACT),
    ]


def _types(frame: pd.DataFrame) -> dict[str, str]:
    return {str(name): str(kind) for name, kind in frame.dtypes.items()}


# --------------------------------------------------------------------------------------------------------- functions


def api() -> str:
    """List the public face; Sphinx makes the pages."""
    functions = [name for name in cf.__all__ if inspect.isroutine(getattr(cf, name))]
    classes = [name for name in cf.__all__ if inspect.isclass(getattr(cf, name)) and name != "CommfinderError"]
    more = [
        *(f"communities.{name}" for name in communities.__all__ if name not in cf.__all__),
        *(f"delivery.{name}" for name in delivery.__all__ if name not in cf.__all__ and not name.isupper()),
        *(f"plot.{name}" for name in sorted(plot.__all__) if name.startswith("plot_")),
        *(f"graph.{name}" for name in sorted(graph.__all__) if name not in cf.__all__),
        *(f"sources.{name}" for name in sorted(sources.__all__) if name.startswith("read_")),
        *(f"sources.{name}" for name in ("Part", "parts", "whole")),
    ]
    out = [NOTE, "# Functions and classes\n\n`import commfinder as cf` gives all of these but the last group.\n"]
    for title, module, names in (
        ("Functions", "commfinder", functions),
        ("Classes", "commfinder", classes),
        ("Doors for arrays and plain tables", "commfinder", more),
    ):
        listed = "\n".join(f"   {name}" for name in names)
        out.append(
            f"\n## {title}\n\n```{{eval-rst}}\n.. currentmodule:: {module}\n\n"
            f".. autosummary::\n   :toctree: generated\n   :nosignatures:\n\n{listed}\n```\n"
        )
    return "".join(out)


PAGES = {
    "api.md": api,
    "cli.md": cli,
    "columns.md": columns,
    "config.md": config,
    "errors.md": error_page,
    "verdicts.md": verdict_page,
}


def stale() -> list[str]:
    """Return the names of pages that differ from what the code says."""
    return [
        name
        for name, make in PAGES.items()
        if not (REFERENCE / name).is_file() or (REFERENCE / name).read_text(encoding="utf-8") != make()
    ]


def main(arguments: list[str]) -> int:
    """Write the pages, or check them."""
    if arguments == ["--check"]:
        found = stale()
        if found:
            sys.stderr.write(f"Stale: {', '.join(found)}. Write them anew with: python docs/generate.py\n")
        return bool(found)
    for name, make in PAGES.items():
        (REFERENCE / name).write_text(make(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
