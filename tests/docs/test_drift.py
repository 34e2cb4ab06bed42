"""The reference pages say what the code says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def _check(folder: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, str(folder / "generate.py"), "--check"]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)


def test_no_generated_page_is_stale():
    ran = _check(DOCS)
    assert ran.returncode == 0, ran.stderr


def test_drift_is_noticed(tmp_path: Path):
    shutil.copytree(DOCS / "reference", tmp_path / "reference", ignore=shutil.ignore_patterns("generated"))
    for script in DOCS.glob("*.py"):
        shutil.copy(script, tmp_path)
    page = tmp_path / "reference" / "cli.md"
    page.write_text(page.read_text(encoding="utf-8").replace("--period", "--quarter"), encoding="utf-8")
    (tmp_path / "reference" / "errors.md").unlink()
    ran = _check(tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.startswith("Stale: cli.md, errors.md.")


def test_links_between_pages_lead_somewhere():
    link = re.compile(r"\]\(([^)#:]+\.md)[^)]*\)")
    pages = [page for page in DOCS.rglob("*.md") if not {"_build", "generated"} & set(page.parts)]
    links = [(page, target) for page in sorted(pages) for target in link.findall(page.read_text(encoding="utf-8"))]
    broken = [f"{page.relative_to(DOCS)}: {target}" for page, target in links if not (page.parent / target).is_file()]
    assert len(links) > 10
    assert broken == []


def test_every_decision_is_numbered_without_a_gap():
    numbers = sorted(int(page.name[:4]) for page in (DOCS / "explanation" / "decisions").glob("0*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
