"""Measure with Lighthouse how soon a page can be read on a slow line, and what it weighs; print a table.

A server on this machine sends the built site as GitHub Pages does, text compressed; Chromium, with an empty cache for
every visit, is held to 1.6 Mbit/s down and 750 kbit/s up, and waits 150 ms for each answer. Only the line is slow: the
processor is this machine's. Of several visits the fastest counts: what else the machine does only adds to them.

Exits with 1 if a page takes longer, or weighs more, than LIMITS. Needs npm, Chromium or Chrome, and a built site.

Usage: python -m benchmarks.weight [PAGE …]     (default: chapters, exercises, gallery and start page in Spanish)
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from functools import cache, partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tools.course import ROOT
from tools.site.serving import PREFIX, Handler

SITE = ROOT / "_build/site"
LIGHTHOUSE = "lighthouse@12.8.2"  # of npm: the last that runs with Node 18
RUNS = 3
COMPRESSED = {".html", ".css", ".js", ".svg", ".json", ".xml"}
LINE = {
    "rttMs": 150, "requestLatencyMs": 150, "throughputKbps": 1600, "downloadThroughputKbps": 1600,
    "uploadThroughputKbps": 750, "cpuSlowdownMultiplier": 1,
}  # fmt: skip
# Seconds until the first text and until the largest part of the first screen are painted (2.5: what Web Vitals call
# good); kB (1000 bytes) and requests until the page is still, without the figures further down
LIMITS = {"text, s": 2.5, "largest, s": 2.5, "kB": 600, "requests": 40}


class Compressing(Handler):
    """Serves text compressed."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Send a file."""
        file = Path(self.translate_path(self.path))
        if file.suffix not in COMPRESSED or not file.is_file():
            return super().do_GET()
        content = compressed(file)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(file))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@cache
def compressed(file: Path) -> bytes:
    """Return a file as it travels."""
    return gzip.compress(file.read_bytes(), 6)


def visit(address: str) -> dict:
    """Return what Lighthouse found of a page."""
    line = [f"--throttling.{name}={value}" for name, value in LINE.items()]
    command = ["npx", "--yes", LIGHTHOUSE, address, "--quiet", "--output=json", "--preset=desktop"]
    command += ["--only-categories=performance", "--throttling-method=devtools", *line]
    command += ["--chrome-flags=--headless --no-sandbox --disable-gpu"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["audits"]


def measure(address: str) -> list[float]:
    """Return what LIMITS names, of a page."""
    audits = [visit(address) for _ in range(RUNS)]
    best = lambda name: min(audit[name]["numericValue"] for audit in audits) / 1000
    total = audits[0]["resource-summary"]["details"]["items"][0]
    times = [best("first-contentful-paint"), best("largest-contentful-paint")]
    return [*times, total["transferSize"] / 1000, total["requestCount"]]


def main(pages: list[str]) -> int:
    """Visit every page; print the table; return the exit status."""
    others = [
        SITE / "es" / name for name in ("exercises/05-flows.html", "gallery.html", "index.html")
    ]
    files = [SITE / page for page in pages] or [*sorted((SITE / "es").glob("0*.html")), *others]
    print(f"| page | {' | '.join(LIMITS)} |\n|{' --- |' * (len(LIMITS) + 1)}", flush=True)
    good = True
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Compressing, directory=str(SITE))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        for file in files:
            page = file.relative_to(SITE).as_posix()
            found = measure(f"http://127.0.0.1:{server.server_port}{PREFIX}/{page}")
            within = [value <= limit for value, limit in zip(found, LIMITS.values(), strict=True)]
            cells = [
                f"{v:.4g}" if w else f"**{v:.4g}**" for v, w in zip(found, within, strict=True)
            ]
            print(f"| {page} | {' | '.join(cells)} |", flush=True)
            good &= all(within)
        server.shutdown()
    return int(not good)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
