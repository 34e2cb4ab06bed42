"""Run a small study in processes that are killed at given steps, and say what the next run makes of what they left.

Called with a folder that holds ``study.toml``. Each run is a fork of this process, so that imports cost their time
once. Prints one JSON document per kill.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from commfinder.interactions.landing import finish as landing_finish
from commfinder.interactions.landing import land as landing
from commfinder.progress import SILENT
from commfinder.study import Study, artefacts, kept, needs, store, study

STEPS: list[tuple[Any, str]] = [
    (landing._Writer, "add"),
    (landing._Writer, "close"),
    (landing, "_rename"),
    (landing, "_write_json"),
    (landing, "remove_folder"),
    (landing_finish._Run, "_copy"),
    (landing_finish._Run, "_codes"),
    (store, "open_landed"),
    (study, "build_graph"),
    (study, "find_communities"),
    (kept, "pack"),
    (kept, "_settle"),
    (study, "assess_groups"),
    (study, "find_delivery"),
    (artefacts, "_write"),
]


def counted(limit: str, log: Path) -> None:
    """Note every step by its name and how often it has come; at the given one, die as the machine would."""
    seen: list[str] = []

    def step(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*args: Any, **options: Any) -> Any:
            seen.append(f"{name} {1 + sum(one.startswith(f'{name} ') for one in seen)}")
            log.write_text("\n".join(seen))
            if seen[-1] == limit:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **options)

        return stepped

    for owner, name in STEPS:
        setattr(owner, name, step(name, getattr(owner, name)))


def forked(work: Callable[[], None], *, seconds: float | None = None) -> int:
    """Do something in a process of its own; kill it after a time. Returns its end as `os.waitpid` tells it."""
    child = os.fork()
    if not child:
        try:
            work()
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def whole(out: Path) -> bool:
    """Whether a folder of results with a manifest holds all that the manifest lists."""
    if not (out / "manifest.json").is_file():
        return True
    files = json.loads((out / "manifest.json").read_text())["files"]
    return all(hashlib.sha256((out / name).read_bytes()).hexdigest() == digest for name, digest in files.items())


def boundaries(steps: list[str]) -> list[str]:
    """Steps that begin or end a stage after reading, one after the other."""
    packed = [steps.index(f"pack {number}") for number in (1, 2)]
    # Between a result on the disk and its name; the last step of each stage is the first one of the next.
    named = [max(n for n, one in enumerate(steps) if one.startswith("_settle") and n < stop) for stop in packed[1:]]
    begun = ["build_graph 1", "find_communities 1", "pack 1", "assess_groups 1", "find_delivery 1", "pack 2"]
    return [*begun[:3], steps[packed[0] + 2], *(steps[place] for place in named), *begun[3:], *steps[-2:]]


def main(folder: Path) -> None:
    """Kill, look, run again."""
    log, out, found = folder / "steps.txt", folder / "out", folder / "found.txt"
    loaded = Study.load(folder / "study.toml")

    def run(limit: str = "", where: Path = out) -> None:
        counted(limit, log)
        loaded.run().save(where)

    def again() -> None:
        read = loaded._read(loaded.config, loaded._store(), SILENT).interactions
        rows = read.to_frame().to_csv(index=False) + read.accounts.to_csv() + read.losses.to_csv()
        found.write_text(hashlib.sha256(rows.encode()).hexdigest() + ("" if loaded.store.is_dir() else " gone"))

    def left() -> list[str]:
        return sorted(
            {one.name.partition(".")[2] for one in loaded.store.iterdir() if not one.name.startswith("spill")}
        )

    def same() -> bool:
        files = sorted((folder / "reference").iterdir())
        whole = [one.name for one in files] == sorted(one.name for one in out.iterdir())
        return whole and all((out / one.name).read_bytes() == one.read_bytes() for one in files)

    # What runs in all the forks is what this process has loaded, whatever becomes of its files meanwhile.
    needs.code_digest()
    start = time.monotonic()
    if forked(lambda: run(where=folder / "reference")):
        raise SystemExit("The run that nobody kills has failed.")
    lasted = time.monotonic() - start
    steps = log.read_text().split("\n")
    early = steps[: steps.index("build_graph 1")]
    early = early[2 :: max(len(early) // 3, 1)]
    late = boundaries(steps)
    chance = random.Random(7)
    for point in [*early, *late, chance.uniform(0, lasted * 0.3), chance.uniform(lasted * 0.3, lasted)]:
        # What is killed late finds its inputs in the store, as it does when it is run a second time.
        for one in sorted(loaded.store.iterdir()):
            if point not in late or "-" in one.name:
                shutil.rmtree(one, ignore_errors=True)
        ended = forked(lambda limit=point: run(limit)) if isinstance(point, str) else forked(run, seconds=point)
        said = {"step": point if isinstance(point, str) else "some time", "killed": ended == signal.SIGKILL}
        said |= {"whole": whole(out), "failed": forked(again) != 0, "found": found.read_text(), "left": left()}
        if point not in early:
            said |= {"ended": forked(run) == 0, "same": same(), "left_at_last": left()}
            said["made"] = [one for one in ("find_communities", "find_delivery") if f"{one} 1" in log.read_text()]
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
