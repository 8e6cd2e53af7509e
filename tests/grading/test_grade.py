"""Grading without attacks: what is read, whose it is, which exercise, tables and reports."""

import csv
import json
import os
import sys
import types

import pytest

from nflib.course.check.engine import keys
from nflib.course.language import LANGUAGES
from tests.grading.synthetic_class import backwards, bare, code, notebook, twice, version3, without
from tools.course import ROOT
from tools.grading import report, supervisor, table, worker
from tools.grading.__main__ import main
from tools.grading.notebook import FILE_LIMIT, Unreadable, course, parse
from tools.grading.sandbox import Sandbox
from tools.grading.submissions import read, submissions

EXERCISES = ("01", "02", "03", "04")
MOST = sum(course()["e03"].values())


def data(made):
    return json.dumps(made).encode()


# --- reading -----------------------------------------------------------------------------------


def test_points_are_those_of_the_sources_for_every_question():
    assert sorted(key for points in course().values() for key in points) == keys()
    for exercise in EXERCISES:
        for cell in notebook(exercise, solved=False)["cells"]:
            mark = cell["metadata"].get("nbgrader", {})
            if mark.get("grade"):
                key = mark["grade_id"].removesuffix("-check").replace("-", ".")
                assert course()[key[:3]][key] == mark["points"]


@pytest.mark.parametrize("change", [bare, version3, backwards, twice], ids=lambda f: f.__name__)
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_exercise_and_its_language_are_found_whatever_the_form(exercise, lang, change):
    found = parse(data(change(notebook(exercise, lang=lang, solved=False))))
    assert (found.exercise, found.lang) == (f"e{exercise}", lang)


def test_the_exercise_is_found_by_the_functions_alone_and_the_language_by_the_words():
    made = without(bare(notebook("02", lang="es")), r"^check\(|language")
    assert (parse(data(made)).exercise, parse(data(made)).lang) == ("e02", "es")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"PK\x03\x04 a zip", "json"),
        (b"\xff\xfe\x00", "json"),
        (b"def f(): pass", "json"),
        (b"[" * 100_000, "json"),
        (b"3", "notebook"),
        (b"{}", "notebook"),
        (b'{"cells": 3}', "notebook"),
        (b'{"worksheets": [3, {"cells": [4]}]}', "notebook"),
        (data({"cells": [{}] * 2000}), "long"),
        (data({"cells": [code("print('another course')")]}), "other"),
        (data({"cells": [code("def area(r): return r")]}), "other"),
        (data({"cells": [code('check("e99.q1", f)')]}), "other"),
        (data({"cells": [{"metadata": 3, "source": 4}, {"source": [5]}]}), "other"),
        (data(notebook("02")), "exercise"),
    ],
)
def test_what_is_no_submission_is_told_with_its_reason(content, why):
    with pytest.raises(Unreadable) as caught:
        parse(content, "e03")
    assert caught.value.args[0] == why


def test_files_that_are_links_pipes_or_huge_are_not_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("x")
    os.symlink(secret, tmp_path / "link.ipynb")
    os.mkfifo(tmp_path / "pipe.ipynb")
    with open(tmp_path / "huge.ipynb", "wb") as file:
        file.truncate(FILE_LIMIT + 1)
    for name, why in (("link", "link"), ("pipe", "open"), ("huge", "large"), ("none", "open")):
        with pytest.raises(Unreadable) as caught:
            read(tmp_path / f"{name}.ipynb")
        assert caught.value.args[0] == why


@pytest.mark.parametrize(
    ("path", "names", "expected"),
    [
        ("ana/ejercicio-3/03-determinants.ipynb", "folder", ("ana", "")),
        ("Ana Paz_123_assignsubmission_file_/x.ipynb", "folder", ("Ana Paz", "123")),
        ("Ana Paz_9_assignsubmission_file_x.ipynb", "folder", ("Ana Paz", "9")),
        ("mallory/Ana Paz_9_assignsubmission_file_x.ipynb", "folder", ("mallory", "")),
        ("pazana_LATE_12345_67890_x.ipynb", "folder", ("pazana", "12345")),
        ("pazana_12345_67890_x-1.ipynb", "folder", ("pazana", "12345")),
        ("ana/x.ipynb", "folder", ("ana", "")),
        ("group/ana.ipynb", "file", ("ana", "")),
        ("ana.IPYNB.txt", "folder", ("ana", "")),
        ("\x1b[31m\u202eana/x.ipynb", "folder", ("�[31m�ana", "")),
    ],
)
def test_the_student_is_named_by_the_rule(path, names, expected, tmp_path):
    touch(tmp_path / path)
    (found,) = submissions(tmp_path, names)
    assert (found.student, found.number) == expected


