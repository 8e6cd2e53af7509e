"""Build both editions into _build/site/{es,en} from one configuration and one table of contents.

Each edition is staged (its language folder dropped, so that addresses read /es/02-densities.html), built by
jupyter-book with warnings as errors, both at the same time, and put in place in one step at the end. An edition whose
sources have not changed since its last good build is not built again; a failed or interrupted build leaves the site
that was there.

Pages do not know where they will be published: --url and --repository tell the finished site (tools/site/address.py).

Usage: python -m tools.site.build [--url https://…] [--repository OWNER/NAME]
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
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from jupyter_server.config_manager import recursive_update

from tools.course import BUILD, EDITIONS, ROOT
from tools.notebooks.convert import write_notebooks
from tools.notebooks.myst import MarkupError
from tools.publish import quiz_export
from tools.site import length
from tools.site.address import SITE, Address, AddressError, fill_folder
from tools.site.feed import feed
from tools.site.sitemap import sitemap

# What goes into both editions, beside the parts of book/ that have no language
SHARED = (
    "nflib", "tools", "tests/ledger", "tests/slides.yml", "_config.yml", "_toc.yml", "requirements.lock",
    "pyproject.toml",
)  # fmt: skip
PORT_TAKEN = "Address already in use"  # Jupyter chooses ports, and a kernel binds them later
PROGRESS = re.compile(r"(?P<page>\S+?)\.(?:md|ipynb): Executed notebook in (?P<s>[\d.]+)")


def configuration(lang: str) -> dict:
    """Return _config.yml with what an edition changes."""
    own = ROOT / "book" / lang / "_config.yml"
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))
    if own.exists():
        recursive_update(config, yaml.safe_load(own.read_text("utf8")))
    return config


def digest(*paths: Path) -> str:
    """Return a hash of the names and contents of files and of all files below folders."""
    sha = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix not in (".pyc", ".mo"):  # made while building
                sha.update(f"{file.relative_to(ROOT)}\0".encode())
                sha.update(file.read_bytes())
    return sha.hexdigest()[:16]


def fingerprint(lang: str) -> str:
    """Return what identifies the result of building an edition: all that goes into it."""
    book = sorted(p for p in (ROOT / "book").iterdir() if p.name not in EDITIONS)
    own = [f"{folder}/{lang}" for folder in ("book", "exercises", "solutions")]
    return f"{digest(*book, *(ROOT / name for name in (*own, *SHARED)))} {sys.version.split()[0]}"


def stage(lang: str, notebooks: list[str]) -> Path:
    """Write the sources of one edition, without its language folder, and what jupyter-book needs beside them."""
    source = BUILD / "src" / lang
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "book" / lang, source, ignore=shutil.ignore_patterns("_config.yml"))
    for folder in ("exercises", "solutions"):
        shutil.copytree(ROOT / folder / lang, source / folder)
    for page in source.glob("*.md"):
        text = page.read_text("utf8").replace("../_static/", "pictures/")
        page.write_text(re.sub(rf"\.\./\.\./(exercises|solutions)/{lang}/", r"\1/", text), "utf8")
    (source / "pictures").mkdir()  # in a folder _static, jupyter-book would look for style sheets
    for picture in (ROOT / "book/_static").glob("*.png"):
        shutil.copy(picture, source / "pictures")

    config = configuration(lang)
    captions = config.pop("captions", {})
    whole = lambda paths: [str(ROOT / path) for path in paths]
    config["exclude_patterns"] = []
    config["bibtex_bibfiles"] = whole(config["bibtex_bibfiles"])
    config["execute"]["cache"] = str(cache_folder(lang))
    config["html"]["baseurl"] = f"{SITE}/{lang}/"
    local, settings = config["sphinx"]["local_extensions"], config["sphinx"]["config"]
    local |= {name: str(ROOT / path) for name, path in local.items()}
    for key in ("templates_path", "html_static_path", "locale_dirs"):
        settings[key] = whole(settings[key])
    settings["html_favicon"] = str(ROOT / settings["html_favicon"])
    settings |= {"ogp_site_url": f"{SITE}/{lang}/"}
    settings |= {"nfbook_editions": list(EDITIONS), "nfbook_notebooks": notebooks}
    settings |= {"nfbook_minutes": length.minutes(lang)}
    text = yaml.safe_dump(config, allow_unicode=True, sort_keys=False)
    (source / "_config.yml").write_text(text, "utf8")
    # book/es/x is x there, exercises/es/x is exercises/x
    toc = (ROOT / "_toc.yml").read_text("utf8")
    toc = re.sub(r": (?:book/es/|((?:exercises|solutions)/)es/)", r": \1", toc)
    for spanish, caption in captions.items():
        toc = toc.replace(f"caption: {spanish}\n", f"caption: {caption}\n")
    (source / "_toc.yml").write_text(toc, "utf8")
    return source


def cache_folder(lang: str) -> Path:
    """Return where executed notebooks are kept: another folder as soon as nflib or a package changes.

    jupyter-cache looks at the code of the cells alone.
    """
    return BUILD / "cache" / f"{lang}-{digest(ROOT / 'nflib', ROOT / 'requirements.lock')}"


def build_edition(lang: str, notebooks: list[str], again: bool = True) -> bool:
    """Build one edition unless it is up to date; say how it goes; return whether it is good."""
    output, now = BUILD / "editions" / lang, fingerprint(lang)
    if mark(lang).exists() and mark(lang).read_text("utf8") == now:
        print(f"  {lang}  up to date", flush=True)
        return True
    mark(lang).unlink(missing_ok=True)
    # From nothing: with -W, an incremental build after a failed one exits 0
    shutil.rmtree(output, ignore_errors=True)
    for old in set((BUILD / "cache").glob(f"{lang}-*")) - {cache_folder(lang)}:
        shutil.rmtree(old)
    source = stage(lang, notebooks)
    # Not the script jupyter-book, which a .venv that was moved has with its old path
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build"]
    command += [str(source), "--path-output", str(output), "-W", "--keep-going"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    start, lines = time.monotonic(), []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        for line in process.stdout:
            lines.append(re.sub(r"\x1b\[[\d;]*m", "", line))
            if done := PROGRESS.match(lines[-1]):
                page = Path(done["page"]).relative_to(source)
                print(f"  {lang}  {page!s:<28} {float(done['s']):5.1f} s", flush=True)
    log = BUILD / "editions" / f"{lang}.log"
    log.write_text("".join(lines), "utf8")
    seconds = time.monotonic() - start
    if process.returncode and again and any(PORT_TAKEN in line for line in lines):
        print(f"  {lang}  a port of a kernel was taken meanwhile: once more", flush=True)
        return build_edition(lang, notebooks, again=False)
    if process.returncode:
        wrong = [line for line in lines if re.search(r"WARNING:|ERROR|Error:|Exception", line)]
        print(f"  {lang}  FAILED after {seconds:.0f} s; all of it in {log.relative_to(ROOT)}:")
        print("".join(wrong or lines[-30:]), flush=True)
        return False
    mark(lang).write_text(now, "utf8")
    pages = len(list((output / "_build/html").rglob("*.html")))
    print(f"  {lang}  {pages} pages in {seconds:.0f} s", flush=True)
    return True


def mark(lang: str) -> Path:
    """Return the file that says from what an edition was built, and was written then."""
    return BUILD / "editions" / f"{lang}.fingerprint"


def downloads() -> list[Path]:
    """Return the books and the zip files that were made of the editions as they are now, not of earlier ones."""
    built = max(mark(lang).stat().st_mtime for lang in EDITIONS)
    files = [path for kind in ("pdf", "zip") for path in (BUILD / "downloads").glob(f"*.{kind}")]
    return sorted(path for path in files if path.stat().st_mtime >= built)


def assemble(site: Path, address: Address, notebooks: Path, downloads: Sequence[Path] = ()) -> Path:
    """Put editions, notebooks, downloads and the landing page together, and only then in the place of ``site``."""
    url, address = address.url, replace(address, downloads=frozenset(p.name for p in downloads))
    new, old = site.with_name(f"{site.name}.new"), site.with_name(f"{site.name}.old")
    if old.exists() and not site.exists():  # stopped between the last two steps
        old.rename(site)
    for path in (new, old):
        shutil.rmtree(path, ignore_errors=True)
    leave = shutil.ignore_patterns(".buildinfo", "_sources", "*webpack-macros.html", "locales")
    for lang in EDITIONS:
        shutil.copytree(BUILD / "editions" / lang / "_build/html", new / lang, ignore=leave)
        shutil.copytree(notebooks / lang, new / lang / "notebooks")
    for path in downloads:
        (new / "downloads").mkdir(exist_ok=True)
        shutil.copy(path, new / "downloads")
    shutil.copy(ROOT / "book/_templates/landing.html", new / "index.html")
    shutil.copy(ROOT / "book/_static/favicon.svg", new)
    (new / ".nojekyll").touch()
    if url:
        shutil.copy(ROOT / "book/_templates/404.html", new)
        (new / "sitemap.xml").write_text(sitemap(new, url), "utf8")
        if not urlsplit(url).path:  # it is read at the top of a host only
            robots = f"User-agent: *\nAllow: /\nSitemap: {url}/sitemap.xml\n"
            (new / "robots.txt").write_text(robots, "utf8")
        for lang in EDITIONS:
            (new / lang / "feed.xml").write_text(feed(new, lang, url), "utf8")
    fill_folder(new, address)
    if site.exists():
        site.rename(old)
    new.rename(site)
    shutil.rmtree(old, ignore_errors=True)
    return site


def main() -> int:
    """Build everything; return the exit status."""
    parser = argparse.ArgumentParser(description="Build both editions of the book.")
    parser.add_argument("--url", default="", help="address at which the site will be published")
    parser.add_argument("--repository", default="", help="OWNER/NAME of the repository on GitHub")
    arguments = parser.parse_args()
    address, start = Address(arguments.url.rstrip("/"), arguments.repository), time.monotonic()
    (BUILD / "editions").mkdir(parents=True, exist_ok=True)
    if over := [
        f"{lang}: {fault}" for lang in EDITIONS for fault in length.faults(length.chapters(lang))
    ]:
        print("\n".join(["A chapter asks for more than a reader gives in an evening:", *over]))
        return 1
    print("Notebooks", flush=True)
    written = write_notebooks(BUILD / "notebooks")
    print("Pages (each chapter is executed unless neither it nor nflib has changed)", flush=True)
    with ThreadPoolExecutor() as pool:
        good = list(pool.map(build_edition, written, written.values()))
    if not all(good):
        print("The site was not changed.")
        return 1
    quiz_export.write(BUILD / "downloads")
    site = assemble(BUILD / "site", address, BUILD / "notebooks", downloads())
    print(f"Built in {time.monotonic() - start:.0f} s: {site}")
    print("To look at it: make serve, or open _build/site/index.html in a browser")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (AddressError, MarkupError) as error:
        sys.exit(f"error: {error}\nThe site was not changed.")
    except KeyboardInterrupt:
        sys.exit("interrupted; the site was not changed, and what was executed is kept")
