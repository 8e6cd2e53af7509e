"""Put a folder on the branch ``notebooks``, where Colab and Binder find it; do nothing if it is there already.

Needs git and Python's standard library only: it runs by itself, after the pages are in place, so that no notebook ever
names a wheel that cannot be downloaded yet. PUBLISH_REMOTE (default: origin) is the remote to push to.

Usage: python -m tools.publish.branch [_build/publish/notebooks]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.course import ROOT

BRANCH = "notebooks"
AUTHOR = {"NAME": "publish.yml", "EMAIL": "publish@users.noreply.github.com"}


def git(*command: str, cwd: Path = ROOT, **variables: str) -> str:
    """Run a git command in this repository; return what it prints."""
    process = subprocess.run(
        ["git", *command], check=True, cwd=cwd, env=os.environ | variables,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return process.stdout.strip()


def fetch(remote: str) -> str | None:
    """Return the commit at the head of the branch on a remote, fetched; None where there is no such branch."""
    found = git("ls-remote", "--heads", remote, f"refs/heads/{BRANCH}")
    if not found:
        return None
    shallow = git("rev-parse", "--is-shallow-repository") == "true"  # a whole clone stays whole
    git("fetch", "-q", *(["--depth", "1"] if shallow else []), remote, f"refs/heads/{BRANCH}")
    return found.split()[0]


def wheels(tree: str) -> set[str]:
    """Return the names of the wheels in a tree of this repository."""
    return set(git("ls-tree", "-r", "--name-only", tree, "wheels/").splitlines())


def files_of(folder: Path) -> dict[str, str]:
    """Return the variables with which git takes a folder for the files of this repository."""
    git_folder = git("rev-parse", "--absolute-git-dir")
    return {"GIT_DIR": git_folder, "GIT_WORK_TREE": str(folder.resolve())}


def earlier_wheels(remote: str, folder: Path) -> None:
    """Copy the folder ``wheels`` of the branch of a remote into ``folder``, if there is one."""
    commit = fetch(remote)
    if commit and wheels(commit):
        folder.mkdir(parents=True, exist_ok=True)
        restore = ("restore", "--source", commit, "--worktree", "wheels")
        git(*restore, cwd=folder, **files_of(folder))


class WheelsLost(Exception):
    """The folder is older than the branch: notebooks that were saved since would not find their library."""


def publish(folder: Path, remote: str) -> str | None:
    """Make the branch of a remote hold exactly what ``folder`` holds; return the new commit, None if none is needed."""
    parent = fetch(remote)
    with tempfile.TemporaryDirectory() as scratch:  # this checkout's own index stays as it is
        index = files_of(folder) | {"GIT_INDEX_FILE": str(Path(scratch, "index"))}
        git("add", "-A", "-f", ".", cwd=folder, **index)
        tree = git("write-tree", **index)
    if parent and git("rev-parse", f"{parent}^{{tree}}") == tree:
        return None
    if parent and (lost := wheels(parent) - wheels(tree)):
        raise WheelsLost(
            f"the branch {BRANCH} has {', '.join(sorted(lost))}, which {folder.name}/ lacks: something newer was"
            " published meanwhile; publish anew instead of repeating this job"
        )
    message = f"Notebooks and library of {git('rev-parse', '--short', 'HEAD')}"
    people = {f"GIT_{who}_{k}": v for who in ("AUTHOR", "COMMITTER") for k, v in AUTHOR.items()}
    ancestry = ["-p", parent] if parent else []
    commit = git("commit-tree", tree, *ancestry, "-m", message, **people)
    git("push", "-q", remote, f"{commit}:refs/heads/{BRANCH}")
    return commit


def main(folder: Path) -> int:
    """Publish a folder; return the exit status."""
    if not any(folder.glob("*/*.ipynb")):
        print(f"error: no notebooks in {folder}: run tools/publish/publication.py first")
        return 1
    try:
        commit = publish(folder, os.environ.get("PUBLISH_REMOTE", "origin"))
    except WheelsLost as error:
        print(f"error: {error}")
        return 1
    done = f"is now {commit[:12]}" if commit else "has all of this already"
    print(f"The branch {BRANCH} {done}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(*sys.argv[1:2] or [ROOT / "_build/publish/notebooks"])))
