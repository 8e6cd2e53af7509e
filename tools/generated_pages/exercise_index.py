"""The index of the exercises, book/{es,en}/exercises.md, from exercises/source: what each asks, how long, what for.

A source says all of it: its title, the sentence that begins with "Usted …rá" or "You will", the headings of its
questions with their minutes, and the points of their checks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tools.course import ROOT
from tools.notebooks import exercises
from tools.notebooks.myst import front_matter

WORDS = {
    "es": {
        "title": "Ejercicios",
        "description": "{questions} preguntas, un cuaderno por capítulo, de una fórmula a un experimento: "
        "cada respuesta se revisa al momento, y hay tres pistas por pregunta.",
        "intro": [
            "Un cuaderno por capítulo, con preguntas de la más sencilla a la más exigente.",
            "Cada celda de respuesta viene seguida de una que la revisa: da un veredicto y una pista.",
            "Se puede probar tantas veces como se quiera.",
            '`hint("e03.q1")` da una pista antes de probar, y hay tres por pregunta; `progress()` muestra lo hecho.',
            "Los puntos dicen también la dificultad: de uno, una fórmula, a cuatro, un experimento.",
            "Son {questions} preguntas y unos {minutes} minutos en total.",
        ],
        "learn": r"Usted \w+rá .*?\.(?=\s|$)",
        "columns": ("pregunta", "minutos", "puntos"),
        "links": ("El capítulo", "abrir el cuaderno", "descargarlo", "soluciones"),
        "total": "total",
    },
    "en": {
        "title": "Exercises",
        "description": "{questions} questions, one notebook a chapter, from a formula to an experiment: "
        "each answer is checked on the spot, with three hints a question.",
        "intro": [
            "One notebook a chapter, with questions from the simplest to the most demanding.",
            "Each answer's cell is followed by one that checks it: it gives a verdict and a hint.",
            "One may try as often as one likes.",
            '`hint("e03.q1")` gives a hint before trying, three for each question; `progress()` shows what is done.',
            "The points tell the difficulty as well: from one, a formula, to four, an experiment.",
            "There are {questions} questions, about {minutes} minutes in all.",
        ],
        "learn": r"You will .*?\.(?=\s|$)",
        "columns": ("question", "minutes", "points"),
        "links": ("The chapter", "open the notebook", "download it", "solutions"),
        "total": "total",
    },
}
HEADING = re.compile(r"^## \d+\. (?P<title>.*) \((?P<minutes>\d+) min\w+\)$", re.M)
TITLE = re.compile(r"^# \w+ (?P<title>\d+\. .*)$", re.M)


@dataclass(frozen=True)
class Topic:
    """One notebook: its questions are (title, minutes, points)."""

    chapter: str
    title: str
    learned: str
    questions: list[tuple[str, int, int]]

    @property
    def minutes(self) -> int:
        return sum(minutes for _, minutes, _ in self.questions)

    @property
    def points(self) -> int:
        return sum(points for *_, points in self.questions)


def topic(source: Path, lang: str) -> Topic:
    """Read one source.

    Raises:
        ValueError: if its title, what it teaches, or a question's minutes are not found.
    """
    cells = exercises.notebook(source, lang, solved=False).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    title, learned = TITLE.search(text), re.search(WORDS[lang]["learn"], text, re.S)
    headings = [(found["title"], int(found["minutes"])) for found in HEADING.finditer(text)]
    points = [
        data["points"] for cell in cells if "points" in (data := cell.metadata.get("nbgrader", {}))
    ]
    if not (title and learned and headings and len(headings) == len(points)):
        raise ValueError(
            f"{source.name} ({lang}): needs a title, a sentence {WORDS[lang]['learn']!r}, "
            f"and minutes for each of its {len(points)} questions; found {len(headings)}"
        )
    questions = [(*heading, each) for heading, each in zip(headings, points, strict=True)]
    return Topic(source.stem, title["title"], " ".join(learned[0].split()), questions)


def _in_a_table(title: str) -> str:
    """A title whose formulas have no bar, which would end the cell."""
    return title.replace("|", r"\vert ")


def page(lang: str) -> str:
    """The page of all exercises."""
    words = WORDS[lang]
    topics = [topic(path, lang) for path in sorted((ROOT / "exercises/source").glob("*.py"))]
    totals = {
        "questions": sum(len(each.questions) for each in topics),
        "minutes": sum(each.minutes for each in topics),
    }
    lines = [front_matter(words["description"].format(**totals))]
    lines += ["(sec-exercises)=", f"# {words['title']}", ""]
    lines += [
        sentence.format(**totals) if "{" in sentence else sentence for sentence in words["intro"]
    ]
    for each in topics:
        lines += ["", f"## {each.title}", "", each.learned, ""]
        lines += [f"| {' | '.join(words['columns'])} |", "|---|--:|--:|"]
        lines += [
            f"| {number}. {_in_a_table(title)} | {minutes} | {points} |"
            for number, (title, minutes, points) in enumerate(each.questions, 1)
        ]
        lines += [f"| {words['total']} | {each.minutes} | {each.points} |", ""]
        chapter, opened, downloaded, solved = words["links"]
        notebook = f"exercises/{lang}/{each.chapter}.ipynb"
        lines.append(
            f"{{doc}}`{chapter} <{each.chapter}>` · [{opened}](../../{notebook}) · "
            f"{{download}}`{downloaded} <../../{notebook}>` · "
            f"[{solved}](../../solutions/{lang}/{each.chapter}.ipynb)"
        )
    return "\n".join(lines) + "\n"
