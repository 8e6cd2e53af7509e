"""Grade a class: every notebook of a folder, each in a sandbox of its own.

    python -m tools.grading SUBMISSIONS --out grades.csv [--jobs 4] [--exercise 03]
    python -m tools.grading --merge a.csv b.csv --out all.csv

It writes a CSV with a row for each submission and, in a folder of the CSV's name, a page for each
student. A run that was killed goes on where it was: what is graded already is not graded again
unless the file, nflib or this tool changed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.course import EDITIONS
from tools.grading import report, table
from tools.grading.grade import grade_all
from tools.grading.messages import TEXTS
from tools.grading.notebook import course
from tools.grading.sandbox import Limits
from tools.grading.submissions import submissions
from tools.grading.supervisor import usable


def main(arguments: list[str] | None = None) -> int:
    """The command; its exit status."""
    asked = parser().parse_args(arguments)
    if asked.merge:
        try:
            count = table.merge(asked.merge, asked.out)
        except (table.Conflict, ValueError, OSError) as error:
            print(f"error: nothing was merged:\n{error}", file=sys.stderr)
            return 1
        print(f"{asked.out}: {count} rows from {len(asked.merge)} tables")
        return 0
    exercise = f"e{asked.exercise:02d}" if asked.exercise else ""
    if wrong := fault(asked.submissions, asked.out, exercise):
        print(f"error: {wrong}", file=sys.stderr)
        return 2
    if (sandbox := usable(asked.unsafe)) is None:
        return 2
    limits = Limits(seconds=asked.seconds, memory=asked.memory)
    found = submissions(asked.submissions, asked.names)
    records = grade_all(found, asked.out, sandbox, limits, exercise=exercise, jobs=asked.jobs)
    table.save(asked.out, [table.row(each, asked.lang) for each in records])
    report.save(asked.out.with_suffix(""), records, asked.lang)
    odd = sum(not each["exercise"] for each in records)
    print(f"{asked.out}: {len(records)} submissions, {odd} that could not be graded")
    return 0


def fault(folder: Path | None, out: Path, exercise: str) -> str:
    """Say what is wrong with the arguments; empty if nothing is."""
    if folder is None or not folder.is_dir():
        return f"{folder or 'SUBMISSIONS'} is not a folder"
    reports = out.with_suffix("")
    if out.suffix != ".csv" or reports.resolve() in (folder.resolve(), *folder.resolve().parents):
        return (
            f"--out {out}: a name that ends in .csv, and whose folder of reports ({reports}) "
            "is not that of the submissions"
        )
    return f"there is no exercise {exercise[1:]}" if exercise and exercise not in course() else ""


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.grading", description=__doc__, epilog=TEXTS["command"]["unsafe"],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = parser.add_argument
    add("submissions", type=Path, nargs="?", metavar="SUBMISSIONS", help="folder of notebooks")
    add("--out", type=Path, required=True, metavar="CSV", help="the table; reports go beside it")
    add("--jobs", type=int, default=2, metavar="N", help="how many at a time (2)")
    add("--exercise", type=int, metavar="NN", help="grade only this one; others get a reason")
    add("--lang", choices=EDITIONS, default="es", help="of the CSV, and of unclear notebooks")
    add("--names", choices=("folder", "file"), default="folder", help="where a name comes from")
    add("--seconds", type=int, default=Limits.seconds, help="for one submission")
    add("--memory", type=int, default=Limits.memory, help="for one submission, in MB")
    add("--merge", type=Path, nargs="+", metavar="CSV", help="join tables instead of grading")
    add("--unsafe", action="store_true", help="grade without a sandbox: see the end")
    return parser


if __name__ == "__main__":
    sys.exit(main())
