"""Write communities and their graph to files for other programs: GraphML, GEXF, Parquet.

What is written names people as the graph does and holds small groups as they are: it is not disclosure-controlled.
Pseudonymise first (`commfinder.pseudonymise`), and give to others what `commfinder.report` lets through.
"""

from __future__ import annotations

import datetime
import io
import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax import saxutils

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from commfinder.communities.layout import main_memberships
from commfinder.errors import OutputError

if TYPE_CHECKING:
    import networkx

    from commfinder.communities.value import Communities

__all__ = ["to_gexf", "to_graphml", "to_parquet"]

# What a column holds; columns that are not here (further attributes of people) are written without a word.
_WORDS = {
    "person": "The person, as the graph names the person.",
    "person_a": "One person of the pair.",
    "person_b": "The other, who comes later in the order of names.",
    "community": "The community; missing for who is in none.",
    "communities": "All communities of the person, joined with |; missing for who is in none.",
    "main_community": "The community with the highest strength; missing for who is in none.",
    "strength": "Share of the weight of the person's ties that stays inside the community, 0 to 1.",
    "confidence": "Probability that it is real, 0 to 1; missing where not known.",
    "core": "Whether the person has significantly more ties inside than activity explains.",
    "tie_weight": "Sum of the weights of the person's ties.",
    "degree": "Number of the person's binary ties.",
    "unit": "Declared unit.",
    "site": "Declared site.",
    "manager": "Declared manager.",
    "level": "Declared level.",
    "periphery": "Whether the person is on the edge of the community, significantly in none.",
    "size": "Number of members.",
    "stability": "Mean Jaccard index of the most alike community when all events are drawn again, 0 to 1.",
    "observed_over_expected": "Weight inside over that expected from activity.",
    "units": "Number of declared units among the members.",
    "main_unit": "The unit of most members.",
    "main_unit_share": "Share of that unit among members whose unit is known, 0 to 1.",
    "structure_lift": "Ties inside over those that formal structure explains.",
    "beyond_structure": "Whether formal structure does not explain it.",
    "weight": "Weight of the tie, both directions and all media, as the graph was built.",
    "weight_ab": "Weight from person_a to person_b.",
    "weight_ba": "Weight from person_b to person_a.",
    "events": "Number of events between the two.",
    "windows": "Number of windows of the period in which the two interacted.",
    "tie": "Whether the rule of binary ties holds.",
    "media": "Media, joined with +.",
}
_EDGES = ("weight", "events", "windows", "tie", "media")
# Attributes with these names mean something else to readers of GEXF or GraphML.
_TAKEN = frozenset({"id", "label", "pid", "start", "end", "viz", "parents", "spells", "slices", "key", "for"})
# What XML can not hold or would change, and what our own escape for it looks like.
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]|\\\\(?=u[0-9a-f]{4})")


def to_graphml(found: Communities, path: str | os.PathLike[str]) -> Path:
    r"""Write communities and ties as GraphML; prefer `to_gexf` for Gephi and `to_parquet` for more than a million ties.

    Parameters
    ----------
    found : Communities
        The communities.
    path : path-like
        File to write, for example ``communities.graphml``. Its folder must exist; a file of that name is replaced.

    Returns
    -------
    Path
        The file. Only its owner may read it.

    Raises
    ------
    OutputError
        If the folder does not exist, the path is a folder, or it can not be written.

    Notes
    -----
    A node is a person; who has no tie is there too. Its attributes are label (the person), main_community (of the
    highest strength), communities (all of them, joined with ``|``), strength, confidence and core of the main one,
    tie_weight, degree and the attributes of the person in the graph. An edge is a pair that interacted: weight, events,
    windows, tie (whether the rule of binary ties holds) and media. The graph has its provenance as JSON. What is
    missing is left out. Characters that XML does not allow become ``\u`` and four digits. Equal communities give equal
    bytes.

    People are named as in the graph and nothing is withheld: pseudonymise first, and use the report for others.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from commfinder.communities import find_communities
    >>> from commfinder.graph import build_graph
    >>> from commfinder.interactions import Interactions
    >>> chat = {"sender": list("aabdde"), "recipient": list("bcceff")}
    >>> found = find_communities(build_graph(Interactions.from_frame(chat, medium="chat")))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_graphml(found, pathlib.Path(folder) / "communities.graphml").name
    'communities.graphml'
    """
    import networkx as nx

    target = _file(path)
    lines = list(nx.generate_graphml(_networkx(found)))
    heads = [line for line in lines if line.lstrip().startswith("<key ") and 'attr.type="boolean"' in line]
    truths = [f'<data key="{head.split(chr(34))[1]}">' for head in heads]
    # The words for truth values are in lower case in XML, and NetworkX writes those of Python.
    text = "\n".join(_lower(line) if any(truth in line for truth in truths) else line for line in lines)
    return _write(target, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode())


