"""Coverage of the lecture: the place in the book of each item of its slides (tests/slides.yml), as a page.

An item has the chapter that it belongs to (0: no chapter), the labels or pages where it is, and the errata that correct
it. Items of a chapter that does not exist yet are nowhere; ``faults`` finds those of a chapter that does.
"""

from __future__ import annotations

import yaml

from tools.course import ROOT
from tools.generated_pages.words import WORDS, beginning
from tools.notebooks.myst import Index, Label

ROLES = {"eq": "eq", "fig": "numref", "thm": "prf:ref", "def": "prf:ref", "prop": "prf:ref"}


def frames() -> dict[str, dict]:
    """Return the frames of the lecture, in order."""
    return yaml.safe_load((ROOT / "tests/slides.yml").read_text("utf8"))


def faults(lang: str) -> list[str]:
    """Say which items of written chapters are nowhere, and which places do not exist."""
    index = Index(lang)
    pages = {page.stem for page in index.pages}
    written = {page[:2] for page in pages}
    found = []
    for name, frame in frames().items():
        for number, item in frame["items"].items():
            if not item["where"] and f"{item['chapter']:02d}" in written:
                found.append(f"{name}.{number}: nowhere in chapter {item['chapter']}")
            for place in item["where"]:
                if place not in index.labels and place not in pages:
                    found.append(f"{name}.{number}: there is no {place}")
    return found


def page(lang: str) -> str:
    """Return the page that shows the whole table."""
    words, labels = WORDS["coverage"][lang], Index(lang).labels
    lines = [*beginning("sec-coverage", words), "", words["columns"], "| --- | --- | --- |"]
    for name, frame in frames().items():
        lines.append(f"| **{name}** | **{frame['title'][lang]}** | |")
        for number, item in frame["items"].items():
            where = ", ".join(link(place, labels.get(place)) for place in item["where"])
            if not where:
                where = words["later" if item["chapter"] else "nowhere"].format(**item)
            says = [item[lang]]
            for fix in item.get("fix", []):
                if (label := f"sec-errata-{fix.lower()}") in labels:
                    says.append(f"{{ref}}`{fix} <{label}>`")
            lines.append(f"| {name}.{number} | {', '.join(says)} | {where} |")
    return "\n".join(lines) + "\n"


def link(place: str, label: Label | None) -> str:
    """Return a reference to a label, or to a page; to a section with its number."""
    if label is None:
        return f"{{doc}}`{place}`"
    section = f"{label.number} " if label.kind == "sec" and label.number else ""
    return f"{section}{{{ROLES.get(label.kind, 'ref')}}}`{place}`"
