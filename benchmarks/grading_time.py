"""Grade a class of made-up students: how long it takes, and how much memory.

    python -m benchmarks.grading_time [--students 300] [--jobs 2]

Students are mutations of the solutions: all right, one answer wrong, one missing, none, broken
files, endless loops. What each should get is known, and compared.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from random import Random

from tools.course import ROOT
from tools.grading import table
from tools.grading.grade import grade_all
from tools.grading.sandbox import Limits
from tools.grading.submissions import submissions
from tools.grading.supervisor import usable

KINDS = ["right"] * 8 + ["wrong"] * 5 + ["missing"] * 2 + ["unsolved"] * 2 + ["raises", "broken"]
ENDLESS = 50  # one student in so many


def submission(chance: Random, number: int) -> tuple[bytes, int]:
    """A student's file and the points that it should get."""
    exercise, lang = chance.choice(["01", "02", "03", "04"]), chance.choice(["es", "en"])
    kind = "endless" if number % ENDLESS == ENDLESS - 1 else chance.choice(KINDS)
    made = notebook("exercises" if kind == "unsolved" else "solutions", lang, exercise)
    marks = [cell["metadata"].get("nbgrader", {}) for cell in made["cells"]]
    answers = [n for n, mark in enumerate(marks) if mark.get("solution")]
    points = {mark["grade_id"][:6]: mark["points"] for mark in marks if mark.get("grade")}
    total, place = sum(points.values()), chance.choice(answers)
    lost = points[marks[place]["grade_id"]]
    source = made["cells"][place]["source"]
    text = "".join(source)
    student = f"# student {number}\n"
    names = [line[4:].partition("(")[0] for line in text.splitlines() if line.startswith("def ")]
    if kind == "wrong":
        made["cells"][place]["source"] = text + f"\n\ndef {names[-1]}(*arguments): return 0.123"
    elif kind == "raises":
        made["cells"][place]["source"] = text + f"\n\ndef {names[-1]}(*arguments): return 1 / 0"
    elif kind == "endless":
        loop = "\n    while True: pass"
        made["cells"][place]["source"] = text + f"\n\ndef {names[-1]}(*arguments):{loop}"
    elif kind == "missing":
        del made["cells"][place]
    made["cells"][0]["source"] = [student, *made["cells"][0]["source"]]
    data = json.dumps(made).encode()
    if kind == "broken":
        return data[: len(data) // 2], 0
    return data, {"right": total, "unsolved": 0}.get(kind, total - lost)


def notebook(folder: str, lang: str, exercise: str) -> dict:
    (path,) = (ROOT / folder / lang).glob(f"{exercise}-*.ipynb")
    return copy.deepcopy(json.loads(path.read_text(encoding="utf-8")))


def available() -> int:
    """Bytes of memory that the machine has left."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    box, chance, expected = usable(unsafe=False), Random(0), {}
    if box is None:
        return 2
    with tempfile.TemporaryDirectory() as top:
        for number in range(asked.students):
            path = Path(top, "in", f"student-{number:03d}", "exercise.ipynb")
            path.parent.mkdir(parents=True)
            data, expected[path.parent.name] = submission(chance, number)
            path.write_bytes(data)
        start, least, before, over = time.monotonic(), available(), available(), threading.Event()

        def look() -> None:
            nonlocal least
            while not over.wait(0.5):
                least = min(least, available())

        watch = threading.Thread(target=look)
        watch.start()
        found = submissions(Path(top, "in"))
        limits = Limits(cell=10, question=10)
        records = grade_all(found, Path(top, "out.csv"), box, limits, jobs=asked.jobs)
        seconds = time.monotonic() - start
        over.set()
        watch.join()
    wrong = [each for each in records if table.total(each) != expected[each["student"]]]
    for each in wrong:
        print(each["student"], table.total(each), expected[each["student"]], each["notes"])
    most = max(each["memory"] for each in records)
    print(f"{len(records)} submissions, {asked.jobs} at a time: {seconds:.0f} s")
    print(f"{seconds / len(records):.2f} s a submission; {len(wrong)} not as expected")
    print(f"memory: {most / 2**20:.0f} MB the largest, {(before - least) / 2**20:.0f} MB together")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
