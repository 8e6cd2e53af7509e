"""Attacks on the grader, each made for real: what it ends in, and that the others' rows stay."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.grading.attacks import (
    EXCESS,
    FULL,
    GLOBALS,
    LETHAL,
    OTHERS,
    PATCHES,
    TOGETHER,
    VALUES,
    WRONG,
)
from tests.grading.synthetic_class import code, notebook, replaced, save, with_cell
from tools.course import ROOT
from tools.grading import table
from tools.grading.grade import grade_all
from tools.grading.sandbox import Limits, Sandbox
from tools.grading.submissions import submissions
from tools.grading.supervisor import try_out, usable

LIMITS = Limits(seconds=90, cell=7, question=12, memory=1500)


pytestmark = pytest.mark.slow


def submit(folder, known):
    """Hand in all attacks; what is wrong with the rows that they get is told by `problems`."""
    for student, (source, _) in LETHAL.items():
        save(folder, student, with_cell(source))
    for student, attacks in TOGETHER.items():
        made = notebook("03")
        made["cells"] = [*(code(a.format(**known)) for a, _ in attacks.values()), *made["cells"]]
        save(folder, student, made)
    for student, (made, *_) in OTHERS.items():
        save(folder, student, made)
    for student, cell in PATCHES.items():
        made = replaced({"e03-q3": WRONG})
        made["cells"].insert(0, code(cell))
        save(folder, student, made)
    for student, cell in VALUES.items():
        save(folder, student, replaced({"e03-q5": cell}))
    for exercise, (key, answer) in GLOBALS.items():
        save(folder, exercise, replaced({key: answer}, exercise=exercise[1:]))


def problems(rows):
    """Attacks that did more or less than they should, with the row."""
    wanted = [(name, FULL, each[1]) for name, each in LETHAL.items()]
    wanted += [(n, FULL, words) for n, cells in TOGETHER.items() for _, words in cells.values()]
    wanted += [(name, points, words) for name, (_, points, words) in OTHERS.items()]
    for student, points, words in wanted:
        row = rows[student]
        if row["total"] != points or words not in f"{row['note']} {row['e03.q3 reason']}":
            yield f"{student}: not {points} with «{words}» in {row}"
    asked = (
        dict.fromkeys(PATCHES, "e03.q3")
        | dict.fromkeys(VALUES, "e03.q5")
        | {"e04": "e04.q1", "e08": "e08.q3"}
    )
    for student, key in asked.items():
        if rows[student][key] != 0 or "the grader failed" in rows[student]["note"]:
            yield f"{student}: a mark for a wrong answer in {rows[student]}"
    for row in rows.values():  # a text waits for a person
        if row.get("e03.q6") not in (None, "", 0):
            yield f"{row['student']}: a mark for a text in {row}"


def test_attacks_cost_their_own_cell_and_reach_nothing(sandbox, tmp_path):
    # One test for all: several would grade the class once in each process of pytest.
    folder, canary = tmp_path / "in", tmp_path / "canary"
    canary.write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        known = {"canary": str(canary), "folder": str(folder), "port": server.getsockname()[1]}
        submit(folder, known)
        found = submissions(folder)
        records = grade_all(found, tmp_path / "out.csv", sandbox, LIMITS, jobs=2, silent=True)
        with pytest.raises(BlockingIOError):
            server.accept()
    rows = {record["student"]: table.row(record, "en") for record in records}
    assert not (wrong := list(problems(rows))), "\n".join(wrong)
    assert canary.read_text() == "secret"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["canary", "in", "out"]
    assert max(record["memory"] for record in records) < 2.5 * LIMITS.memory * 2**20
    assert not list(orphans())


def orphans():
    """Workers whose grader is gone."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            parent = int((command.parent / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == 1 and b"tools.grading.worker" in command.read_bytes().split(b"\0"):
                yield command
        except OSError:
            continue


@pytest.mark.usefixtures("sandbox")
def test_a_user_namespace_serves_as_well(tmp_path):
    """As where the grader is not root: nobody in a user namespace."""
    box = Sandbox(own_user=False)
    if why := try_out(box):
        pytest.skip(f"user namespaces are off: {why}")
    save(tmp_path / "in", "right", notebook("03", lang="es"))
    save(tmp_path / "in", "bomb", with_cell(EXCESS["fork bomb"][0]))
    found = submissions(tmp_path / "in")
    records = grade_all(found, tmp_path / "o.csv", box, LIMITS, silent=True)
    assert [table.total(record) for record in records] == [FULL, FULL]
    assert os.getuid() == 0 or "BlockingIOError" in str(records[0]["notes"])


@pytest.mark.usefixtures("sandbox")
def test_a_killed_run_goes_on_and_ends_the_same(tmp_path):
    for number in range(4):
        save(tmp_path / "in", f"{number}", with_cell(f"# {number}"))
    command = [sys.executable, "-m", "tools.grading", str(tmp_path / "in"), "--out"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([*command, str(tmp_path / "a.csv")], env=environment) as first:
        kept = tmp_path / "a/.records"
        while first.poll() is None and not list(kept.glob("[!.]*.json")):
            time.sleep(0.02)
        first.kill()
    before = {path: path.read_bytes() for path in kept.glob("[!.]*.json")}
    assert 1 <= len(before) < 4
    for _ in range(2):
        subprocess.run([*command, str(tmp_path / "a.csv")], env=environment, check=True)
        assert all(path.read_bytes() == data for path, data in before.items())
        before = {path: path.read_bytes() for path in kept.glob("[!.]*.json")}
    assert len(before) == 4 and not list(orphans())
    assert all(json.loads(data)["questions"] for data in before.values())


def test_unsafe_says_what_it_means_and_keeps_the_limits(tmp_path, capsys):
    box = usable(unsafe=True)
    assert "can read and change your files" in capsys.readouterr().err
    save(tmp_path / "in", "endless", with_cell("while True: pass"))
    records = grade_all(submissions(tmp_path / "in"), tmp_path / "o.csv", box, LIMITS, silent=True)
    assert table.total(records[0]) == FULL
    assert "without a sandbox" in str(records[0]["notes"])
    assert not list(orphans())
