"""Run a measurement in a process of its own, and watch its memory and what it spills."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["peak_mb", "spawn"]

LOOK_SECONDS = 0.05


def peak_mb() -> float:
    """Tell the largest resident memory of this process so far."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    import resource
    import sys

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def spawn(
    line: Sequence[str],
    out: Path,
    *,
    spill: Path,
    timeout: float,
    cap_gb: float | None = None,
    setting: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Run a command and return the figures that it writes to `out`.

    Parameters
    ----------
    line : sequence of str
        The command.
    out : Path
        Where the command writes its figures as JSON.
    spill : Path
        Folder whose size is watched.
    timeout : float
        Seconds after which the processes are ended.
    cap_gb : float, optional
        They are ended too when all of them together hold more memory than this.
    setting : dict of str to str, optional
        Variables of the environment, beside those that are there.

    Returns
    -------
    dict
        ``status`` ("ok", "failed", "timeout" or "out of memory"), ``tree_peak_mb`` (all processes together, as far as
        it was seen in looks every 50 ms), ``spill_mb``, and what the command wrote.
    """
    out.unlink(missing_ok=True)
    err = out.with_suffix(".err")
    most = {"tree_peak_mb": 0.0, "spill_mb": 0.0}
    until, status = time.monotonic() + timeout, ""
    with err.open("wb") as errors:
        process = subprocess.Popen(
            line, stdout=subprocess.DEVNULL, stderr=errors, env=os.environ | (setting or {}), start_new_session=True
        )
        try:
            while process.poll() is None and not status:
                time.sleep(LOOK_SECONDS)
                most["tree_peak_mb"] = max(most["tree_peak_mb"], _tree_mb(process.pid))
                most["spill_mb"] = max(most["spill_mb"], _folder_mb(spill))
                if cap_gb is not None and most["tree_peak_mb"] > cap_gb * 1000:
                    status = "out of memory"
                elif time.monotonic() > until:
                    status = "timeout"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    found = {name: round(value, 1) for name, value in most.items()}
    if status:
        return found | {"status": status, "timeout_seconds": timeout, "cap_gb": cap_gb}
    if process.returncode or not out.exists():
        if process.returncode == -signal.SIGKILL:
            return found | {"status": "out of memory", "error": "ended by the system"}
        said = err.read_text(encoding="utf-8", errors="replace")
        return found | {"status": "failed", "error": _error(said) or str(process.returncode)}
    return found | {"status": "ok"} | json.loads(out.read_text(encoding="utf-8"))


def _error(said: str) -> str:
    """Return the line of a traceback that tells what went wrong; more lines may follow it."""
    lines = [line for line in said.strip().splitlines() if line.strip()]
    telling = [line for line in lines if line.split(":")[0].endswith(("Error", "Exception"))]
    return ([*lines[-1:], *telling[-1:]] or [""])[-1][:300]


def _tree_mb(root: int) -> float:
    """Tell the resident memory of a process and all that it started (Linux); 0 where it cannot be told."""
    pages, waiting = 0, [root]
    while waiting:
        number = waiting.pop()
        try:
            pages += int(Path(f"/proc/{number}/statm").read_text().split()[1])
            for task in Path(f"/proc/{number}/task").iterdir():
                waiting += [int(one) for one in (task / "children").read_text().split()]
        except (OSError, IndexError, ValueError):
            continue  # It has ended meanwhile.
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _folder_mb(folder: Path) -> float:
    """Tell the size of all files in a folder."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            # Files come and go while one looks.
            with contextlib.suppress(OSError):
                total += (Path(place) / name).stat().st_blocks * 512
    return total / 1e6
