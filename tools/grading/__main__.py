"""Grade a class: every notebook of a folder, each in a sandbox of its own.

    python -m tools.grading SUBMISSIONS --out grades.csv [--jobs 4] [--exercise 03]
    python -m tools.grading --merge a.csv b.csv --out all.csv

It writes a CSV with a row for each submission, a page for each student in a folder of the CSV's name, a page about
the class, and for Moodle and Canvas their own files filled in and a zip of the students' pages. What a lecturer writes
into the columns ``mark`` and ``comment`` survives the next run, and goes to the platform in place of the total. A run
that was killed goes on where it was: what is graded already is not graded again unless the file, nflib or this tool
changed.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path

from tools.course import EDITIONS
from tools.grading import classroom, platforms, report, table
from tools.grading.grade import grade_all
from tools.grading.messages import TEXTS
from tools.grading.notebook import course
from tools.grading.sandbox import Limits
from tools.grading.submissions import Submission, submissions, unpack
from tools.grading.supervisor import usable


def main(arguments: list[str] | None = None) -> int:
    """The command; its exit status."""
    asked = parser().parse_args(arguments)
    if asked.merge:
        try:
            count = table.merge(asked.merge, asked.out)
        except (ValueError, OSError) as error:
            print(f"error: nothing was merged:\n{error}", file=sys.stderr)
            return 1
        print(f"{asked.out}: {count} rows from {len(asked.merge)} tables")
        return 0
    if wrong := fault(asked.submissions, asked.out):
        parser().error(wrong)
    if (sandbox := usable(asked.unsafe)) is None:
        return 2
    limits = Limits(seconds=asked.seconds, memory=asked.memory)
    with tempfile.TemporaryDirectory() as unpacked:
        folder = asked.submissions
        try:
            if folder.is_file():
                unpack(folder, folder := Path(unpacked))
            found = submissions(folder, asked.names)
            choice = {"exercise": asked.exercise, "student": asked.student, "again": asked.again}
            records = grade_all(found, asked.out, sandbox, limits, jobs=asked.jobs, **choice)
            write_all(asked, found, records)
        except (ValueError, OSError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    odd = sum(not each["exercise"] for each in records)
    texts = sum(table.credit(each, key) is None for each in records for key in table.texts(each))
    print(f"{asked.out}: {len(records)} submissions, {odd} that could not be graded")
    print(f"{texts} texts to mark, each in its question's column")
    return 0


def write_all(asked: argparse.Namespace, found: list[Submission], records: list[dict]) -> None:
    """Write the table, a page a student, the class's page, and what the platforms take."""
    dates = {submission.name: submission.date for submission in found}
    for record in records:
        late = (dates[record["file"]] - asked.due.timestamp()) / 86400 if asked.due else 0
        record |= {"partial": asked.partial, "late": math.ceil(late) if late > 0 else ""}
    table.keep_own(asked.out, records)
    rows, folder = [table.row(each, asked.lang) for each in records], asked.out.with_suffix("")
    table.save(asked.out, rows)
    report.save(folder, records, asked.lang)
    absent: list[str] = []
    for form, name in ((asked.moodle, "moodle"), (asked.canvas, "canvas")):
        if form:
            column = asked.column if name == "canvas" else ""
            absent += platforms.fill(form, rows, Path(f"{folder}-{name}.csv"), column)
    if any(record["number"] for record in records):
        platforms.feedback(folder, records, Path(f"{folder}-feedback.zip"))
    classroom.save(Path(f"{folder}-class.html"), records, absent, asked.lang)


def fault(folder: Path | None, out: Path) -> str:
    """Say what is wrong with the arguments; empty if nothing is."""
    if folder is None or not (folder.is_dir() or zipfile.is_zipfile(folder)):
        return f"{folder or 'SUBMISSIONS'} is not a folder, nor a zip"
    reports = out.with_suffix("")
    if out.suffix != ".csv" or reports.resolve() in (folder.resolve(), *folder.resolve().parents):
        return (
            f"--out {out}: a name that ends in .csv, and whose folder of reports ({reports}) "
            "is not that of the submissions"
        )
    return ""


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.grading", description=__doc__, epilog=TEXTS["command"]["unsafe"],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = parser.add_argument
    add("submissions", type=Path, nargs="?", metavar="SUBMISSIONS", help="folder or zip")
    add("--out", type=Path, required=True, metavar="CSV", help="the table; reports go beside it")
    add("--jobs", type=int, default=2, metavar="N", help="how many at a time (2)")
    number = lambda text: text and f"e{int(text):02}"
    add("--exercise", type=number, choices=list(course()), default="", metavar="NN",
        help="grade only this one; others get a reason")  # fmt: skip
    add("--lang", choices=EDITIONS, default="es", help="of the CSV, and of unclear notebooks")
    add("--partial", action="store_true", help="points for the steps before the one that fails")
    add("--due", type=datetime.fromisoformat, metavar="DATE", help="as 2026-12-01T23:59: days late")
    add("--student", default="", metavar="WHO", help="grade only this name or number now")
    add("--again", action="store_true", help="grade anew what was graded already")
    add("--moodle", type=Path, metavar="CSV", help="Moodle's grading worksheet, to be filled in")
    add("--canvas", type=Path, metavar="CSV", help="Canvas's gradebook, to be filled in")
    add("--column", default="", metavar="NAME", help="the assignment's column in that gradebook")
    add("--names", choices=("folder", "file"), default="folder", help="where a name comes from")
    add("--seconds", type=int, default=Limits.seconds, help="for one submission")
    add("--memory", type=int, default=Limits.memory, help="for one submission, in MB")
    add("--merge", type=Path, nargs="+", metavar="CSV", help="join tables instead of grading")
    add("--unsafe", action="store_true", help="grade without a sandbox: see the end")
    return parser


if __name__ == "__main__":
    sys.exit(main())
