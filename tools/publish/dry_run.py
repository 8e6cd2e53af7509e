"""Publish to this machine: run the steps of .github/workflows/publish.yml, and look at what comes out.

The ``run:`` steps are executed as they stand in the workflow, job after job; each ``uses:`` has a stand-in here, and
one without is an error. «GitHub» is a bare repository, _build/dry-run/repository.git, «GitHub Pages» a server of
_build/dry-run/pages under /repo/. Then every link, notebook and wheel of the published course is looked up.

Usage: python -m tools.publish.dry_run [--serve [-- COMMAND …]]

With --serve the published site stays up while COMMAND runs, or until Ctrl-C; COMMAND finds the site's folder in
NFBOOK_SITE. The branch is checked out in _build/dry-run/notebooks.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from html import unescape
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import unquote, urldefrag, urljoin
from urllib.request import urlopen

import nbformat
import yaml

from tools.course import ROOT
from tools.publish.branch import BRANCH
from tools.site.serving import PREFIX, serving

WORKFLOW = ROOT / ".github/workflows/publish.yml"
DRY = ROOT / "_build/dry-run"
PAGES, REMOTE, NOTEBOOKS = DRY / "pages", DRY / "repository.git", DRY / "notebooks"
ARTIFACTS = DRY / "artifacts"
REPOSITORY = "facultad/flujos"
PORT = 8765
URL = f"http://127.0.0.1:{PORT}{PREFIX}"
EXPRESSIONS = {
    "github.run_attempt": "1",
    "steps.pages.outputs.base_url": URL,
    "steps.deployment.outputs.page_url": URL,
    "needs.build.outputs.site": "github-pages-1",
}
LINK = re.compile(r'\b(?:href|src)="([^"]+)"|\bcontent="(https?://[^"]+)"')
WHEEL = re.compile(r"(https?://\S+\.whl)#sha256=([0-9a-f]{64})")
COLAB = re.compile(r"https://colab\.research\.google\.com/github/([^/]+/[^/]+)/blob/([^/]+)/(.+)")


class DryRunError(Exception):
    """The workflow has something that this script cannot stand in for, or the result is wrong."""


# ---------------------------------------------------------------------------- the workflow's steps


def nothing(options: dict) -> None:
    """Stand in for what this machine has already: the checkout, Python, the configuration of Pages."""


def keep(options: dict) -> None:
    """Stand in for upload-artifact and upload-pages-artifact."""
    source, target = ROOT / options["path"], ARTIFACTS / options["name"]
    if not source.is_dir():
        raise DryRunError(f"nothing to upload in {options['path']}")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, copy_function=os.link)


def fetch(options: dict) -> None:
    """Stand in for download-artifact: into an empty place, and without the files' rights, which an artifact loses."""
    target = ROOT / options["path"]
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ARTIFACTS / options["name"], target, copy_function=shutil.copyfile)


def deploy(options: dict) -> None:
    """Stand in for deploy-pages."""
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(ARTIFACTS / options["artifact_name"], PAGES)


STAND_INS = {
    "actions/checkout": nothing,
    "actions/setup-python": nothing,
    "actions/configure-pages": nothing,
    "actions/upload-pages-artifact": keep,
    "actions/upload-artifact": keep,
    "actions/download-artifact": fetch,
    "actions/deploy-pages": deploy,
}


def fill(text: str) -> str:
    """Return a text of the workflow with its expressions replaced."""

    def value(match):
        if match[1] not in EXPRESSIONS:
            raise DryRunError(f"unknown expression {match[0]}")
        return EXPRESSIONS[match[1]]

    return re.sub(r"\$\{\{\s*(.*?)\s*\}\}", value, str(text))


def in_order(jobs: dict) -> list[str]:
    """Return the names of jobs such that each comes after those that it needs."""
    done: list[str] = []
    while len(done) < len(jobs):
        ready = [name for name, job in jobs.items() if name not in done and needs(job) <= {*done}]
        if not ready:
            raise DryRunError(f"jobs wait for each other: {sorted({*jobs} - {*done})}")
        done.append(ready[0])
    return done


def needs(job: dict) -> set[str]:
    """Return the jobs that a job needs."""
    wanted = job.get("needs", [])
    return {wanted} if isinstance(wanted, str) else set(wanted)


def run_step(step: dict, environment: dict) -> None:
    """Run one step of a job, or what stands in for it."""
    if "uses" in step:
        action = step["uses"].partition("@")[0]
        if action not in STAND_INS:
            raise DryRunError(f"no stand-in for {action}")
        print(f"  {action}: {STAND_INS[action].__name__}", flush=True)
        STAND_INS[action]({key: fill(value) for key, value in step.get("with", {}).items()})
        return
    command = fill(step["run"])
    print(f"  $ {command.strip()}", flush=True)
    variables = environment | {key: fill(value) for key, value in step.get("env", {}).items()}
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command]
    if code := subprocess.run(shell, cwd=ROOT, env=variables, check=False).returncode:
        raise DryRunError(f"exit status {code}: {command.strip()}")


