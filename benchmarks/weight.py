"""Measure what a page weighs and how soon it can be read on a slow line; writes benchmarks/WEIGHT.md.

A server on this machine sends the built site as GitHub Pages does (text compressed with gzip, fonts as they are,
connections kept open); Chromium, with an empty cache for every page, is held to 1.6 Mbit/s down and 750 kbit/s up.
Only the waiting is simulated: no page is given a slower processor. Needs Chromium or Chrome (on the PATH, or named by
the variable CHROMIUM) and a built site.

Usage: python benchmarks/weight.py [--site FOLDER] [--runs N] [--only PATTERN] [--out FILE]
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

from playwright.sync_api import TimeoutError, sync_playwright

from tools.course import ROOT

PAGES = r"e[sn]/(\d\d-[\w-]+|index|gallery|exercises/05-flows)\.html"
CHAPTER = r"e[sn]/\d\d-"
DOWN, UP = 200_000, 93_750  # bytes a second: 1.6 Mbit/s and 750 kbit/s
FAST = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
LATENCIES = (150, 40)  # ms from a request to its answer: Lighthouse's slow 4G; a good fixed line
TEXT, REQUESTS, BYTES, SVG = 1500, 40, 600_000, 200_000  # what the course promises
VIEWPORT = {"width": 1280, "height": 800}

# Runs in the page before anything of it: notes when the article's first paragraph was painted, and the first frame in
# which all fonts of the formulas of the first screen (or of the first formula, where that screen has none) are there.
WATCH = r"""
const seen = window.seen = {};
new MutationObserver((_, watching) => {
  const text = document.querySelector("article p");
  if (text) { text.setAttribute("elementtiming", "text"); watching.disconnect(); }
}).observe(document, {childList: true, subtree: true});
new PerformanceObserver((list) => { seen.text ??= list.getEntries()[0].startTime; })
  .observe({type: "element", buffered: true});
