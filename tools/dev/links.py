"""Ask for every other site's page to which the built site links, politely: does it still exist?

One request at a time for each host, a second apart. An identifier (doi.org) is asked whether it leads anywhere, not
the publisher behind it, who may refuse programs. Links to Colab and Binder are looked up when the course is published.

Usage: python -m tools.dev.links [_build/site]
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote, urldefrag, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tools.course import ROOT

AGENT = "Mozilla/5.0 (compatible; link check of a course; one request a week)"
PUBLISHED = {"colab.research.google.com", "mybinder.org"}
REFUSES = {"www.jstor.org"}  # answers programs with 403 whatever they ask for
RESOLVERS = {"doi.org"}  # a redirection is the answer
IN_ADDRESSES = "%/:?#[]@!$&'()*+,;=~"  # what else has letters outside ASCII
TRIES, PAUSE, TIMEOUT = 3, 1.0, 20.0


class Links(HTMLParser):
    """Collects the addresses of a page's links."""

    def __init__(self):
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attributes):
        """Note where a link leads."""
        if tag == "a" and (target := dict(attributes).get("href")):
            self.found.append(target)


class Stay(HTTPRedirectHandler):
    """Does not follow redirections."""

    def redirect_request(self, *arguments):
        """Return nothing to follow: the redirection itself becomes the answer."""


def external(html: str) -> set[str]:
    """Return the addresses of other sites that a page links to, without their anchors."""
    parser = Links()
    parser.feed(html)
    return {urldefrag(link).url for link in parser.found if link.startswith(("http:", "https:"))}


def wanted(site: Path) -> dict[str, str]:
    """Return the addresses to ask for, each with the first page that has it."""
    pages: dict[str, str] = {}
    for file in sorted(site.rglob("*.html")):
        for link in external(file.read_text("utf8")):
            if urlsplit(link).hostname not in PUBLISHED | REFUSES:
                pages.setdefault(link, file.relative_to(site).as_posix())
    return pages


def complaint(link: str, pause: float = PAUSE) -> str | None:
    """Ask for a page, several times if need be; return what is wrong, or None."""
    resolver = urlsplit(link).hostname in RESOLVERS
    opener = build_opener(Stay) if resolver else build_opener()
    wrong = None
    for attempt in range(TRIES):
        time.sleep(pause * 4**attempt)
        try:
            request = Request(quote(link, safe=IN_ADDRESSES), headers={"User-Agent": AGENT})
            with opener.open(request, timeout=TIMEOUT):
                return None
        except HTTPError as error:
            error.close()
            if resolver and 300 <= error.code < 400:
                return None
            wrong = f"{error.code} {error.reason}"
            if error.code in (404, 410):
                return wrong
        except (OSError, HTTPException, ValueError) as error:
            wrong = f"{type(error).__name__}: {getattr(error, 'reason', error)}"
    return wrong


def check(links: dict[str, str], pause: float = PAUSE) -> list[str]:
    """Ask for all addresses, hosts side by side; return a line for each that fails."""
    hosts: dict[str, list[str]] = {}
    for link in sorted(links):
        hosts.setdefault(urlsplit(link).netloc, []).append(link)

    def ask(host: str) -> list[str]:
        answers = [(link, complaint(link, pause)) for link in hosts[host]]
        return [f"{link}: {wrong} (on {links[link]})" for link, wrong in answers if wrong]

    with ThreadPoolExecutor(8) as pool:
        return [line for lines in pool.map(ask, hosts) for line in lines]


def main(site: Path) -> int:
    """Check the links of a built site; return the exit status."""
    links = wanted(site)
    if not links:
        print(f"error: no links in {site}: build the site first (make book)")
        return 1
    wrong = check(links)
    print("\n".join([*wrong, f"{len(links)} links to other sites, {len(wrong)} of them broken"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(*sys.argv[1:2] or [ROOT / "_build/site"])))
