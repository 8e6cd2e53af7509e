"""What a lecturer with a class needs: zips, marks that survive, platforms' files, a page about the class."""

import csv
import os
import time
import zipfile

import pytest

from tests.grading.synthetic_class import notebook
from tools.grading import classroom, platforms, report, table
from tools.grading.__main__ import parser, write_all
from tools.grading.notebook import course
from tools.grading.submissions import submissions, unpack

KEYS = list(course()["e03"])
TITLE, HINT = ["el paso", "the step"], ["¿y `x`?", "and `x`?"]


def record(student, number="", passed=(), progress="3/5", **more):
    """A record of exercise 3 in which some questions passed."""
    wrong = {"verdict": "fail", "step": "s", "title": TITLE, "message": HINT, "hint": HINT}
    questions = {key: {**wrong, "line": ["", ""], "progress": progress} for key in KEYS}
    questions |= {KEYS[n]: {"verdict": "pass", "title": ["", ""]} for n in passed}
    place = f"{student}_{number}_assignsubmission_file_/x.ipynb" if number else f"{student}/x.ipynb"
    made = {"student": student, "number": number, "file": place, "exercise": "e03", "lang": "es"}
    made |= {"questions": questions, "notes": [], "seconds": 1.0, "nflib": "1", "sha256": "f"}
    return made | more


def rows(path):
    return list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))


def test_a_zip_is_unpacked_with_its_dates_and_stays_inside(tmp_path):
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        info = zipfile.ZipInfo("Ana Paz_1_assignsubmission_file_/x.ipynb", (2026, 11, 1, 10, 0, 0))
        archive.writestr(info, "{}")
        archive.writestr("../../evil.ipynb", "{}")
    unpack(tmp_path / "class.zip", tmp_path / "in/here")
    found = {each.student: each for each in submissions(tmp_path / "in/here")}
    assert time.localtime(found["Ana Paz"].date)[:4] == (2026, 11, 1, 10)
    assert set(found) == {"Ana Paz", "evil"} and not list(tmp_path.glob("*.ipynb"))
    (tmp_path / "no.zip").write_text("x")
    with pytest.raises(ValueError, match=r"no\.zip"):
        unpack(tmp_path / "no.zip", tmp_path / "in")


def test_two_students_of_one_name_have_a_page_each(tmp_path):
    report.save(tmp_path, [record("Ana", "1", passed=[0]), record("Ana", "2")], "es")
    assert len(list(tmp_path.glob("*.html"))) == 2


@pytest.mark.parametrize("text", ["=1+1", ";=cmd|' /C calc'!A0;", "a,\t@x", 'say "-2"', "x;  +3"])
def test_no_text_becomes_a_formula_however_it_is_split(text):
    for separator in (None, ";", ",", "\t", "|"):
        for part in table.safe(text).replace('"', separator or '"').split(separator or "\0"):
            assert not part.strip().startswith(("=", "+", "-", "@")), part


def test_partial_credit_is_that_of_the_steps_before(tmp_path):
    most = course()["e03"][KEYS[1]]
    made = record("ana", passed=[0], partial=True)
    assert table.credit(made, KEYS[0]) == course()["e03"][KEYS[0]]
    assert table.credit(made, KEYS[1]) == round(most * 2 / 5, 2)
    assert table.credit(made | {"partial": False}, KEYS[1]) == 0


def test_marks_comments_and_late_days_survive_and_reach_the_platforms(tmp_path):
    place = tmp_path / "in/Ana Paz_1018_assignsubmission_file_"
    place.mkdir(parents=True)
    (place / "x.ipynb").write_text("{}")
    os.utime(place / "x.ipynb", (1_780_000_000, 1_780_000_000))
    found = submissions(tmp_path / "in")
    moodle, canvas = tmp_path / "moodle.csv", tmp_path / "canvas.csv"
    moodle.write_text(
        "\ufeffIdentificador,Nombre completo,Calificación,Comentarios de retroalimentación\n"
        "Participante 1018,Ana Paz,,\nParticipante 1019,Eva Sosa,,\n",
        encoding="utf-8",
    )
    canvas.write_text("Student,ID,Exercise 3 (55)\nPaz,1018,\nSosa,1019,\n", encoding="utf-8")
    due = time.strftime("%Y-%m-%dT%H:%M", time.localtime(1_780_000_000 - 90_000))
    words = [str(tmp_path / "in"), "--out", str(tmp_path / "g.csv"), "--due", due]
    words += ["--moodle", str(moodle), "--canvas", str(canvas), "--column", "Exercise 3"]
    asked = parser().parse_args(words)
    made = [record("Ana Paz", "1018", passed=[0])]
    write_all(asked, found, made)
    head, line = rows(tmp_path / "g.csv")
    assert line[head.index("late")] == "2" and rows(tmp_path / "g-moodle.csv")[1][2] == "2"
    line[head.index("mark")], line[head.index("comment")] = "7,5", "muy bien; hable conmigo"
    with open(tmp_path / "g.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(
            [head, line]
        )  # as a spreadsheet in Spanish saves it
    write_all(asked, found, made)
    filled = rows(tmp_path / "g-moodle.csv")
    assert filled[1] == ["Participante 1018", "Ana Paz", "7.5", "muy bien; hable conmigo"]
    assert filled[2] == ["Participante 1019", "Eva Sosa", "", ""]
    assert rows(tmp_path / "g-canvas.csv")[1:] == [["Paz", "1018", "7.5"], ["Sosa", "1019", ""]]
    with zipfile.ZipFile(tmp_path / "g-feedback.zip") as archive:
        assert archive.namelist() == ["Ana Paz_1018_assignsubmission_file_/feedback.html"]
    page = (tmp_path / "g-class.html").read_text(encoding="utf-8")
    assert "Eva Sosa" in page and "el paso (1)" in page


def test_a_form_without_the_column_is_refused(tmp_path):
    (tmp_path / "f.csv").write_text("Name,ID\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no column like"):
        platforms.fill(tmp_path / "f.csv", [], tmp_path / "o.csv")


def test_a_question_that_tells_who_knows_correlates_with_the_others():
    good, bad = record("a", passed=[0, 1, 2, 3]), record("b")
    told = classroom.question([good, good, bad, bad], KEYS[0])
    assert (told["solved"], told["discrimination"]) == (0.5, pytest.approx(1))
    assert told["step"] == (tuple(TITLE), 2) and told["wrong"] == ((tuple(TITLE), tuple(HINT)), 2)
    odd = record("c", passed=[0]), record("d", passed=[1, 2, 3])
    assert classroom.question([*odd], KEYS[0])["discrimination"] == pytest.approx(-1)
    assert classroom.question([good, good], KEYS[0])["discrimination"] is None


def test_near_equal_answers_are_paired_and_the_statement_is_not_counted():
    source = ["".join(c["source"]) for c in notebook("03")["cells"] if c["cell_type"] == "code"]
    own = [f"def helper_{n}(a, b):\n    return {n} * a - b / {n + 1} + a ** {n}" for n in range(9)]
    made = [record(f"s{n}", pieces=classroom.pieces([*source, own[n]])) for n in range(8)]
    copied = record("copier", pieces=classroom.pieces([*source, f"# mine\n{own[3]}  # too"]))
    assert [pair[1:] for pair in classroom.alike([*made, copied])] == [("s3", "copier")]
    assert classroom.alike(made) == []