def touch(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_submissions_are_found_at_any_depth_but_not_in_hidden_folders(tmp_path):
    for name in ("a/b/c/x.ipynb", "y.ipynb", "z.ipynb.txt", ".ipynb_checkpoints/x.ipynb"):
        touch(tmp_path / name)
    os.symlink(tmp_path, tmp_path / "a/around")
    assert [each.name for each in submissions(tmp_path)] == [
        "a/b/c/x.ipynb",
        "y.ipynb",
        "z.ipynb.txt",
    ]


def test_whatever_is_handed_in_has_a_row_or_is_named(tmp_path):
    for name in ("ana/x.ipynb", "ana/data.csv", "eva/notes.pdf", "__MACOSX/x", "leo.py"):
        touch(tmp_path / name)
    (tmp_path / "sol").mkdir()
    found = {each.student: each for each in submissions(tmp_path)}
    assert set(found) == {"ana", "eva", "leo.py", "sol"} and found["ana"].others == ("data.csv",)
    why = {}
    for student in ("eva", "leo.py", "sol"):
        with pytest.raises(Unreadable) as caught:
            read(found[student].path)
        why[student] = caught.value.args
    assert why == {"eva": ("kind", ".pdf"), "leo.py": ("kind", ".py"), "sol": ("nothing", "")}


# --- tables and reports ------------------------------------------------------------------------


def record(student="ana", file="ana/x.ipynb", **more):
    verdict = {"verdict": "fail", "step": "corners", "message": ["<b>malo</b> `x`", "bad"]}
    questions = {key: verdict for key in course()["e03"]} | {"e03.q1": {"verdict": "pass"}}
    made = {
        "student": student,
        "number": "",
        "file": file,
        "exercise": "e03",
        "lang": "es",
        "seconds": 1.0,
    }
    made |= {"questions": questions, "notes": [["una nota", "a note"]], "nflib": "1", "sha256": "f"}
    return made | more


def rows_of(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def test_a_table_has_points_and_reasons_and_no_formulas(tmp_path):
    rows = [table.row(record("=cmd()", "é\n.ipynb"), "en")]
    table.save(tmp_path / "t.csv", rows)
    (row,) = rows_of(tmp_path / "t.csv")
    assert (row["student"], row["e03.q1"], row["total"]) == ("'=cmd()", "2", "2")
    assert row["maximum"] == str(MOST)
    assert row["e03.q2 reason"] == "not yet: corners" and row["note"] == "a note"


def test_tables_are_merged_once_and_conflicts_named(tmp_path, capsys):
    ana, eva = (table.row(record(name, f"{name}/x.ipynb"), "en") for name in ("ana", "eva"))
    table.save(tmp_path / "a.csv", [ana])
    table.save(tmp_path / "b.csv", [eva, ana | {"seconds": 9.9}])
    table.save(tmp_path / "c.csv", [eva | {"e03.q1": 0, "total": 0}])
    tables = [str(tmp_path / f"{name}.csv") for name in "abc"]
    out = ["--out", str(tmp_path / "all.csv")]
    assert main(["--merge", *tables[:2], *out]) == 0
    assert len(rows_of(tmp_path / "all.csv")) == 2
    before = (tmp_path / "all.csv").read_bytes()
    assert main(["--merge", *tables[:2], str(tmp_path / "all.csv"), *out]) == 0
    assert (tmp_path / "all.csv").read_bytes() == before
    assert main(["--merge", *tables, *out]) == 1
    assert "eva/x.ipynb (eva): e03.q1, total" in capsys.readouterr().err
    assert (tmp_path / "all.csv").read_bytes() == before


def test_a_report_is_in_the_students_language_escaped_and_alone(tmp_path):
    report.save(tmp_path, [record("<ana>"), record("<ana>", "2"), record("eva", lang="en")], "en")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 2 and names[1] == "eva.html"
    text = (tmp_path / names[0]).read_text(encoding="utf-8")
    assert '<html lang="es">' in text and f"2 de {MOST} puntos" in text and "una nota" in text
    assert "&lt;b&gt;malo&lt;/b&gt; <code>x</code>" in text and "&lt;ana&gt;" in text
    assert "<b>" not in text and "<ana>" not in text and "http" not in text
    report.save(tmp_path, [record("eva")], "en")
    assert [path.name for path in tmp_path.iterdir()] == ["eva.html"]


@pytest.mark.parametrize("why", [": it is not installed", ", which is for Linux"])
def test_without_a_sandbox_it_refuses_and_says_what_to_do(monkeypatch, tmp_path, capsys, why):
    monkeypatch.setattr(supervisor, "missing", lambda: why)
    assert main([str(tmp_path), "--out", str(tmp_path / "o.csv")]) == 2
    told = capsys.readouterr().err
    assert (
        f"away from your files{why}." in told
        and "apt install bubblewrap" in told
        and "docker run" in told
        and "--unsafe" in told
    )
    assert not (tmp_path / "o.csv").exists()


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (["z = x + 1"], 4),
        (["z = x + 1", "x = 5"], 6),
        (["import nothing", "z = x + 1"], 4),
        (["z = asked"], None),
    ],
)
def test_what_a_notebook_lost_of_its_exercise_is_lent_and_no_answer(monkeypatch, source, value):
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    lent = types.SimpleNamespace(__import__=__import__)
    monkeypatch.setattr(worker, "builtins", lent)
    job = {"cells": source, "skip_cells": [], "cell_seconds": 5, "asked": ["asked"]}
    student = worker.Student()
    student.names["__builtins__"] = vars(lent)
    worker.run_cells(job | {"given": ["x = 3", "asked = y = 2"]}, student, lambda told: None)
    assert student.names.get("z") == value


def test_nothing_of_the_grader_is_in_the_sandbox():
    command = Sandbox().command(3)
    shown = [command[n + 1] for n, word in enumerate(command) if word == "--ro-bind"]
    assert str(ROOT) not in shown and str(ROOT / "nflib") in shown
    assert "--share-net" not in command and "--bind" not in command