def run_workflow(workflow: Path) -> None:
    """Run the jobs of a workflow, but for those that are another workflow: the tests."""
    content = yaml.safe_load(workflow.read_text("utf8"))
    here = {"GITHUB_REPOSITORY": REPOSITORY, "PUBLISH_REMOTE": str(REMOTE)}
    for name in in_order(content["jobs"]):
        job = content["jobs"][name]
        if "uses" in job:
            print(f"{name}: left out ({job['uses']} is what make test runs)", flush=True)
            continue
        print(f"{name}:", flush=True)
        shared = {**content.get("env", {}), **job.get("env", {})}
        environment = os.environ | {key: fill(value) for key, value in shared.items()} | here
        for step in job["steps"]:
            run_step(step, environment)


# ---------------------------------------------------------------------------- what came out


def answers(address: str) -> bytes:
    """Return what the server answers.

    Raises:
        DryRunError: if it answers that there is nothing.
    """
    try:
        with urlopen(address) as answer:
            return answer.read()
    except HTTPError as error:
        raise DryRunError(f"{error.code}: {address}") from None


def own_links(page: str, html: str) -> set[str]:
    """Return the addresses within the published site that a page names, without their anchors."""
    found = [unescape(link) for pair in LINK.findall(html) for link in pair if link]
    addresses = {urldefrag(urljoin(page, link)).url for link in found}
    return {address for address in addresses if address.startswith(URL.removesuffix(PREFIX))}


def look_up_pages() -> str:
    """Look up every address that the pages and the sitemap name; return a count in words."""
    files = sorted(PAGES.rglob("*.html"))
    wanted = {URL + "/"}
    colab = set()
    for file in files:
        html = file.read_text("utf8")
        wanted |= own_links(f"{URL}/{file.relative_to(PAGES).as_posix()}", html)
        colab |= set(re.findall(r'href="(https://colab\.[^"]*/github/[^"]*)"', html))
    listed = re.findall(r"<loc>(.*?)</loc>", (PAGES / "sitemap.xml").read_text("utf8"))
    for address in sorted(wanted | set(listed)):
        answers(address)
    for address in sorted(colab):
        look_up_colab(address)
    if not colab or not listed:
        raise DryRunError("no page has a link to Colab, or the sitemap is empty")
    return f"{len(files)} pages, {len(wanted)} addresses, {len(listed)} in the sitemap, {len(colab)} links to Colab"


def look_up_colab(address: str) -> None:
    """Raise unless the notebook that a Colab address names is in the branch."""
    match = COLAB.fullmatch(urldefrag(address).url)
    if not match or (match[1], match[2]) != (REPOSITORY, BRANCH):
        raise DryRunError(f"not an address of this course in Colab: {address}")
    if not (NOTEBOOKS / unquote(match[3])).exists():
        raise DryRunError(f"the branch lacks {match[3]}, to which a link leads")


def look_up_notebooks() -> str:
    """Look up the wheel and the links of every notebook of the branch; return a count in words."""
    files = sorted(path for path in NOTEBOOKS.rglob("*.ipynb") if ".git" not in path.parts)
    wheels, links = set(), set()
    for file in files:
        cells = nbformat.read(file, 4).cells
        found = {pair for cell in cells for pair in WHEEL.findall(cell.source)}
        if len(found) != 1:
            raise DryRunError(f"{file.relative_to(NOTEBOOKS)} names {len(found)} wheels, not one")
        wheels |= found
        for cell in cells:
            if cell.cell_type == "markdown":
                links |= set(re.findall(r"\]\((https?://[^)\s]+)\)", cell.source))
    for address, digest in wheels:
        if hashlib.sha256(answers(address)).hexdigest() != digest:
            raise DryRunError(f"{address} is not the wheel that the notebooks name")
    for link in sorted(links):
        if link.startswith(URL):
            answers(urldefrag(link).url)
        elif "colab.research.google.com/github/" in link:
            look_up_colab(link)
    return f"{len(files)} notebooks, {len(wheels)} wheel, {len(links)} links"


def check_out() -> None:
    """Check the branch out as a stranger would."""
    shutil.rmtree(NOTEBOOKS, ignore_errors=True)
    command = ["git", "clone", "-q", "--branch", BRANCH, str(REMOTE), str(NOTEBOOKS)]
    subprocess.run(command, check=True)


def until_ctrl_c() -> None:
    """Wait until somebody has seen enough."""
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        print("\nno longer served")


def main() -> int:
    """Publish, look, serve; return the exit status."""
    parser = argparse.ArgumentParser(description="Publish to this machine.")
    parser.add_argument("--serve", action="store_true", help="keep the published site up")
    parser.add_argument("command", nargs="*", help="after --: what to run meanwhile")
    arguments = parser.parse_args()
    start = time.monotonic()
    DRY.mkdir(parents=True, exist_ok=True)
    if not REMOTE.exists():
        subprocess.run(["git", "init", "-q", "--bare", str(REMOTE)], check=True)
    try:
        run_workflow(WORKFLOW)
        check_out()
        with serving(PAGES, PORT):
            print(f"looked up: {look_up_pages()}\n           {look_up_notebooks()}", flush=True)
            print(f"Published in {time.monotonic() - start:.0f} s: {URL}", flush=True)
            if arguments.command:
                site = os.environ | {"NFBOOK_SITE": str(PAGES)}
                return subprocess.run(arguments.command, env=site, check=False).returncode
            if arguments.serve:
                until_ctrl_c()
    except DryRunError as error:
        print(f"error: {error}")
        return 1
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(f"error: port {PORT} is taken; is another dry run being served?")
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
