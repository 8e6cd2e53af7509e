"""`make environment`, in a small tree and with a Python that only pretends to install: when it begins, what it says."""

import shutil
import subprocess
import sys

import pytest

from tools.course import ROOT

PRETENDS = f"""#!/bin/sh
case "$*" in
  "-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  *"-r requirements.lock") echo "Collecting torch"; echo "$PIP_SAYS"; test -z "$PIP_SAYS" ;;
  *"-e .") ;;
  *) exec {sys.executable} "$@" ;;
esac
"""


@pytest.fixture
def tree(tmp_path):
    """A new clone with a stand-in for Python."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "python").write_text(PRETENDS, "utf8")
    (tmp_path / "python").chmod(0o755)
    return tmp_path


def environment(tree, **variables):
    """Run `make environment`; return its exit status and the lines that it prints."""
    command = ["make", "environment", f"PYTHON={tree}/python"]
    made = subprocess.run(command, cwd=tree, env=variables, capture_output=True, text=True)
    return made.returncode, [line for line in made.stdout.splitlines() if "make" not in line[:4]]


def test_it_is_made_once_and_again_when_the_lock_file_changes(tree):
    assert environment(tree) == (
        0,
        ["Setting up .venv (once; several minutes and about 2 GB on disk)", "."],
    )
    assert environment(tree) == (0, [])
    (tree / "requirements.lock").touch()
    assert environment(tree)[1] and not environment(tree)[1]


def test_it_is_made_again_in_a_tree_that_was_moved(tree):
    environment(tree)
    moved = shutil.copytree(tree, tree.with_name("moved"))
    assert environment(moved)[1] and not environment(moved)[1]


def test_a_set_up_that_was_interrupted_begins_again(tree):
    environment(tree)
    (tree / ".venv/.ready").unlink()
    (tree / ".venv/half").touch()
    assert environment(tree)[0] == 0 and not (tree / ".venv/half").exists()


@pytest.mark.parametrize(
    ("says", "line"),
    [("NameResolutionError: …", "is there a network"), ("No space", "end of _build/")],
)
def test_what_pip_lacks_is_said_in_one_line(tree, says, line):
    status, lines = environment(tree, PIP_SAYS=says)
    assert status and len(lines) == 3 and lines[2].startswith("error: ") and line in lines[2]
    assert says in (tree / "_build/environment.log").read_text("utf8")
    assert not (tree / ".venv/.ready").exists()


def test_a_python_that_is_too_old_is_named(tree):
    (tree / "sitecustomize.py").write_text("import sys\nsys.version_info = (3, 9, 1)\n", "utf8")
    command = ["make", "environment", f"PYTHON={sys.executable}"]
    made = subprocess.run(
        command, cwd=tree, env={"PYTHONPATH": str(tree)}, capture_output=True, text=True
    )
    assert made.stderr.startswith(
        f"error: Python 3.11 or newer is needed, and {sys.executable} is 3.9"
    )
    assert made.returncode and not (tree / ".venv").exists()
