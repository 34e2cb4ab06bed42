"""The commands, and what becomes of errors."""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Callable
from importlib import metadata
from typing import Annotated

import typer

from commfinder.cli import data, results
from commfinder.cli import delivery as delivery_commands
from commfinder.cli import study as study_commands
from commfinder.errors import CommfinderError

__all__ = ["app", "main"]

app = typer.Typer(
    name="commfinder",
    help="Which communities of an organisation are real, which exist only on paper, and which nobody declared?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_COMMANDS: tuple[Callable[..., None], ...] = (
    study_commands.demo,
    study_commands.init,
    study_commands.check,
    study_commands.run,
    study_commands.purge,
    data.read,
    data.machines,
    results.communities,
    results.assess,
    delivery_commands.delivery,
    delivery_commands.impact,
    data.simulate,
    study_commands.schema,
)
for _command in _COMMANDS:
    app.command()(_command)


def _version(wanted: bool) -> None:
    """Say which version this is, and stop."""
    if wanted:
        typer.echo(f"commfinder {metadata.version('commfinder')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Take the options of the program as a whole."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        Words after the program's name; those of the process by default.

    Raises
    ------
    SystemExit
        With 0 done, 2 the user's to mend (the message says what, where and how), 1 a defect of ours.
    """
    try:
        app(args=arguments, prog_name="commfinder")
    except CommfinderError as error:
        _say(f"commfinder: {error}")
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        _say("commfinder: stopped; nothing half-written is left.")
        raise SystemExit(130) from None
    except BrokenPipeError:
        # The reader of our output, such as head, has seen enough.
        sys.stderr.close()
        raise SystemExit(0) from None
    except Exception as error:  # noqa: BLE001 - the last resort: whatever comes here is our defect, and is said to be
        if _is_full(error):
            _say("commfinder: the disk is full. Hint: make room, or set TMPDIR to a folder on another disk.")
            raise SystemExit(2) from None
        traceback.print_exc()
        _say("commfinder: this is a defect of commfinder, not of your data. Please report the lines above.")
        raise SystemExit(1) from None


def _is_full(error: Exception) -> bool:
    """Tell whether the system, or the database in its words, says that a disk has no room left."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return "No space left on device" in str(error) or "max_temp_directory_size" in str(error)


def _say(line: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(line + "\n")
