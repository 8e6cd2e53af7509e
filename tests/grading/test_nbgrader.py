"""The notebooks in nbgrader, for real: given out, handed in, graded, exported (`make nbgrader`)."""

import csv
import json
import os
import subprocess
import sys

import pytest

from tools.course import ROOT
from tools.grading.notebook import course

NBGRADER = ROOT / "_build/nbgrader/bin/nbgrader"
FULL = sum(course()["e03"].values())
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not NBGRADER.exists(), reason="no nbgrader: `make nbgrader` installs it"),
]


def answers(path):
    """The code of each answer of a notebook, by its grade_id."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    marks = [(cell["metadata"].get("nbgrader", {}), "".join(cell["source"])) for cell in cells]
    return {mark["grade_id"]: text for mark, text in marks if mark.get("solution")}


@pytest.mark.parametrize("lang", ["es"])
def test_one_exercise_goes_all_the_way(tmp_path, lang):
    def run(*command):
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-3000:]

    environment = {k: v for k, v in os.environ.items() if not k.startswith("NFLIB")}
    environment |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HOME": str(tmp_path)}
    environment["PATH"] = f"{NBGRADER.parent}:{os.environ['PATH']}"  # it calls alembic
    run(sys.executable, "-m", "tools.notebooks.exercises", "--nbgrader", str(tmp_path), lang)
    config = "c = get_config()\nc.CourseDirectory.course_id = 'flows'\n"
    (tmp_path / "nbgrader_config.py").write_text(config, encoding="utf-8")
    run(str(NBGRADER), "generate_assignment", "e03", "--create")

    name = "03-determinants.ipynb"
    released = tmp_path / "release/e03" / name
    assert released.exists()
    solved, blank = answers(ROOT / "solutions" / lang / name), answers(released)
    assert blank.keys() == solved.keys()
    for key, text in blank.items():
        assert "raise NotImplementedError" in text and "SOLUTION" not in text
        assert [line for line in text.splitlines() if line.startswith("def ")] == [
            line for line in solved[key].splitlines() if line.startswith("def ")
        ]

    for student, right in (("ana", set(solved)), ("eva", {"e03-q1"}), ("ivo", set())):
        notebook = json.loads(released.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            key = cell["metadata"].get("nbgrader", {}).get("grade_id")
            if key in right:
                cell["source"] = solved[key]
        path = tmp_path / "submitted" / student / "e03" / name
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")
    run(str(NBGRADER), "autograde", "e03", "--create")
    run(str(NBGRADER), "export", "--to", str(tmp_path / "grades.csv"))
    rows = csv.DictReader((tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines())
    scores = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in rows}
    assert scores == {"ana": (FULL, FULL), "eva": (2, FULL), "ivo": (0, FULL)}
