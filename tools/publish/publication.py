"""Make all that a publication consists of, at once, so that notebooks and library are always of the same version.

    _build/publish/pages/       what the web server gets: the site, its downloads, the wheels of nflib
    _build/publish/notebooks/   what the branch ``notebooks`` gets: the Colab edition, Binder's files, the wheels

Where it is published comes from the environment and from nowhere else, so that a fork publishes itself:
GITHUB_REPOSITORY (OWNER/NAME) and PAGES_URL (https://…). PUBLISH_REMOTE (default: origin) is the git remote whose
branch has the wheels of earlier publications; they are kept, so that a notebook saved in March installs its own nflib
in June.

Usage: GITHUB_REPOSITORY=… PAGES_URL=… python -m tools.publish.publication
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tools.course import BUILD, ROOT
from tools.notebooks.colab import write_colab
from tools.publish import branch
from tools.publish.wheel import make_wheel, sha256
from tools.site.address import Address, AddressError
from tools.site.build import assemble, downloads

PUBLISH = BUILD / "publish"
BINDER = ROOT / "tools/publish/binder"
BINDER_NEEDS = ("torch", "numpy", "matplotlib", "ipykernel", "jupyterlab")


def place() -> Address:
    """Return where this is published; raise `AddressError` if the environment does not say it."""
    if missing := [n for n in ("GITHUB_REPOSITORY", "PAGES_URL") if not os.environ.get(n)]:
        raise AddressError(
            f"the environment lacks {' and '.join(missing)}; see tools/publish/publication.py"
        )
    return Address(os.environ["PAGES_URL"].rstrip("/"), os.environ["GITHUB_REPOSITORY"])


def write_binder(folder: Path, wheel: Path) -> None:
    """Write what Binder needs, and the README of the branch; ``wheel`` lies below ``folder``."""
    target, lock = folder / "binder", (ROOT / "requirements.lock").read_text("utf8").splitlines()
    pins = [line for line in lock if line.partition("==")[0] in BINDER_NEEDS]
    if len(pins) != len(BINDER_NEEDS):
        raise ValueError(f"requirements.lock should have {BINDER_NEEDS}, and has {pins}")
    target.mkdir(exist_ok=True)
    index = "--extra-index-url https://download.pytorch.org/whl/cpu  # torch without CUDA"
    (target / "requirements.txt").write_text("\n".join([index, *pins, ""]), "utf8")
    (target / "runtime.txt").write_text("python-3.12\n", "utf8")
    script = (BINDER / "postBuild").read_text("utf8")
    post_build = target / "postBuild"
    post_build.write_text(script.replace("WHEEL", wheel.relative_to(folder).as_posix()), "utf8")
    post_build.chmod(0o755)
    shutil.copy(BINDER / "README.md", folder)


def main() -> int:
    """Make everything; return the exit status."""
    try:
        address = place()
    except AddressError as error:
        print(f"error: {error}")
        return 1
    print(f"Publishing {address.repository} at {address.url}", flush=True)
    shutil.rmtree(BUILD / "downloads", ignore_errors=True)
    for tool in ("build", "pdf", "bundle"):
        subprocess.run([sys.executable, "-m", f"tools.site.{tool}"], check=True, cwd=ROOT)
    shutil.rmtree(PUBLISH, ignore_errors=True)
    notebooks = PUBLISH / "notebooks"
    branch.earlier_wheels(os.environ.get("PUBLISH_REMOTE", "origin"), notebooks)
    wheel = make_wheel(notebooks / "wheels")
    link = f"{address.url}/{wheel.relative_to(notebooks).as_posix()}#sha256={sha256(wheel)}"
    written = write_colab(notebooks, site=address.url, repository=address.repository, wheel=link)
    write_binder(notebooks, wheel)
    pages = assemble(PUBLISH / "pages", address, notebooks, downloads())
    shutil.copytree(notebooks / "wheels", pages / "wheels")
    kept = len(list((notebooks / "wheels").iterdir()))
    print(f"  {sum(map(len, written.values()))} notebooks for the branch {branch.BRANCH}")
    print(f"  {wheel.name} {wheel.stat().st_size / 1e3:.0f} kB ({kept} wheels in all)")
    size = sum(file.stat().st_size for file in pages.rglob("*") if file.is_file())
    print(f"  {len(list(pages.rglob('*.html')))} pages, {size / 1e6:.0f} MB: {pages}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"error: nothing was published; this failed: {shlex.join(map(str, error.cmd))}")
    except KeyboardInterrupt:
        sys.exit("interrupted; nothing was published")
