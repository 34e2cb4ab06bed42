"""What becomes of errors: the user's to mend, or a defect of ours."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

import commfinder
from commfinder.cli import main, options

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 2, "the disk is full. Hint: make room"),
        (RuntimeError("Could not write: No space left on device"), 2, "the disk is full. Hint: make room"),
        (PermissionError(errno.EACCES, "Permission denied"), 1, "this is a defect of commfinder"),
        (RuntimeError("other"), 1, "this is a defect of commfinder"),
    ],
)
def test_a_full_disk_is_no_defect(
    error: Exception, status: int, said: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(options, "read_inputs", failing)
    with pytest.raises(SystemExit) as ended:
        main(["read", str(tmp_path)])
    assert ended.value.code == status
    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("command", ["read", "machines", "init"])
def test_a_file_that_can_not_be_written_is_told(command: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "mail.csv").write_text("sender,recipient\nann,bob\n")
    (tmp_path / "taken").write_text("x")
    out = str(tmp_path / "taken" / "rows.csv")
    words = [str(tmp_path / "mail.csv"), "--medium", "email", "--out", out] if command != "init" else [out]
    with pytest.raises(SystemExit) as ended:
        main([command, *words])
    assert ended.value.code == 2
    assert "can not be written" in capsys.readouterr().err
    assert (tmp_path / "taken").read_text() == "x"


def test_the_version_is_said(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"commfinder {commfinder.__version__}\n"
    said = subprocess.run([sys.executable, "-m", "commfinder", "--version"], capture_output=True, text=True, check=True)
    assert said.stdout == f"commfinder {commfinder.__version__}\n"


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("von,an\na,b\n", ["--medium", "email"], "Say which it is: --column sender=…."),
        ("sender,recipient\na,b\n", [], "Say it, for example --medium email."),
        ("sender,recipient,time\na,b,2026-07-01 09:30\n", ["--medium", "email"], "--timezone Europe/Berlin"),
        (
            "sender,recipient,time\na,b,01/02/2026\n",
            ["--medium", "email"],
            'Say which: --time-format "%d/%m/%Y" or "%m',
        ),
    ],
)
def test_hints_are_options_of_the_command(
    text: str, words: list[str], hint: str, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(SystemExit) as ended:
        main(["read", str(tmp_path / "rows.csv"), *words])
    assert ended.value.code == 2
    assert hint in " ".join(capsys.readouterr().err.split())


def test_advice_names_options_too(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "rows.csv").write_text("sender,recipient,time\na,b,31/01/2026\n")
    main_ended(["read", str(tmp_path / "rows.csv"), "--medium", "email", "--timezone", "UTC"])
    assert '--time-format "%d/%m/%Y" is assumed' in " ".join(capsys.readouterr().out.split())


def main_ended(words: list[str]) -> None:
    """Run a command that ends well."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
