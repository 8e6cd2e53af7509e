"""Breaks a copy of nflib, once for each mutant of tests/mutants.yml, and wants the tests red.

A test suite shows that the library is right only if it notices when it is wrong. A mutant
survives when the tests that should notice it pass; when they do not even run, it is reported too.

    python -m tools.dev.mutate [WORD …] [--jobs N]     only those whose file or reason has the word
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.course import ROOT

LIST = ROOT / "tests" / "mutants.yml"
LIMIT = 600  # seconds: a mutant may make a loop endless
VERDICTS = {0: "SURVIVES", 1: "red"}  # any other status of pytest: the tests did not run


@dataclass(frozen=True)
class Mutant:
    """One wrong change of one file of nflib, and the tests that should notice."""

    file: str
    why: str
    old: str
    new: str
    tests: str

    def applied(self, text: str) -> str:
        """The file's text with the change; ValueError unless ``old`` stands in it once."""
        if text.count(self.old) != 1:
            times = text.count(self.old)
            raise ValueError(f"{self.file}: expected once, found {times} times: {self.old!r}")
        return text.replace(self.old, self.new)


def mutants(path: Path = LIST) -> list[Mutant]:
    """All of them, in the order of the list."""
    groups = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Mutant(group["file"], m["why"], m["old"], m["new"], m.get("tests", group["tests"]))
        for group in groups
        for m in group["mutants"]
    ]


def status(tests: str, mutant: Mutant | None = None) -> int:
    """What pytest returns for these tests with nflib as it is, or with one mutant."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "nflib")
        shutil.copytree(ROOT / "nflib", copy, ignore=shutil.ignore_patterns("__pycache__"))
        if mutant is not None:
            path = copy / mutant.file
            path.write_text(mutant.applied(path.read_text(encoding="utf-8")), encoding="utf-8")
        words = [
            str(ROOT / "tests" / word) if word.endswith(".py") else word
            for word in shlex.split(tests)
        ]
        options = ["-x", "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
        environment = {**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            return subprocess.run(
                [sys.executable, "-m", "pytest", *options, f"--rootdir={ROOT}", *words],
                cwd=folder,  # python -m looks for modules here first
                env={"OMP_NUM_THREADS": "1", **environment},
                capture_output=True,
                timeout=LIMIT,
            ).returncode
        except subprocess.TimeoutExpired:
            return 1


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("words", nargs="*", help="only mutants with one of these in them")
    arguments.add_argument("--jobs", type=int, default=2)
    given = arguments.parse_args()
    chosen = [
        m
        for m in mutants()
        if not given.words or any(word in f"{m.file} {m.why}" for word in given.words)
    ]
    bad = 0
    with ThreadPoolExecutor(given.jobs) as pool:
        sets = list(dict.fromkeys(m.tests for m in chosen))
        for tests, code in zip(sets, pool.map(status, sets), strict=True):
            if code:
                bad += 1
                print(f"without a mutant, pytest {tests}: status {code}", flush=True)
        outcomes = pool.map(lambda m: status(m.tests, m), chosen)
        for mutant, code in zip(chosen, outcomes, strict=True):
            verdict = VERDICTS.get(code, f"STATUS {code}")
            bad += code != 1
            print(f"{verdict:9} {mutant.file}: {mutant.why}", flush=True)
    print(f"{len(chosen)} mutants, {bad} not as they should be")
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
