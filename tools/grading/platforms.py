"""Marks back to where the submissions came from: Moodle's grading worksheet, Canvas's gradebook, a zip of reports.

A platform's own file is the form: it is filled in by the student's number and written again, with nothing else changed.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from tools.grading import report, table

# Columns by the names that they have in Spanish and in English
NUMBER = re.compile(r"identificador|identifier|id", re.I)
MARK = re.compile(r"calificaci[oó]n|grade", re.I)
MOST = re.compile(r"calificaci[oó]n m[aá]xima|maximum grade", re.I)
COMMENT = re.compile(r"comentarios.*|feedback comments", re.I)
STUDENT = re.compile(r"nombre completo|full name|student", re.I)


def fill(form: Path, rows: list[dict[str, Any]], out: Path, column: str = "") -> list[str]:
    """Fill in a platform's file; return who is in it and handed in nothing.

    Args:
        form: the grading worksheet that Moodle exports, or the gradebook that Canvas does.
        column: the beginning of the name of the assignment's column, for Canvas.

    Raises:
        ValueError: if a column is missing, or a mark is above the platform's maximum, which Moodle would skip.
    """
    with open(form, encoding="utf-8-sig", newline="") as file:
        lines = [line for line in csv.reader(file) if line]
    head = lines[0] if lines else []
    wanted = re.compile(f"{re.escape(column)}.*") if column else MARK
    number, student, mark, most, comment = (
        next((n for n, name in enumerate(head) if each.fullmatch(name)), None)
        for each in (NUMBER, STUDENT, wanted, MOST, COMMENT)
    )
    if number is None or mark is None:
        lacking = NUMBER if number is None else wanted
        raise ValueError(f"{form}: no column like «{lacking.pattern}» in {', '.join(head)}")
    marks: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in rows:
        marks[str(each["number"])].append(each)
    absent, above = [], []
    for line in lines[1:]:
        digits = "".join(re.findall(r"\d+", line[number])[-1:])
        if theirs := marks.get(digits) if digits else None:
            if not any(each["mark"] or each["exercise"] for each in theirs):
                continue  # nothing that was graded: no mark, until a person gives one
            value = sum(table.typed(str(each["mark"] or each["total"])) or 0 for each in theirs)
            line[mark] = f"{round(value, 2):g}"
            if most is not None and value > (table.typed(line[most].strip("-")) or value):
                above.append(f"{theirs[0]['student']} {digits}: {line[mark]} of {line[most]}")
            told = "; ".join(str(each["comment"]) for each in theirs if each["comment"])
            if comment is not None and told:
                line[comment] = told
        elif digits:
            absent.append(f"{line[student]} {digits}" if student is not None else line[number])
    if above:
        raise ValueError(f"{form}: marks above the maximum:\n" + "\n".join(above))
    table.write_csv(out, lines)
    return absent


def feedback(folder: Path, records: list[dict[str, Any]], out: Path) -> None:
    """Put each student's report into a zip, in the folder in which Moodle gave the submission."""
    places = {(each["file"].split("/")[0], each["student"], each["number"]) for each in records}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for top, *who in sorted(places):
            page = (folder / report.file_name(*who)).read_text(encoding="utf-8")
            archive.writestr(f"{top.removesuffix('.ipynb')}/feedback.html", page)
