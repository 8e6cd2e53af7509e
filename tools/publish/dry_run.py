"""Publish to this machine, as publish.yml does to GitHub, and look up every link, notebook and wheel that comes out.

«GitHub» is a bare repository, _build/dry-run/repository.git, «GitHub Pages» a server of _build/dry-run/pages under
/repo/. The branch of the notebooks is checked out in _build/dry-run/notebooks, as a stranger would.

Usage: python -m tools.publish.dry_run [--serve [-- COMMAND …]]

With --serve the published site stays up while COMMAND runs, or until Ctrl-C; COMMAND finds the site's folder in
NFBOOK_SITE.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from html import unescape
from threading import Event
from urllib.error import HTTPError
from urllib.parse import unquote, urldefrag, urljoin
from urllib.request import urlopen

import nbformat

from tools.course import BUILD
from tools.publish import branch, publication
from tools.site.serving import PREFIX, serving

DRY = BUILD / "dry-run"
PAGES, REMOTE, NOTEBOOKS = DRY / "pages", DRY / "repository.git", DRY / "notebooks"
REPOSITORY = "facultad/flujos"
PORT = 8765
HOST = f"http://127.0.0.1:{PORT}"
URL = HOST + PREFIX
LINK = re.compile(r'\b(?:href|src)="([^"]+)"|\bcontent="(https?://[^"]+)"')
IN_NOTEBOOK = re.compile(r"\]\((https?://[^)\s]+)\)")
WHEEL = re.compile(r"(https?://\S+\.whl)#sha256=([0-9a-f]{64})")
COLAB = f"https://colab.research.google.com/github/{REPOSITORY}/blob/{branch.BRANCH}/"


class DryRunError(Exception):
    """A fault of what was published."""


def publish() -> None:
    """Make the pages, push the notebooks, check them out."""
    DRY.mkdir(parents=True, exist_ok=True)
    git = lambda *command: subprocess.run(["git", *command], check=True)
    if not REMOTE.exists():
        git("init", "-q", "--bare", str(REMOTE))
    os.environ |= {"GITHUB_REPOSITORY": REPOSITORY, "PAGES_URL": URL, "PUBLISH_REMOTE": str(REMOTE)}
    if publication.main() or branch.main(publication.PUBLISH / "notebooks"):
        raise DryRunError("nothing was published")
    for folder in (PAGES, NOTEBOOKS):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(publication.PUBLISH / "pages", PAGES, copy_function=os.link)
    git("clone", "-q", "--branch", branch.BRANCH, str(REMOTE), str(NOTEBOOKS))


def answer(address: str) -> bytes:
    """Return what the server answers; raise `DryRunError` if it answers that there is nothing."""
    try:
        with urlopen(address) as answer:
            return answer.read()
    except HTTPError as error:
        raise DryRunError(f"{error.code}: {address}") from None


def look_up(link: str) -> str:
    """Return whether a link leads to this site, to Colab or elsewhere; raise `DryRunError` if to nothing."""
    link = urldefrag(link).url
    if link.startswith(HOST):
        answer(link)
        return "site"
    if "colab.research.google.com/github/" not in link:
        return "elsewhere"
    if not link.startswith(COLAB):
        raise DryRunError(f"not an address of this course in Colab: {link}")
    name = unquote(link.removeprefix(COLAB))
    if not (NOTEBOOKS / name).exists():
        raise DryRunError(f"the branch lacks {name}, to which a link leads")
    return "Colab"


def look_up_pages() -> str:
    """Look up every address that the pages and the sitemap name; return a count in words."""
    files, links = sorted(PAGES.rglob("*.html")), {f"{URL}/"}
    for file in files:
        page = f"{URL}/{file.relative_to(PAGES).as_posix()}"
        found = [link for pair in LINK.findall(file.read_text("utf8")) for link in pair if link]
        links |= {urldefrag(urljoin(page, unescape(link))).url for link in found}
    listed = re.findall(r"<loc>(.*?)</loc>", (PAGES / "sitemap.xml").read_text("utf8"))
    led = Counter(look_up(link) for link in sorted(links | set(listed)))
    if not led["Colab"] or not listed:
        raise DryRunError("no page has a link to Colab, or the sitemap is empty")
    return f"{len(files)} pages, {led['site']} addresses, {len(listed)} in the sitemap, {led['Colab']} links to Colab"


def look_up_notebooks() -> str:
    """Look up the wheel and the links of every notebook of the branch; return a count in words."""
    files, wheels, links = sorted(NOTEBOOKS.rglob("*.ipynb")), set(), set()
    for file in files:
        cells = nbformat.read(file, 4).cells
        found = {pair for cell in cells for pair in WHEEL.findall(cell.source)}
        if len(found) != 1:
            raise DryRunError(f"{file.relative_to(NOTEBOOKS)} names {len(found)} wheels, not one")
        wheels |= found
        links |= {link for cell in cells for link in IN_NOTEBOOK.findall(cell.source)}
    for address, sha256 in wheels:
        if hashlib.sha256(answer(address)).hexdigest() != sha256:
            raise DryRunError(f"{address} is not the wheel that the notebooks name")
    for link in sorted(links):
        look_up(link)
    return f"{len(files)} notebooks, {len(wheels)} wheel, {len(links)} links"


def main() -> int:
    """Publish, look, serve; return the exit status."""
    parser = argparse.ArgumentParser(description="Publish to this machine.")
    parser.add_argument("--serve", action="store_true", help="keep the published site up")
    parser.add_argument("command", nargs="*", help="after --: what to run meanwhile")
    arguments = parser.parse_args()
    start = time.monotonic()
    try:
        with serving(PAGES, PORT):
            publish()
            print(f"looked up: {look_up_pages()}\n           {look_up_notebooks()}", flush=True)
            print(f"Published in {time.monotonic() - start:.0f} s: {URL}", flush=True)
            if arguments.command:
                site = os.environ | {"NFBOOK_SITE": str(PAGES)}
                return subprocess.run(arguments.command, env=site, check=False).returncode
            if arguments.serve:
                Event().wait()
    except (DryRunError, OSError, subprocess.CalledProcessError) as error:
        print(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
