"""The types that nflib publishes (py.typed) hold: mypy, as pyproject.toml sets it, finds nothing."""

import re
import subprocess
import sys

import pytest

from tools.course import ROOT


@pytest.mark.slow
def test_mypy_finds_nothing(tmp_path):
    pytest.importorskip("mypy", reason="mypy is not installed")
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_are_published():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert (ROOT / "nflib" / "py.typed").exists() and '"py.typed"' in text


def test_whatever_mypy_is_told_to_ignore_has_a_code_and_a_reason():
    for path in (ROOT / "nflib").rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if "type: ignore" in line:
                assert re.search(r"# type: ignore\[[a-z-]+\]  # \w+", line), f"{path.name}: {line}"