def to_gexf(found: Communities, path: str | os.PathLike[str]) -> Path:
    r"""Write communities and ties as GEXF 1.2, the format of Gephi; prefer `to_graphml` for most other programs.

    Parameters
    ----------
    found : Communities
        The communities.
    path : path-like
        File to write, for example ``communities.gexf``. Its folder must exist; a file of that name is replaced.

    Returns
    -------
    Path
        The file. Only its owner may read it.

    Raises
    ------
    OutputError
        If the folder does not exist, the path is a folder, or it can not be written.

    Notes
    -----
    Nodes and edges are those of `to_graphml`. No date is written, so that equal communities give equal bytes.

    People are named as in the graph and nothing is withheld: pseudonymise first, and use the report for others.
    """
    import networkx as nx

    target = _file(path)
    graph = _networkx(found)
    words = saxutils.escape(graph.graph.pop("provenance"))
    text = "\n".join(nx.generate_gexf(graph))
    text = re.sub(r' lastmodifieddate="[^"]*"', "", text, count=1)
    text = text.replace("</creator>", f"</creator>\n    <description>{words}</description>", 1)
    return _write(target, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode())


def to_parquet(found: Communities, folder: str | os.PathLike[str]) -> list[Path]:
    """Write communities and ties as four Parquet tables; the way for large graphs.

    Parameters
    ----------
    found : Communities
        The communities.
    folder : path-like
        Folder to write into, made if only it is missing. Tables of these names are replaced.

    Returns
    -------
    list of Path
        ``people.parquet`` (one row a person, with the main community and attributes), ``members.parquet`` (one row a
        membership, as ``found.members``), ``summary.parquet`` (one row a community, as ``found.summary``) and
        ``ties.parquet`` (one row a pair, as ``found.graph.ties``). Only their owner may read them.

    Raises
    ------
    OutputError
        If the folder above does not exist, the path is a file, or it can not be written.

    Notes
    -----
    Each column says what it holds in its metadata, under ``description``; each file says in the metadata of its schema,
    under ``commfinder``, its schema and provenance as JSON. Equal communities give equal bytes.

    People are named as in the graph and nothing is withheld: pseudonymise first, and use the report for others.
    """
    place = Path(folder)
    if place.exists() and not place.is_dir():
        raise OutputError(f"{str(folder)!r} is a file.", need="Several tables are written.", hint="Name a folder.")
    _above(place)
    tables = {
        "people": _people(found),
        "members": found.members,
        "summary": found.summary,
        "ties": found.graph.ties,
    }
    contents = {name: _parquet(name, table, found) for name, table in tables.items()}
    try:
        place.mkdir(exist_ok=True)
    except OSError as error:
        raise _unwritten(place, error) from error
    return [_write(place / f"{name}.parquet", content) for name, content in contents.items()]


def _people(found: Communities) -> pd.DataFrame:
    """Return one row a person: the main community, all of them, and the attributes in the graph."""
    main = main_memberships(found.members).rename(columns={"community": "main_community"})
    inside = found.members.dropna(subset=["community"])
    names = inside.assign(_long=inside["community"].str.len()).sort_values(["person", "_long", "community"])
    together = names.groupby("person")["community"].agg("|".join)
    main.insert(1, "communities", main["person"].map(together).astype("string"))
    used = {*main.columns, "tie_weight", "degree"}
    names_of = {"person": "person", "strength": "tie_weight", "degree": "degree"}
    for name in found.graph.people.columns:
        if name not in names_of:
            names_of[name] = _fresh(name, used)
    attributes = found.graph.people.rename(columns=names_of)
    return attributes[["person"]].merge(main, on="person", how="left").merge(attributes, on="person", how="left")


def _fresh(name: str, used: set[str]) -> str:
    """Return a name that is not used yet, and use it."""
    while name in used:
        name = f"person_{name}"
    used.add(name)
    return name


