"""The index of the exercises, book/{es,en}/exercises.md, from exercises/source: what each asks, how long, what for.

A source says all of it: its title, the sentence that begins with "Usted …rá" or "You will", the headings of its
questions with their minutes, and the points of their checks.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tools.generated_pages.words import WORDS, beginning
from tools.notebooks import exercises

HEADING = re.compile(r"^## \d+\. (.*) \((\d+) min\w+\)$", re.M)
TITLE = re.compile(r"^# \w+ (\d+\. .*)$", re.M)


class Topic(NamedTuple):
    """One notebook: its questions are (title, minutes, points)."""

    chapter: str
    title: str
    learned: str
    questions: list[tuple[str, int, int]]

    @property
    def minutes(self) -> int:
        return sum(minutes for _, minutes, _ in self.questions)


def topic(source: Path, lang: str) -> Topic:
    """Read one source; raise ValueError if its title, what it teaches, or a question's minutes are not found."""
    cells = exercises.notebook(source, lang, solved=False).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    learn = WORDS["exercises"][lang]["learn"]
    title, learned = TITLE.search(text), re.search(learn, text, re.S)
    headings = HEADING.findall(text)
    checks = [cell.metadata.get("nbgrader", {}) for cell in cells]
    points = [check["points"] for check in checks if "points" in check]
    if not (title and learned and headings and len(headings) == len(points)):
        raise ValueError(
            f"{source.name} ({lang}): needs a title, a sentence {learn!r}, "
            f"and minutes for each of its {len(points)} questions; found {len(headings)}"
        )
    questions = [
        (asked, int(minutes), each) for (asked, minutes), each in zip(headings, points, strict=True)
    ]
    return Topic(source.stem, title[1], " ".join(learned[0].split()), questions)


@cache
def topics(lang: str) -> list[Topic]:
    """Return all notebooks of an edition, in order."""
    return [topic(source, lang) for source in exercises.sources()]


def page(lang: str) -> str:
    """Return the page of all exercises."""
    words = WORDS["exercises"][lang]
    totals = {
        "questions": sum(len(each.questions) for each in topics(lang)),
        "minutes": sum(each.minutes for each in topics(lang)),
    }
    words = words | {name: words[name].format(**totals) for name in ("description", "intro")}
    lines = beginning("sec-exercises", words)
    for each in topics(lang):
        lines += ["", f"## {each.title}", "", each.learned, "", words["columns"], "|---|--:|--:|"]
        for number, (title, minutes, points) in enumerate(each.questions, 1):
            title = title.replace("|", r"\vert ")  # a bar in a formula would end the cell
            lines.append(f"| {number}. {title} | {minutes} | {points} |")
        points = sum(points for *_, points in each.questions)
        lines += [f"| total | {each.minutes} | {points} |", ""]
        lines.append(words["links"].format(chapter=each.chapter))
    return "\n".join(lines) + "\n"
