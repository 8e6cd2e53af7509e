"""The quality table: its rows are there, an interrupted run goes on, a partial table is not written."""

import json
import os
import re
import subprocess
import sys

import pytest
import torch

from nflib.course.targets import TwoMoons
from tools.course import ROOT

SCRIPT = ROOT / "benchmarks/quality.py"
TABLE = ROOT / "benchmarks/QUALITY.md"
# The script, which sends itself Ctrl-C's signal when three fits are kept: a signal from outside
# may come late on a busy machine.
CTRL_C_AFTER_THREE = """
import os, signal, sys
import quality

def interrupted(done, quick, keep, whole=quality.measure_missing):
    def keep_three():
        keep()
        if len(done) == 3:
            os.kill(os.getpid(), signal.SIGINT)
    whole(done, quick, keep_three)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
quality.measure_missing = interrupted
sys.exit(quality.main(sys.argv[1:]))
"""


@pytest.fixture
def quality(monkeypatch):
    """The script as a module."""
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import quality

    with torch.random.fork_rng(devices=[]):  # a fit seeds the global generator
        yield quality


def rows(page: str) -> list[list[str]]:
    """The rows of the tables of fits, cell by cell, without heads and rules."""
    page = page.partition("## Digits 28×28")[0]
    lines = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    return [cells for cells in lines if cells[0] not in ("law", "---")]


def test_the_required_laws_and_models_have_a_row(quality):
    names = {(case.law, case.model) for case in quality.cases()}
    assert len(names) == len(quality.cases())
    assert {(f"U{k}", f"planar K={K}") for k in (1, 2, 3, 4) for K in (2, 8, 32)} <= names
    laws = [law for law, _ in names]
    assert any(law.startswith("moons") for law in laws)
    assert any(law.startswith("circles") for law in laws)
    required = {c.law: n for c in quality.cases() for who, n in c.references if who == "required"}
    assert required == {"U1": 0.02, "digits": 2.06}


def test_the_published_table_is_whole_and_of_these_rows(quality):
    page = TABLE.read_text("utf8")
    assert "--quick" not in page
    cases = quality.cases()
    assert [cells[:2] for cells in rows(page)] == [[case.law, case.model] for case in cases]
    values = {(c[0], c[1]): float(c[3].strip("*")) for c in rows(page)}
    assert values["U1", "planar K=32"] <= 0.020
    assert values["digits", "RealNVP, 6 layers"] <= 2.06


def test_the_flow_of_digits_has_the_section_of_its_records(quality):
    assert TABLE.read_text("utf8").endswith(quality.quality_images.section())
    record = json.loads((ROOT / "nflib/course/data/mnist-flow.json").read_text("utf8"))
    assert quality.quality_images.records()["evaluation"]["flow"] == record["sha256"]


def test_reached_is_decided_by_the_first_reference_in_its_own_unit(quality):
    case = quality.Case("plane", "law", "model 1", dict, (("C, NLL", 1.5), ("A", 9.0)))
    assert quality.reached(case, {"value": 2.0, "extra": "1.400"}) == "yes"
    assert quality.reached(case, {"value": 0.1, "extra": "1.600"}) == "**no**"
    case = quality.Case("plane", "law", "model 1", dict, (("A", 0.5),))
    assert quality.reached(case, {"value": 0.5, "extra": "9.000"}) == "yes"
    assert quality.reached(case, {"value": 0.51, "extra": "0.000"}) == "**no**"


def test_a_fit_has_the_same_numbers_again_and_learns(quality):
    energy = quality.cases()[0].fit
    first, again = energy(steps=300, test=2000), energy(steps=300, test=2000)
    assert first == again and 0 < first["value"] < 1.5


def test_the_divergences_are_those_of_a_flow_whose_answer_is_known(quality):
    """Untrained, the flow of the moons is the normal law with their means and deviations."""
    result = next(c for c in quality.cases() if c.section == "plane").fit(
        steps=1, points=20_000, test=20_000
    )
    moons = TwoMoons(0.1).double()
    x = moons.sample(200_000, torch.Generator().manual_seed(5))
    normal = torch.distributions.Normal(x.mean(0), x.std(0))
    exact = -float(normal.log_prob(x).sum(-1).mean()) - moons.entropy()
    assert abs(result["value"] - exact) < 0.05


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_done_and_the_next_run_ends_it(quality, tmp_path):
    page, kept = tmp_path / "QUALITY.md", tmp_path / "QUALITY.json"
    page.write_text("the good one", "utf8")
    arguments = ["--quick", "--output", str(page)]
    command = [sys.executable, "-c", CTRL_C_AFTER_THREE, *arguments]
    talk = {"capture_output": True, "text": True, "env": os.environ | {"PYTHONPATH": str(ROOT)}}
    run = subprocess.run(command, cwd=SCRIPT.parent, **talk)
    assert "the same call goes on" in run.stdout, run.stderr
    assert run.returncode == 130
    assert page.read_text("utf8") == "the good one"
    done = len(json.loads(kept.read_text("utf8"))["done"])
    command = [sys.executable, str(SCRIPT), *arguments]
    out = subprocess.run(command, cwd=ROOT, check=True, **talk).stdout
    total = len(quality.cases())
    assert done == 3 and f"going on after {done} of {total}" in out
    assert len(re.findall(r"^\[\d+/", out, re.MULTILINE)) == total - done
    page = page.read_text("utf8")
    assert [c[:2] for c in rows(page)] == [[c.law, c.model] for c in quality.cases()]
    assert "the numbers mean nothing" in page and not kept.exists()