new PerformanceObserver((list) => {
  for (const e of list.getEntriesByName("first-contentful-paint")) seen.paint = e.startTime;
}).observe({type: "paint", buffered: true});
const above = (formula) => formula.getBoundingClientRect().top < innerHeight;
const drawn = (formula) => [...formula.querySelectorAll("*"), formula].every((part) => {
  const letters = [...part.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join("");
  const style = getComputedStyle(part);
  const font = `${style.fontStyle} ${style.fontWeight} 16px ${style.fontFamily.split(",")[0]}`;
  return !letters.trim() || document.fonts.check(font, letters);
});
const frame = () => {  // runs just before a frame is painted
  const article = document.querySelector("article"), whole = document.readyState !== "loading";
  if (whole || article?.getBoundingClientRect().bottom > innerHeight) {
    const formulas = [...article.querySelectorAll(".katex-html")];
    const first = formulas.filter(above);
    if ((formulas.length || whole) && (first.length ? first : formulas.slice(0, 1)).every(drawn)) {
      setTimeout(() => { seen.formulas = formulas.length ? performance.now() : null; });
      return;
    }
  }
  requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
"""
SCROLL = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight / 2) {
    scrollTo(0, y);
    await new Promise((done) => setTimeout(done, 30));
  }
  const images = [...document.images];
  await Promise.all(images.map((image) => image.complete || new Promise((done) => {
    image.addEventListener("load", done); image.addEventListener("error", done);
  })));
}"""


@cache
def payload(path: Path) -> tuple[bytes, dict[str, str]]:
    """Return a file as it travels, and its headers."""
    kind = guess_type(path.name)[0] or "application/octet-stream"
    body, headers = path.read_bytes(), {"Content-Type": kind, "Cache-Control": "max-age=600"}
    if kind.startswith("text/") or kind in ("image/svg+xml", "application/json"):
        body = gzip.compress(body, 6)
        headers["Content-Encoding"] = "gzip"
    return body, headers | {"Content-Length": str(len(body))}


class Pages(BaseHTTPRequestHandler):
    """GET from a folder."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    folder: Path

    def do_GET(self):
        path = self.folder / unquote(urlsplit(self.path).path).lstrip("/")
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        body, headers = payload(path)
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    """One that says nothing of readers who leave before they have been served."""

    daemon_threads, request_queue_size = True, 64

    def handle_error(self, request, address):
        pass


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder; yield its address."""
    handler = type("Handler", (Pages,), {"folder": folder})
    with Server(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@dataclass
class Traffic:
    """What went over the line: address -> (is it a figure of the article, bytes)."""

    figure: dict[str, bool] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)

    def listen(self, session) -> None:
        session.on("Network.responseReceived", self.received)
        session.on("Network.loadingFinished", self.finished)

    def received(self, event) -> None:
        url = event["response"]["url"]
        if not url.startswith("data:"):
            self.figure[event["requestId"]] = "/_images/" in url

    def finished(self, event) -> None:
        if event["requestId"] in self.figure:
            self.bytes[event["requestId"]] = int(event["encodedDataLength"])

    def weigh(self, *, figures: bool) -> int:
        return sum(n for key, n in self.bytes.items() if figures or not self.figure[key])


@dataclass
class Measure:
    """One visit: times in ms, sizes in bytes."""

    text: float
    formulas: float | None
    requests: int  # before scrolling
    page: int  # without figures
    all_requests: int
    total: int


def visit(browser, url: str, latency: int, *, scroll: bool = False) -> Measure:
    """Load a page with an empty cache, and perhaps scroll to its end."""
    context = browser.new_context(viewport=VIEWPORT)
    page = context.new_page()
    session, traffic = context.new_cdp_session(page), Traffic()
    session.send("Network.enable")
    line = {"offline": False, "latency": latency, "downloadThroughput": DOWN}
    session.send("Network.emulateNetworkConditions", line | {"uploadThroughput": UP})
    traffic.listen(session)
    page.add_init_script(WATCH)
    page.goto(url, wait_until="load")
    page.wait_for_function("() => seen.paint && 'formulas' in seen")
    page.wait_for_load_state("networkidle")
    seen = page.evaluate("() => seen")
    requests, weight = len(traffic.figure), traffic.weigh(figures=False)
    if scroll:
        session.send("Network.emulateNetworkConditions", FAST)
        page.evaluate(SCROLL)
        page.wait_for_load_state("networkidle")
    total = traffic.weigh(figures=True)
    context.close()
    text, formulas = seen.get("text", seen["paint"]), seen["formulas"]
    return Measure(
        text, formulas and max(text, formulas), requests, weight, len(traffic.figure), total
    )


def patiently(browser, url: str, latency: int, *, scroll: bool) -> Measure:
    """Visit a page; once more, and say so, when Chromium's simulated line has stalled."""
    try:
        return visit(browser, url, latency, scroll=scroll)
    except TimeoutError:
        print(f"  stalled, visited again: {url}", flush=True)
        return visit(browser, url, latency, scroll=scroll)


def figures(path: Path) -> tuple[int, int, int]:
    """Return the figures of a page, how many of them are lazy, and the bytes of its largest SVG."""
    images = re.findall(r'<img[^>]*src="([^"]*_images/[^"]*)"[^>]*>', path.read_text("utf8"))
    lazy = len(re.findall(r'<img[^>]*loading="lazy"', path.read_text("utf8")))
    sizes = [(path.parent / name).stat().st_size for name in images if name.endswith(".svg")]
    return len(images), lazy, max(sizes, default=0)


def chromium(playwright) -> str:
    """Return the path of a Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = [os.environ.get("CHROMIUM"), *map(shutil.which, names)]
    found.append(playwright.chromium.executable_path)
    return next(path for path in found if path and Path(path).exists())


def row(site: Path, name: str, measures: dict[int, list[Measure]]) -> str:
    """Return the line of the table about one page."""
    pictures, lazy, largest = figures(site / name)
    cells, good = [name.removesuffix(".html")], True
    for latency in LATENCIES:
        for what in ("text", "formulas"):
            times = [getattr(m, what) for m in measures[latency]]
            if None in times:
                cells.append("–")
                continue
            good &= min(times) <= TEXT
            cells.append(f"{min(times) / 1000:.2f}")
    one = measures[LATENCIES[0]][0]
    good &= one.all_requests <= REQUESTS and one.page <= BYTES and largest <= SVG
    cells += [one.requests, one.all_requests, f"{one.page / 1000:.0f}", f"{one.total / 1000:.0f}"]
    cells += [pictures, lazy, f"{largest / 1000:.0f}" if largest else "–"]
    cells.append(("yes" if good else "**no**") if re.match(CHAPTER, name) else "–")
    return "| " + " | ".join(map(str, cells)) + " |"


HEAD = """# What a page weighs, and how soon it can be read

Written by `benchmarks/weight.py`. Chromium {version}, window 1280 × 800, empty cache, 1.6 Mbit/s down, 750 kbit/s up;
the site is served with gzip over HTTP/1.1 from the same machine, whose processor is not slowed down.
Every request waits 150 ms (what Lighthouse takes for slow 4G) or 40 ms (a good fixed line) for its answer.
Times are seconds from the click, the shortest of {runs} visits: what else the machine does can only add to them.
*Text*: the article's first paragraph is painted.
*Formulas*: all those of the first screen (or the first of the page, where it has none) are drawn in their fonts.
*Page* is everything but the article's images, as it travels (gzip, headers); *all* is after scrolling to the end.
1 kB is 1000 bytes. *Promise*, for chapters: text and formulas within 1.5 s on both lines, 600 kB before figures,
40 requests in all, no SVG over 200 kB.

"""
COLUMNS = (
    "page",
    *(f"{what}, {latency} ms" for latency in LATENCIES for what in ("text", "formulas")),
    "requests",
    "all requests",
    "page, kB",
    "all, kB",
    "figures",
    "lazy",
    "largest SVG, kB",
    "promise kept",
)


def main() -> None:
    """Visit every page; print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, default=ROOT / "_build/site")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default=PAGES, help="pages to visit, a regular expression")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/WEIGHT.md")
    options = parser.parse_args()
    site = options.site.resolve()
    names = [p.relative_to(site).as_posix() for p in site.rglob("*.html")]
    names = [name for name in names if re.fullmatch(options.only, name)]
    names.sort(key=lambda name: (not name.startswith("es/"), name))
    if not names:
        parser.error(f"no page in {site} matches {options.only}")
    rows = [f"| {' | '.join(COLUMNS)} |", f"|{' --- |' * len(COLUMNS)}"]
    with sync_playwright() as playwright, serve(site) as address:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium(playwright), args=flags)
        visit(browser, f"{address}/{names[0]}", 0)  # the browser itself starts up
        for name in names:
            url = f"{address}/{name}"
            measures = {
                latency: [
                    patiently(browser, url, latency, scroll=latency == LATENCIES[0] and run == 0)
                    for run in range(options.runs)
                ]
                for latency in LATENCIES
            }
            rows.append(row(site, name, measures))
            print(rows[-1], flush=True)
            head = HEAD.format(version=browser.version, runs=options.runs)
            options.out.write_text(head + "\n".join(rows) + "\n", "utf8")
        browser.close()


if __name__ == "__main__":
    main()
