"""One page about a class: what is hard, what goes wrong most often, who handed in nothing, whose answers are alike."""

from __future__ import annotations

import io
import statistics
import tokenize
import zlib
from collections import Counter, defaultdict
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

from nflib.course.check.variants import plain
from tools.grading.messages import TEXTS, say
from tools.grading.notebook import course
from tools.grading.records import write
from tools.grading.report import PAGES, text_in
from tools.grading.table import credit, texts, total

ALIKE = 0.85  # of the pieces that two notebooks have, those that they share
PIECE = 8  # tokens


def save(path: Path, records: list[dict[str, Any]], absent: list[str], lang: str) -> None:
    """Write the page."""
    graded = [each for each in records if each["exercise"]]
    exercises = {name: [r for r in graded if r["exercise"] == name] for name in course()}
    tables = [
        (name, [question(theirs, key) for key in course()[name]], alike(theirs), same(theirs), papers(theirs))
        for name, theirs in exercises.items() if theirs
    ]  # fmt: skip
    words = {name: partial(say, pair, lang) for name, pair in TEXTS["classroom"].items()}
    page = PAGES.get_template("classroom.html").render(
        lang=lang, tables=tables, absent=sorted(absent), one=partial(text_in, lang=lang), **words,
        unread=[each for each in records if not each["exercise"]], count=len(graded),
    )  # fmt: skip
    write(path, page + "\n")


def same(records: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """Numbers for data of one's own that two students wrote, or that one wrote and is another's."""
    whose: dict[str, set[str]] = defaultdict(set)
    for each in records:
        for told in each["questions"].values():
            whose[plain(told.get("student", ""))].add(who(each))
    for each in records:
        for number in {plain(each["student"]), plain(each["number"])} & set(whose):
            whose[number].add(who(each))
    return sorted((n, sorted(them)) for n, them in whose.items() if n and len(them) > 1)


def who(record: dict[str, Any]) -> str:
    """A student's name, and the number that tells those of one name apart."""
    return f"{record['student']} {record['number']}".strip()


def papers(records: list[dict[str, Any]]) -> list[tuple[str, list[tuple[str, dict]]]]:
    """The texts that a person marks, by question, with who wrote them."""
    found: dict[str, list[tuple[str, dict]]] = defaultdict(list)
    for each in records:
        for key in texts(each):
            found[key].append((who(each), each["questions"][key]))
    return sorted(found.items())


def question(records: list[dict[str, Any]], key: str) -> dict[str, Any]:
    """What a class did with a question.

    ``solved`` is the fraction that passed. ``discrimination`` is the correlation of its points with those of all the
    other questions, None where nothing varies: near 0, or below it, the question does not tell who knows.
    """
    results = [each["questions"].get(key, {}) for each in records]
    passed = [result.get("verdict") in ("pass", "paper") for result in results]
    own = [float(credit(each, key) or 0) for each in records]
    rest = [float(total(each)) - mine for each, mine in zip(records, own, strict=True)]
    varies = len(set(own)) > 1 and len(set(rest)) > 1
    failed = [result for result in results if result.get("verdict") == "fail"]
    steps = Counter(tuple(result["title"]) for result in failed).most_common(1)
    wrong = Counter((tuple(r["title"]), tuple(r["hint"])) for r in failed).most_common(1)
    return {
        "key": key,
        "solved": statistics.mean(passed),
        "discrimination": statistics.correlation(own, rest) if varies else None,
        "step": steps[0] if steps else None,
        "wrong": wrong[0] if wrong else None,
    }


def alike(records: list[dict[str, Any]]) -> list[tuple[float, str, str]]:
    """Pairs of students whose answers share most of what few others have, the most alike first."""
    pieces = [set(each.get("pieces", ())) for each in records]
    known = Counter(piece for theirs in pieces for piece in theirs)
    rare = [{p for p in theirs if known[p] <= max(2, len(records) / 4)} for theirs in pieces]
    found = []
    for (a, one), (b, other) in combinations(zip(records, rare, strict=True), 2):
        shared = len(one & other) / max(1, len(one | other))
        if shared > ALIKE and who(a) != who(b):
            found.append((shared, who(a), who(b)))
    return sorted(found, reverse=True)


def pieces(cells: list[str]) -> list[int]:
    """Fingerprints of all runs of a few tokens of some code, without layout and comments."""
    words = []
    for cell in cells:
        try:
            tokens = tokenize.generate_tokens(io.StringIO(cell).readline)
            words += [
                t.string for t in tokens if t.type in (tokenize.NAME, tokenize.NUMBER, tokenize.OP)
            ]
        except (tokenize.TokenError, SyntaxError):
            continue
    runs = {" ".join(words[n : n + PIECE]) for n in range(len(words) - PIECE + 1)}
    return sorted(zlib.crc32(run.encode()) for run in runs)