def _networkx(found: Communities) -> networkx.Graph[str]:
    """Return the graph with attributes that every reader takes: plain types, one a column, nothing missing."""
    import networkx as nx

    graph: networkx.Graph[str] = nx.Graph()
    people = _people(found)
    ids = [_clean(str(person)) for person in people["person"]]
    used = {*_TAKEN, *(name for name in people.columns if name not in _TAKEN)}
    names = {name: _fresh(name, used) if name in _TAKEN else name for name in people.columns if name != "person"}
    columns = {_clean(new): _cells(people[name]) for name, new in names.items()}
    for number, node in enumerate(ids):
        graph.add_node(node, label=node, **_present(columns, number))
    a, b = found.graph.pairs
    ties = {name: _cells(found.graph.ties[name]) for name in _EDGES}
    for number, (one, other) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        graph.add_edge(ids[one], ids[other], **_present(ties, number))
    graph.graph["provenance"] = _clean(json.dumps(found.provenance.to_dict(), ensure_ascii=False, sort_keys=True))
    return graph


def _present(columns: Mapping[str, list[Any]], number: int) -> dict[str, Any]:
    """Return what a row has."""
    return {name: cells[number] for name, cells in columns.items() if cells[number] is not None}


def _cells(column: pd.Series[Any]) -> list[Any]:
    """Return the cells of a column as values of one plain type; None where missing or not finite."""
    kind: type = str
    if pd.api.types.is_bool_dtype(column.dtype):
        kind = bool
    elif pd.api.types.is_integer_dtype(column.dtype):
        kind = int
    elif pd.api.types.is_float_dtype(column.dtype):
        kind = float
    return [_cell(value, kind) for value in column.tolist()]


def _cell(value: Any, kind: type) -> Any:
    """Return one cell as a plain value; None where missing or not finite."""
    if _missing(value) or (kind is float and not np.isfinite(value)):
        return None
    return kind(value) if kind is not str else _clean(_text(value))


def _missing(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _text(value: Any) -> str:
    """Return a value as text; half of a surrogate pair becomes a question mark, as it does in names of people."""
    text = value.isoformat() if isinstance(value, datetime.date) else str(value)
    return text if text.isascii() else text.encode(errors="replace").decode()


def _clean(text: str) -> str:
    r"""Return text that XML can hold; what it can not becomes ``\u`` and four digits, and no two texts become one."""
    return _ODD.sub(lambda sign: f"\\u{ord(sign.group()):04x}", text)


def _lower(line: str) -> str:
    return line.replace(">True</data>", ">true</data>").replace(">False</data>", ">false</data>")


def _parquet(name: str, table: pd.DataFrame, found: Communities) -> bytes:
    """Return a table as Parquet, with a word about each column and the provenance."""
    columns, fields = [], []
    for column in table.columns:
        cells = _arrow(table[column])
        words = _word(name, str(column))
        fields.append(pa.field(str(column), cells.type, metadata={"description": words} if words else None))
        columns.append(cells)
    facts = {"schema": f"commfinder/communities/{name}/1", "provenance": found.provenance.to_dict()}
    schema = pa.schema(fields, metadata={"commfinder": json.dumps(facts, ensure_ascii=False, sort_keys=True)})
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), buffer, compression="zstd")
    return buffer.getvalue()


def _word(table: str, column: str) -> str:
    """Say what a column of a table holds."""
    if table == "summary" and column == "community":
        return "The community."
    if table == "people" and column in ("strength", "confidence", "core"):
        return f"Of the main community: {_WORDS[column][0].lower()}{_WORDS[column][1:]}"
    return _WORDS.get(column, "")


def _arrow(column: pd.Series[Any]) -> pa.Array:
    """Return a column as Arrow has it; what has no one type becomes text."""
    if column.dtype == object:
        return pa.array([None if _missing(value) else _text(value) for value in column.tolist()], pa.string())
    cells = pa.Array.from_pandas(column)
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
    return cells.cast(pa.string()) if pa.types.is_large_string(cells.type) else cells


def _file(path: str | os.PathLike[str]) -> Path:
    """Check that a file can be written at a path."""
    target = Path(path)
    if target.is_dir():
        raise OutputError(f"{str(path)!r} is a folder.", need="A file is written.", hint="Name a file in it.")
    _above(target)
    return target


def _above(target: Path) -> None:
    """Check that the folder in which something is written exists."""
    if not target.parent.is_dir():
        raise OutputError(
            f"The folder {str(target.parent)!r} does not exist.", hint="Make it first, or name another folder."
        )


def _write(target: Path, content: bytes) -> Path:
    """Write a file whole or not at all: to a name beside it, on to the disk, and then to its own name."""
    name = ""
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.", suffix=".partial")
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(target)
    except BaseException as error:
        if name:
            Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritten(target, error) from error
        raise
    return target


def _unwritten(target: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{str(target)!r} can not be written: {error.strerror or error}.", hint="Name another place, or make room."
    )
