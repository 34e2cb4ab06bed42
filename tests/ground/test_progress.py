from __future__ import annotations

import io
import json

import pytest

from commfinder.errors import MissingDependencyError
from commfinder.optional import require
from commfinder.progress import SILENT, TerminalProgress


def test_silence(capsys):
    with SILENT.stage("work", 3) as stage:
        stage.advance()
    assert capsys.readouterr() == ("", "")


def test_one_line_for_each_stage_where_output_is_no_terminal(capsys):
    stream = io.StringIO()
    progress = TerminalProgress(stream)
    for label in ("Read mail", "Find [communities]"):
        with progress.stage(label, 10) as stage:
            stage.advance(10)
    assert stream.getvalue().splitlines()[0] == "Read mail …"
    assert stream.getvalue().splitlines()[1] == "Find [communities] …"
    with TerminalProgress().stage("To standard error"):
        pass
    assert capsys.readouterr().out == ""


def test_an_error_inside_a_stage_comes_through():
    with pytest.raises(ZeroDivisionError), TerminalProgress(io.StringIO()).stage("work"):
        raise ZeroDivisionError


def test_optional():
    assert require("json", extra="x", purpose="test") is json
    with pytest.raises(MissingDependencyError, match=r'needed to draw.*pip install "commfinder\[plot\]"') as caught:
        require("no_such_library", extra="plot", purpose="draw")
    assert isinstance(caught.value, ImportError)
