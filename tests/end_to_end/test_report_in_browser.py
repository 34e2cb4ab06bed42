"""The report as a manager meets it: in a browser, without a network."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

if BROWSER is None and os.environ.get("CI") == "true":
    pytest.fail("CI needs chromium for the test of the report: apt-get install chromium", pytrace=False)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium is installed, so the report can not be opened")


def _browse(page: Path, profile: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Open a page headless, with no network behind it, and return what the browser says."""
    assert BROWSER is not None
    line = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-sync",
        "--disable-component-update",
        "--disable-background-networking",
        "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--enable-logging=stderr",
        "--virtual-time-budget=2000",
        f"--user-data-dir={profile}",
        *options,
        page.as_uri(),
    ]
    return subprocess.run(line, capture_output=True, text=True, check=True, timeout=120)


def _asked_for(netlog: Path, page: Path) -> set[str]:
    """Return what was asked for on behalf of the page: its own file, and whatever it would load."""
    log = json.loads(netlog.read_text(encoding="utf-8"))
    started = log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    asked = set()
    for event in log["events"]:
        known = event.get("params", {})
        of_page = str(known.get("initiator", "")).startswith("file:") or known.get("initiator") == "null"
        if event["type"] == started and of_page:
            asked.add(str(known.get("url", "")))
    return asked - {page.as_uri()}


def _busy_parts(picture: Path, width: int) -> int:
    """Return how many of a thousand parts of a screenshot show anything but one even colour."""
    image = picture.read_bytes()
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", image[16:24]) == (width, 1600)
    data, at = b"", 8
    while at < len(image):
        (length,) = struct.unpack(">I", image[at : at + 4])
        if image[at + 4 : at + 8] == b"IDAT":
            data += image[at + 8 : at + 8 + length]
        at += 12 + length
    # A row is held as its difference to its neighbours: of an even page hardly anything but zeros is left.
    rows = zlib.decompress(data)
    step = len(rows) // 1000
    return sum(len(set(rows[one : one + step])) > 8 for one in range(0, step * 1000, step))


def test_report_opens_without_errors_or_requests(demo: Path, tmp_path: Path):
    page, netlog = demo / "out" / "report.html", tmp_path / "net.json"
    ran = _browse(page, tmp_path / "profile", "--dump-dom", f"--log-net-log={netlog}")
    assert ran.stdout.count("<section") == page.read_text(encoding="utf-8").count("<section")
    assert "declared groups" in ran.stdout
    assert re.search(r"very likely</span>\s*<span class=\"quiet\">90% or more", ran.stdout), "confidence of communities"
    complaints = [line for line in ran.stderr.splitlines() if "CONSOLE" in line]
    assert complaints == []
    assert _asked_for(netlog, page) == set()


def test_a_page_that_complains_and_loads_is_noticed(tmp_path: Path):
    page, netlog = tmp_path / "bad.html", tmp_path / "net.json"
    page.write_text("<img src='https://example.org/x.png'><script>console.error('oh')</script>", encoding="utf-8")
    ran = _browse(page, tmp_path / "profile", "--dump-dom", f"--log-net-log={netlog}")
    assert any("CONSOLE" in line and "oh" in line for line in ran.stderr.splitlines())
    assert _asked_for(netlog, page) == {"https://example.org/x.png"}


@pytest.mark.parametrize("width", [400, 1200])
def test_report_is_not_blank(demo: Path, tmp_path: Path, width: int):
    blank = tmp_path / "blank.html"
    blank.write_text("<!doctype html><title>blank</title>", encoding="utf-8")
    busy = {}
    for page in (blank, demo / "out" / "report.html"):
        picture = tmp_path / f"{page.stem}.png"
        _browse(page, tmp_path / "profile", f"--screenshot={picture}", f"--window-size={width},1600")
        busy[page.stem] = _busy_parts(picture, width)
    assert busy["blank"] == 0
    assert busy["report"] > 200
