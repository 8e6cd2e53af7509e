"""The CSV of a class, and several of them joined into one."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from tools.grading.messages import WORD, say
from tools.grading.notebook import course
from tools.grading.records import write

FIRST = ["student", "file", "exercise"]
LAST = ["total", "maximum", "note", "seconds", "nflib", "sha256"]


class Conflict(Exception):
    """Rows of the same file that differ."""


def row(record: dict[str, Any], lang: str) -> dict[str, Any]:
    """One line of the CSV."""
    points = course().get(record["exercise"], {})
    cells: dict[str, Any] = {name: record[name] for name in (*FIRST, "seconds", "nflib", "sha256")}
    for key, most in points.items():
        result = record["questions"].get(key, {"verdict": "error", "step": "not graded"})
        cells[key] = most if result["verdict"] == "pass" else 0
        cells[f"{key} reason"] = reason(result, lang)
    cells["total"], cells["maximum"] = total(record), sum(points.values()) or ""
    cells["note"] = "; ".join(say(note, lang) for note in record["notes"])
    return cells


def total(record: dict[str, Any]) -> int:
    """The points of a submission."""
    points = course().get(record["exercise"], {})
    results = record["questions"]
    return sum(n for k, n in points.items() if results.get(k, {}).get("verdict") == "pass")


def reason(result: dict[str, Any], lang: str) -> str:
    """Verdict and step, ``"fail: joint"``."""
    word, step = say(WORD[result["verdict"]], lang), result.get("step")
    return f"{word}: {step}" if step and result["verdict"] not in ("pass", "pending") else word


def save(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write the rows, ordered by student and file, with a column for each question."""
    asked = sorted({name for each in rows for name in each} - set(FIRST) - set(LAST))
    text = io.StringIO()
    writer = csv.DictWriter(text, [*FIRST, *asked, *LAST], restval="", lineterminator="\n")
    writer.writeheader()
    for each in sorted(rows, key=lambda each: (each["student"], each["file"])):
        writer.writerow({name: _safe(value) for name, value in each.items()})
    write(path, text.getvalue())


def _safe(value: Any) -> Any:
    """A text that no spreadsheet takes for a formula, on one line."""
    if not isinstance(value, str):
        return value
    value = " ".join(value.split())
    return f"'{value}" if value[:1] in ("=", "+", "-", "@") else value


def merge(paths: list[Path], out: Path) -> int:
    """Join CSVs of several machines; the number of rows. `Conflict` if two of one file differ in more than the time."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    problems = []
    for path in paths:
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if not set(FIRST + LAST) <= set(reader.fieldnames or ()):
                raise ValueError(f"{path}: not a table that this tool wrote")
            for each in reader:
                new = {name: value for name, value in each.items() if value != ""}
                new |= {name: each[name] or "" for name in FIRST + LAST}
                key = (new["student"], new["file"])
                old = rows.setdefault(key, new)
                differ = [n for n in sorted({*old, *new}) if old.get(n) != new.get(n)]
                if set(differ) - {"seconds"}:
                    problems.append(f"{path}: {key[1]} ({key[0]}): {', '.join(differ)}")
    if problems:
        raise Conflict("\n".join(problems))
    save(out, list(rows.values()))
    return len(rows)
