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

import pandas as pd
import pyarrow as pa
import typer
from pydantic import BaseModel

import commfinder as cf
from commfinder import communities, errors
from commfinder.cli.main import app
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
    thresholds = [
        ("least share of the list that is seen", percent(v._MIN_COVERAGE)),
        ("least number of active members", v._MIN_ACTIVE),
        ("least power to judge at all", percent(v._MIN_POWER)),
        ("least power for `paper`", percent(v._SURE_POWER)),
        ("`real`: the lift's lower bound is above", v._MIN_LIFT_LOW),
        ("`real`: least extra density", v._MIN_EXTRA),
        ("`real`: least share of the active in the core", percent(v._CORE_MOST)),
        ("`core-only`: least share of the active in the core", percent(v._CORE_SOME)),
        ("`real`: least share of stretches of time in which it stands out", percent(v._PERSISTENT)),
        ("`real`: least share of the core in its largest connected part", percent(v._CONNECTED)),
        ("`broker-dependent`: without one member, fewer of the others hang together than", percent(v._HELD)),
        ("`emerging`, `dormant`: tail probability of the third that stands out is below", v._THIRD_ALPHA),
        ("`bigger`: outsiders that belong by their ties, as a share of the active, at least", percent(v._BIGGER)),
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

INTERACTION = {
    "event": "id of the source event, unique within its source",
    "time": "when, UTC; missing only for relations that have no time",
    "sender": "who acts: an account until resolved, then a person",
    "recipient": "to whom; missing for what a person does to a space",
    "role": "how the recipient, or the sender's act, takes part: " + ", ".join(schema.ROLES),
    "medium": "through what: " + ", ".join(schema.MEDIA),
    "space": "list, channel, page, project or board",
    "thread": "conversation or case",
    "parent": "the event that this one answers",
    "activity": "workflow activity or ticket state, where the source has one",
    "n_recipients": "distinct human recipients of the event, also those not written out",
    "automated": "whether a machine made it",
    "source": "which input",
}
ACCOUNT = {
    "account": "the word used as sender or recipient",
    "address": "its address, if the source gives one",
    "name": "display name, if the source gives one; never compared",
    "kind": "one of " + ", ".join(schema.ACCOUNT_KINDS),
    "guest": "whether the source calls it a guest",
    "unit": "unit, if the source gives one",
    "source": "which input",
}
MEMBERSHIP = {
    "space": "channel, list or group",
    "account": "who is in it",
    "since": "from when, if known",
    "until": "until when, outside, if known",
    "role": "as what, if known",
    "source": "which input",
}
LOSS = {
    "stage": "read, clean, people or groups",
    "source": "which input",
    "reason": "why it was not used, or what was odd",
    "unit": "of what the count is: rows, messages, files, members, accounts",
    "count": "how many",
    "where": "the first place; for whoever runs the study, never in a report",
    "advice": "the next action, if there is one",
}
DIRECTORY = {
    "person": "id",
    "unit": "",
    "site": "",
    "manager": "id of the person's manager",
    "level": "a number",
    "addresses": "addresses and account names",
    "since": "from when the row holds",
    "until": "until when, outside",
}
GROUPS = {
    "group": "name",
    "person": "id, or an address until resolved",
    "kind": "what the organisation calls it",
    "goal": "the goal it serves",
    "role": "the member's",
    "since": "from when the person is in it",
    "until": "until when, outside",
    "space": "the group's own list or channel; several are separated by semicolons",
}
ALIASES = {
    "account": "",
    "person": "whose it is; missing where nobody matches",
    "score": "0 to 1; an equal address is 1",
    "evidence": "what it rests on",
    "decision": "merged, ambiguous or unknown",
}
PEOPLE = {
    "person": "id; sorted",
    "unit": "at the end of the period",
    "site": "",
    "manager": "",
    "level": "",
    "strength": "sum of the weights of the person's ties",
    "degree": "number of ties",
}
TIES = {
    "person_a": "the smaller id",
    "person_b": "the larger id",
    "weight": "strength of the tie",
    "weight_ab": "weight from a to b",
    "weight_ba": "weight from b to a",
    "events": "events between the two",
    "windows": "windows in which they interacted",
    "tie": "whether the rule for a tie holds",
    "media": "media, joined by +",
}
MEMBERS = {
    "person": "everybody of the graph; several rows for who is in several",
    "community": "missing for who is in none",
    "strength": "share of the weight of the person's ties that goes to its members",
    "confidence": "probability that the community is real and the person in it; missing where it was not judged",
    "core": "whether the person has significantly more ties inside than activity explains",
    "periphery": "whether the person is significantly in no community, and on the edge of this one",
}
SUMMARY = {
    "community": "C1, C2, … of the partition, largest first; B1, B2, … beyond formal structure",
    "size": "people",
    "confidence": "probability that some real community is like it (Jaccard index of at least 0.5); missing for those "
    "beyond formal structure and where it was not asked for",
    "stability": "how alike it comes out when all events are drawn again, 0 to 1 (B1, …: when a tenth of the ties is "
    "left out)",
    "observed_over_expected": "weight inside over that expected from activity",
    "units": "number of units",
    "main_unit": "the unit with most members",
    "main_unit_share": "its share of members whose unit is known",
    "structure_lift": "ties over those expected from activity and formal structure",
    "beyond_structure": "whether they stand out beyond formal structure; missing where that is not known",
}
VERDICT = {
    "group": "name",
    "kind": "as declared",
    "goal": "as declared",
    "verdict": "see [verdicts](verdicts.md)",
    "bigger": "whether many more belong to it by their ties",
    "probability": "empty until calibrated",
    "size": "members listed in the period",
    "tested": "whether there were enough active members to test",
    "active": "members with a tie to anybody",
    "lift": "ties over expected ties",
    "lift_low": "lower bound at 95 %",
    "lift_high": "upper bound at 95 %",
    "extra_density": "share of pairs with a tie beyond expectation",
    "p_formal": "Poisson tail against formal structure",
    "p_permutation": "matched permutation of the residual",
    "q": "false discovery rate at which it is found, by the larger of the two",
    "power": "probability of noticing a community of the target density",
    "core_share": "share of the active in the core",
    "audience_share": "share of the active who take no more part than expected",
    "persistence": "share of stretches of time in which it stands out",
    "connectedness": "share of the core, or else of the active, in the largest connected part",
    "broker_dependence": "share of that part that is cut off without its busiest go-between",
    "outsiders": "people outside with significantly many ties to it",
    "found": "the community most like it",
    "jaccard": "how alike, 0 to 1",
    "reason": "the sentence that explains the verdict",
    "help": "what fits",
}
STANDING = {
    "group": "",
    "person": "",
    "score": "z of the ties to the other members; missing for the absent",
    "standing": "core, active, audience or absent",
}
UNDECLARED = {
    "community": "",
    "size": "people",
    "confidence": "probability that some real community is like it; missing where it was not judged",
    "units": "number of units",
    "nearest": "the declared group most like it",
    "jaccard": "how alike, 0 to 1",
    "reason": "why it counts as undeclared",
}


def columns() -> str:
    """Describe the columns of every frame, from the frames themselves."""
    org = cf.simulate(people=60, seed=0)
    people, groups = cf.Directory.from_frame(org.people), cf.DeclaredGroups.from_frame(org.groups)
    inter, aliases = cf.resolve_people(cf.Interactions.from_frame(org.to_frame(), medium="medium"), people)
    graph = cf.build_graph(inter, people)
    found = cf.find_communities(graph, resolution=1.0, runs=2, beyond=False)
    judged = cf.assess_groups(graph, groups, found=found, permutations=99)
    parts: list[tuple[str, str, pd.DataFrame | pa.Schema, dict[str, str]]] = [
        (
            "Interactions",
            "`inter.to_frame()`: one row per event, sender and recipient.",
            schema.INTERACTIONS,
            INTERACTION,
        ),
        ("Accounts", "`inter.accounts`: what the sources say of accounts.", schema.ACCOUNTS, ACCOUNT),
        ("Memberships", "`inter.memberships`: who belongs to which space.", schema.MEMBERSHIPS, MEMBERSHIP),
        ("Losses", "`inter.losses`, `graph.losses`, `verdicts.losses`: what was not used.", schema.LOSSES, LOSS),
        ("Directory", "`people.to_frame()`; further attributes stay as they are.", people.to_frame(), DIRECTORY),
        ("Declared groups", "`groups.to_frame()`", groups.to_frame(), GROUPS),
        ("Aliases", "`aliases.to_frame()`: which account was taken for whom.", aliases.to_frame(), ALIASES),
        ("People of a graph", "`graph.people`; further attributes of the directory follow.", graph.people, PEOPLE),
        ("Ties", "`graph.ties`", graph.ties, TIES),
        ("Members of communities", "`found.members`", found.members, MEMBERS),
        ("Communities", "`found.summary`", found.summary, SUMMARY),
        ("Verdicts", "`verdicts.to_frame()`", judged.to_frame(), VERDICT),
        ("Standing of members", "`verdicts.members`", judged.members, STANDING),
        ("Undeclared communities", "`hidden.to_frame()`", cf.undeclared(found, groups).to_frame(), UNDECLARED),
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


def _types(frame: pd.DataFrame) -> dict[str, str]:
    return {str(name): str(kind) for name, kind in frame.dtypes.items()}


# --------------------------------------------------------------------------------------------------------- functions


def api() -> str:
    """List the public face; Sphinx makes the pages."""
    functions = [name for name in cf.__all__ if inspect.isroutine(getattr(cf, name))]
    classes = [name for name in cf.__all__ if inspect.isclass(getattr(cf, name)) and name != "CommfinderError"]
    more = [
        *(f"communities.{name}" for name in communities.__all__ if name not in cf.__all__),
        "plot.plot_communities",
        "sources.read_mbox",
        "sources.read_slack",
        "sources.read_table",
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
