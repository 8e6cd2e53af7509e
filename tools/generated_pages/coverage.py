"""Where each item of each slide of the lecture is in the book: tests/slides.yml, and the page that readers see.

An item has the chapter that it belongs to (0: no chapter), the labels or pages where it is, and the errata that correct
it. Items of a chapter that does not exist yet are nowhere; ``faults`` finds those of a chapter that does.
"""

from __future__ import annotations

import yaml

from tools.course import ROOT
from tools.notebooks.myst import Index, front_matter

FILE = ROOT / "tests" / "slides.yml"
ROLES = {"eq": "eq", "fig": "numref", "thm": "prf:ref", "def": "prf:ref", "prop": "prf:ref"}
WORDS = {
    "es": {
        "title": "Dónde está cada lámina",
        "description": "Para cada elemento de cada lámina de la clase, la sección, la ecuación o "
        "la figura del libro que lo trata, y la errata que lo corrige.",
        "intro": [
            "Cada elemento de cada lámina de la clase, y el lugar del libro que lo trata.",
            "Las láminas que solo repiten la agenda no figuran.",
            "Una E o una I, con su número, lleva a la {doc}`errata <errata>` que corrige o precisa ese elemento.",
        ],
        "columns": ("lámina", "qué dice", "dónde"),
        "later": "pendiente, capítulo {chapter}",
        "nowhere": "no se reproduce",
    },
    "en": {
        "title": "Where each slide is",
        "description": "For each item of each slide of the lecture, the section, equation or figure "
        "of the book that deals with it, and the erratum that corrects it.",
        "intro": [
            "Each item of each slide of the lecture, and the place of the book that deals with it.",
            "Slides that only repeat the agenda are left out.",
            "An E or an I with its number leads to the {doc}`erratum <errata>` that corrects or qualifies that item.",
        ],
        "columns": ("slide", "what it says", "where"),
        "later": "to come, chapter {chapter}",
        "nowhere": "not reproduced",
    },
}


def frames() -> dict[str, dict]:
    """Return the frames of the lecture, in order."""
    return yaml.safe_load(FILE.read_text("utf8"))


def chapters(lang: str) -> set[int]:
    """Return the numbers of the chapters that exist."""
    return {int(page.name[:2]) for page in (ROOT / "book" / lang).glob("[0-9][0-9]-*.md")}


def faults(lang: str) -> list[str]:
    """Say which items of written chapters are nowhere, and which places do not exist."""
    labels, written = Index(lang).labels, chapters(lang)
    pages = {page.stem for page in (ROOT / "book" / lang).glob("*.md")}
    found = []
    for name, frame in frames().items():
        for number, item in frame["items"].items():
            if item["chapter"] in written and not item["where"]:
                found.append(f"{name}.{number}: nowhere in chapter {item['chapter']}")
            found += [
                f"{name}.{number}: there is no {place}"
                for place in item["where"]
                if place not in labels and place not in pages
            ]
    return found


def page(lang: str) -> str:
    """Return the page that shows the whole table."""
    words, labels = WORDS[lang], Index(lang).labels
    lines = [front_matter(words["description"])]
    lines += ["(sec-coverage)=", f"# {words['title']}", "", *words["intro"], ""]
    lines += [f"| {' | '.join(words['columns'])} |", "| --- | --- | --- |"]
    for name, frame in frames().items():
        lines.append(f"| **{name}** | **{frame['title'][lang]}** | |")
        for number, item in frame["items"].items():
            places = [_link(place, labels) for place in item["where"]]
            if not places and item["chapter"]:
                places = [words["later"].format(chapter=item["chapter"])]
            where = ", ".join(places) or words["nowhere"]
            fixes = [
                f"{{ref}}`{fix} <sec-errata-{fix.lower()}>`"
                for fix in item.get("fix", [])
                if f"sec-errata-{fix.lower()}" in labels
            ]
            lines.append(f"| {name}.{number} | {', '.join([item[lang], *fixes])} | {where} |")
    return "\n".join(lines) + "\n"


def _link(place: str, labels: dict) -> str:
    if place not in labels:
        return f"{{doc}}`{place}`"
    label = labels[place]
    section = f"{label.number} " if label.kind == "sec" and label.number else ""
    return f"{section}{{{ROLES.get(label.kind, 'ref')}}}`{place}`"
