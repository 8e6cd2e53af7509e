"""Grade a class: every notebook of a folder, each in a sandbox of its own.

    python -m tools.grading SUBMISSIONS --out grades.csv [--jobs 4] [--exercise 03]
    python -m tools.grading --merge a.csv b.csv --out all.csv

It writes a CSV with a row for each submission and, in a folder of the CSV's name, a page for each
student. A run that was killed goes on where it was: what is graded already is not graded again
unless the file, nflib or this tool changed.
"""

from __future__ import annotations

import argparse
import hashlib
import queue
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from nflib.course.language import LANGUAGES
from nflib.training.progress_bar import Progress
from tools.grading import report, table
from tools.grading import supervisor as process
from tools.grading.marking import mark
from tools.grading.messages import INSTALL, NOTES, UNSAFE
from tools.grading.notebook import Unreadable, course
from tools.grading.records import Records, version
from tools.grading.sandbox import Limits, Sandbox, missing
from tools.grading.submissions import Found, read, submissions


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
    if asked.submissions is None or not asked.submissions.is_dir():
        print(f"error: {asked.submissions or 'SUBMISSIONS'} is not a folder", file=sys.stderr)
        return 2
    exercise = f"e{asked.exercise:02d}" if asked.exercise else ""
    if asked.out.suffix != ".csv" or asked.out.with_suffix("").resolve() in (
        folder := asked.submissions.resolve(),
        *folder.parents,
    ):
        print(
            f"error: --out {asked.out}: a name that ends in .csv, and whose folder of reports "
            f"({asked.out.with_suffix('')}) is not that of the submissions",
            file=sys.stderr,
        )
        return 2
    if exercise and exercise not in course():
        print(f"error: there is no exercise {asked.exercise:02d}", file=sys.stderr)
        return 2
    sandbox = usable(asked.unsafe)
    if sandbox is None:
        return 2
    limits = Limits(seconds=asked.seconds, memory=asked.memory)
    found = submissions(asked.submissions, asked.names)
    records = grade(found, asked.out, sandbox, limits, exercise=exercise, jobs=asked.jobs)
    table.save(asked.out, [table.row(each, asked.lang) for each in records])
    report.save(asked.out.with_suffix(""), records, asked.lang)
    odd = sum(not each["exercise"] for each in records)
    print(f"{asked.out}: {len(records)} submissions, {odd} that could not be graded")
    return 0


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.grading", description=__doc__, epilog=UNSAFE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = parser.add_argument
    add("submissions", type=Path, nargs="?", metavar="SUBMISSIONS", help="folder of notebooks")
    add("--out", type=Path, required=True, metavar="CSV", help="the table; reports go beside it")
    add("--jobs", type=int, default=2, metavar="N", help="how many at a time (2)")
    add("--exercise", type=int, metavar="NN", help="grade only this one; others get a reason")
    add("--lang", choices=LANGUAGES, default="es", help="of the CSV, and of unclear notebooks")
    add("--names", choices=("folder", "file"), default="folder", help="where a name comes from")
    add("--seconds", type=int, default=Limits.seconds, help="for one submission")
    add("--memory", type=int, default=Limits.memory, help="for one submission, in MB")
    add("--merge", type=Path, nargs="+", metavar="CSV", help="join tables instead of grading")
    add("--unsafe", action="store_true", help="grade without a sandbox: see the end")
    return parser


def usable(unsafe: bool) -> Sandbox | None:
    """A sandbox that works on this machine; None, and why, if there is none."""
    if unsafe:
        print(UNSAFE, file=sys.stderr)
        return Sandbox(safe=False)
    why = missing()
    if not why:
        for own_user in (True, False):
            sandbox = Sandbox(own_user=own_user)
            if not (why := try_out(sandbox)):
                return sandbox
    told = {"linux": ", which is for Linux", "bwrap": ": it is not installed"}
    print(INSTALL.format(why=told.get(why, f":\n  {why}")), file=sys.stderr)
    return None


def try_out(sandbox: Sandbox) -> str:
    """Run a worker on nothing; what it says if it fails."""
    import json

    job = {"cells": [], "keys": [], "skip_cells": [], "nonce": "", "user": sandbox.user(0)}
    job |= {"limits": Limits().resources(), "cell_seconds": 9, "question_seconds": 9}
    ended = process.run(sandbox, json.dumps(job).encode(), Limits(seconds=60))
    if any(b'"done"' in line for line in ended.lines):
        return ""
    return ended.output.decode("utf-8", "replace").strip()[-600:] or f"exit {ended.status}"


def grade(
    found: list[Found],
    out: Path,
    sandbox: Sandbox,
    limits: Limits,
    *,
    exercise: str = "",
    jobs: int = 2,
    silent: bool = False,
) -> list[dict[str, Any]]:
    """The records of all submissions; each is on disk as soon as it is there."""
    store, now = Records(out.with_suffix("") / ".records"), version()
    asked = f"{exercise}|{limits}|{sandbox.safe}"
    done = {each.name: store.get(each.name, **_same(each, now, asked)) for each in found}
    todo = [each for each in found if done[each.name] is None]
    slots: queue.SimpleQueue[int] = queue.SimpleQueue()
    for slot in range(jobs):
        slots.put(slot)

    def one(each: Found) -> dict[str, Any]:
        slot = slots.get()
        try:
            record = mark(each, sandbox, limits, now, exercise, slot)
        finally:
            slots.put(slot)
        if not sandbox.safe:
            record["notes"].append(list(NOTES["unsafe"]))
        store.put(record | {"asked": asked})
        return record

    progress = Progress(len(found), len(found) - len(todo), silent)
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(one, each) for each in todo]
        try:
            for count, future in enumerate(as_completed(futures), len(found) - len(todo) + 1):
                record = future.result()
                done[record["file"]] = record
                progress.advance()
                progress.show(count, record["student"][:20])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            progress.close()
    return [record for each in found if (record := done[each.name])]


def _same(each: Found, now: str, asked: str) -> dict[str, str]:
    try:
        sha = hashlib.sha256(read(each.path)).hexdigest()
    except Unreadable:
        sha = ""
    return {"sha256": sha, "nflib": now, "asked": asked, "student": each.student}


if __name__ == "__main__":
    sys.exit(main())
