"""Marks back to where the submissions came from: Moodle's grading worksheet, Canvas's gradebook, a zip of reports.

A platform's own file is the form: it is filled in by the student's number and written again, with nothing else changed.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from tools.grading import report, table
from tools.grading.records import write

# Columns by the names that they have in Spanish and in English
NUMBER = re.compile(r"identificador|identifier|id", re.I)
MARK = re.compile(r"calificaci[oó]n|grade", re.I)
COMMENT = re.compile(r"comentarios.*|feedback comments", re.I)
STUDENT = re.compile(r"nombre completo|full name|student", re.I)


def fill(form: Path, rows: list[dict[str, Any]], out: Path, column: str = "") -> list[str]:
    """Fill in a platform's file; return who is in it and handed in nothing.

    Args:
        form: the grading worksheet that Moodle exports, or the gradebook that Canvas does.
        column: the beginning of the name of the assignment's column, for Canvas.

    Raises:
        ValueError: if a column is missing.
    """
    with open(form, encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    head = lines[0] if lines else []
    number, student = _find(form, head, NUMBER), _find(form, head, STUDENT)
    mark = _find(form, head, re.compile(f"{re.escape(column)}.*") if column else MARK)
    comment = next((n for n, name in enumerate(head) if COMMENT.fullmatch(name)), None)
    marks: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in rows:
        marks[str(each["number"])].append(each)
    absent = []
    for line in lines[1:]:
        digits = "".join(re.findall(r"\d+", line[number])[-1:])
        if theirs := marks.get(digits) if digits else None:
            line[mark] = f"{round(sum(_mark(each) for each in theirs), 2):g}"
            if comment is not None:
                line[comment] = "; ".join(str(e["comment"]) for e in theirs if e["comment"])
        elif digits:
            absent.append(line[student])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([head, *lines[1:]])
    write(out, "\ufeff" + text.getvalue())
    return absent


def feedback(folder: Path, records: list[dict[str, Any]], out: Path) -> None:
    """Put each student's report into a zip, in the folder in which Moodle gave the submission."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for place in sorted(
            {(r["file"].split("/")[0], r["student"], r["number"]) for r in records}
        ):
            top, *who = place
            page = (folder / report.file_name(*who)).read_text(encoding="utf-8")
            archive.writestr(f"{top.removesuffix('.ipynb')}/feedback.html", page)


def _mark(row: dict[str, Any]) -> float:
    """The lecturer's mark if there is one, or else the total."""
    given = str(row["mark"] or row["total"] or 0).replace(",", ".")
    try:
        return float(given)
    except ValueError as error:
        who = " ".join(table.identity(row))
        raise ValueError(f"{who}: mark: expected a number, got {given!r}") from error


def _find(form: Path, head: list[str], wanted: re.Pattern) -> int:
    for n, name in enumerate(head):
        if wanted.fullmatch(name):
            return n
    raise ValueError(f"{form}: no column like «{wanted.pattern}» in {', '.join(head)}")
