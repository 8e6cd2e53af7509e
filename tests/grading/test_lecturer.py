"""What a lecturer with a class needs: zips, marks that survive, platforms' files, a page about the class."""

import csv
import os
import time
import zipfile

import pytest

from tests.grading.synthetic_class import full, moodle, notebook
from tools.grading import classroom, platforms, report, table
from tools.grading.__main__ import main, parser, write_all
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


# --- texts that a person marks, data of one's own --------------------------------------------------


def paper(student, number="", text="a proof", **more):
    """A record with a text to be marked in its last question."""
    made = record(student, number, **more)
    told = {"verdict": "paper", "title": ["", ""], "message": ["", ""], "given": text}
    made["questions"][KEYS[-1]] = told
    return made


def type_in(path, **cells):
    """Write into the table as a spreadsheet of a Spanish lecturer does."""
    head, *lines = rows(path)
    for line in lines:
        for name, text in cells.items():
            line[head.index(name.replace("_", "."))] = text
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows([head, *lines])


def test_points_of_a_text_survive_and_count(tmp_path):
    out = tmp_path / "g.csv"
    made = [paper("Ana", "1", passed=[0])]
    table.save(out, [table.row(made[0], "es")])
    assert dict(zip(*rows(out), strict=True))["e03.q6"] == ""
    type_in(out, e03_q6=" 2,5 ", comment="bien")
    for _ in range(2):
        table.keep_own(out, made)
        row = table.row(made[0], "es")
        table.save(out, [row])
        assert (row["e03.q6"], row["total"], row["comment"]) == (2.5, 4.5, "bien")
    form = tmp_path / "f.csv"
    form.write_text("Identifier,Full name,Grade,Maximum Grade,Feedback comments\nP 1,Ana,,14.00,\n")
    platforms.fill(form, [row], tmp_path / "m.csv")
    assert rows(tmp_path / "m.csv")[1] == ["P 1", "Ana", "4.5", "14.00", "bien"]
    page = report.page("Ana", made, "es")
    assert "2.5 de 3" in page and "De su docente: bien" in page and "4.5 de" in page


@pytest.mark.parametrize("text", ["3,5", "-1", "nan", "inf", "dos", "2/3", "1.234,5"])
def test_a_mark_that_is_none_is_told_and_nothing_is_written(tmp_path, text):
    out, made = tmp_path / "g.csv", [paper("Ana", "1")]
    table.save(out, [table.row(made[0], "es")])
    type_in(out, e03_q6=text)
    before = out.read_bytes()
    with pytest.raises(ValueError, match=r"Ana 1 .*: e03\.q6: a number from 0 to 3"):
        table.keep_own(out, made)
    assert out.read_bytes() == before


def test_marks_of_a_file_that_is_gone_or_changed_are_told(tmp_path):
    out, made = tmp_path / "g.csv", [paper("Ana", "1")]
    table.save(out, [table.row(made[0], "es")])
    type_in(out, e03_q6="2")
    table.keep_own(out, changed := [paper("Ana", "1", sha256="another")])
    assert "look at the mark again" in table.row(changed[0], "en")["note"]
    with pytest.raises(ValueError, match="no longer among the submissions"):
        table.keep_own(out, [paper("Eva", "2")])


def test_a_mark_that_moodle_would_skip_is_told(tmp_path):
    (tmp_path / "f.csv").write_text("Identifier,Grade,Maximum Grade\nP 1,,10.00\nP 2,5,-\n")
    marked = [{"number": n, "student": "Ana", "mark": "12", "comment": ""} for n in "12"]
    with pytest.raises(ValueError, match=r"Ana 1: 12 of 10\.00$"):
        platforms.fill(tmp_path / "f.csv", marked, tmp_path / "o.csv")


def test_one_number_of_two_students_is_named(tmp_path):
    def wrote(number, *who):
        made = paper(*who)
        made["questions"][KEYS[4]] |= {"student": number}
        return made

    made = [wrote("20-01", "Ana", "1"), wrote("2001", "Eva", "2"), wrote("4", "Leo", "3")]
    made += [record("Ana", "4"), record("Ana", "5")]
    assert classroom.same(made) == [("2001", ["Ana 1", "Eva 2"]), ("4", ["Ana 4", "Leo 3"])]
    classroom.save(tmp_path / "c.html", made, [], "en")
    assert "<li>2001: Ana 1 · Eva 2</li>" in (tmp_path / "c.html").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.usefixtures("sandbox")
def test_a_class_is_graded_once_and_its_marks_reach_moodle(tmp_path):
    archive, form = moodle(tmp_path, 24)
    out = tmp_path / "g.csv"
    words = [str(archive), "--out", str(out), "--moodle", str(form), "--partial"]
    assert main(words) == 0
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "g/.records").iterdir()}
    head, *before = rows(out)
    assert len(before) == len(kept) == 24
    points = {line[1]: float(line[head.index("total")]) for line in before}
    assert max(points.values()) == full("02") > points["1000"] == full("03") > points["1016"] == 0
    type_in(out, e03_q6="2,5")
    assert main(words) == 0
    assert kept == {path: path.stat().st_mtime_ns for path in (tmp_path / "g/.records").iterdir()}
    asked, filled = rows(form), rows(tmp_path / "g-moodle.csv")
    assert [line[:4] + line[5:] for line in filled] == [line[:4] + line[5:] for line in asked]
    marks = {line[0].split()[1]: line[4] for line in filled[1:]}
    assert marks["1000"] == f"{points['1000'] + 2.5:g}" and marks["1016"] == "0"
    assert {n for n in marks if not marks[n]} == {"1004", "1005", "1009", "1014", "1024", "1025"}
    page = (tmp_path / "g-class.html").read_text(encoding="utf-8")
    for told in (
        "200020: Julia",
        "1003: Dário García 1003 · Lucía Núñez 1022",
        "Ana de los Ríos 1024",
    ):
        assert told in page
    assert "Julia Núñez 1020 · Kiara Núñez 1021: 100" in page and "<script" not in page
