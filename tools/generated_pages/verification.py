"""The ledger: how each displayed formula of a chapter is verified, or why there is nothing to verify.

``tests/ledger/NN-name.yml`` says for every equation label of chapter NN one of

    eq-label: {cell: chk-name}                     a cell of the chapter, or a list of them, that calls ``verify``
    eq-label: {test: tests/test_x.py::test_name}   a test of the repository, or a list of them
    eq-label: {definition: {es: …, en: …}}         nothing to verify, and why

``faults`` compares it with the pages. ``page`` is book/<lang>/verification.md, where readers see it all; the mark
beside a verified formula is drawn by book/_ext/nfbook/ledger.py.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import jupytext
import yaml

from tools.course import EDITIONS, ROOT
from tools.notebooks.myst import chapter_number, front_matter

LEDGER = ROOT / "tests" / "ledger"
CHAPTER = "[0-9][0-9]-*.md"
OTHERS = ("closing.md",)  # pages without a number whose formulas are verified too
DISPLAY = re.compile(r"\$\$(?P<body>.*?)\$\$[ ]*(?:\((?P<label>[\w:-]+)\))?", re.S)
WAYS = ("cell", "test", "definition")

WORDS = {
    "es": {
        "title": "Cómo se verificó cada fórmula",
        "description": "Qué cálculo independiente confirma cada fórmula del curso: una celda que se "
        "ejecuta con el libro, o una prueba automática del repositorio.",
        "intro": [
            "Un ✓ junto a una fórmula dice que un cálculo independiente la confirma, y lleva a él.",
            "La mayoría se verifica en una celda del propio capítulo, que se ejecuta cada vez que el",
            "libro se construye y lo detiene si un error excede su tolerancia.",
            "Otras, en las pruebas automáticas del repositorio, cuyos nombres están en inglés.",
            "Las definiciones no llevan marca: no afirman nada que pueda ser falso.",
        ],
        "columns": ("fórmula", "cómo se verificó"),
        "chapter": "Capítulo {number}",
        "other": "Para terminar",
        "cell": "celda {link}",
        "test": "prueba *{sentence}* de `{file}`",
    },
    "en": {
        "title": "How each formula was verified",
        "description": "Which independent computation confirms each formula of the course: a cell "
        "that runs with the book, or an automatic test of the repository.",
        "intro": [
            "A ✓ beside a formula says that an independent computation confirms it, and leads there.",
            "Most are verified in a cell of the chapter itself, which runs whenever the book is built",
            "and stops it if an error exceeds its tolerance.",
            "Others are verified by the automatic tests of the repository.",
            "Definitions carry no mark: they claim nothing that could be false.",
        ],
        "columns": ("formula", "how it was verified"),
        "chapter": "Chapter {number}",
        "other": "To finish",
        "cell": "cell {link}",
        "test": "test *{sentence}* in `{file}`",
    },
}


def as_list(value: str | list[str]) -> list[str]:
    """Return one name or several as a list."""
    return [value] if isinstance(value, str) else list(value)


def read(chapter: str) -> dict[str, dict]:
    """Return the entries of a chapter (``02-densities``), by equation label."""
    file = LEDGER / f"{chapter}.yml"
    return (yaml.safe_load(file.read_text("utf8")) or {}) if file.exists() else {}


def pages(lang: str) -> list[Path]:
    """Return the pages whose formulas the ledger covers: the chapters, then the others."""
    folder = ROOT / "book" / lang
    return sorted(folder.glob(CHAPTER)) + [folder / name for name in OTHERS]


def contents(page: Path) -> tuple[list[tuple[str | None, str]], dict[str, str]]:
    """Return the (label, first words) of each displayed formula, and the sources of named cells."""
    formulas, cells = [], {}
    for cell in jupytext.read(page, fmt="md:myst").cells:
        if cell.cell_type == "code":
            if name := cell.metadata.get("name"):
                cells[name] = cell.source
            continue
        for formula in DISPLAY.finditer(cell.source):
            formulas.append((formula["label"], " ".join(formula["body"].split())[:60]))
    return formulas, cells


@cache
def tests_in(file: Path) -> frozenset[str]:
    """Return the names of the test functions of a file."""
    if not file.exists():
        return frozenset()
    functions = ast.walk(ast.parse(file.read_text("utf8")))
    return frozenset(node.name for node in functions if isinstance(node, ast.FunctionDef))


def faults(page: Path, entries: dict[str, dict]) -> list[str]:
    """Say what does not fit between a page and its entries; nothing, if all is well."""
    formulas, cells = contents(page)
    found = [
        f"a displayed formula without a label: {text}" for label, text in formulas if not label
    ]
    labels = [label for label, _ in formulas if label]
    found += [f"{label}: no entry in the ledger" for label in labels if label not in entries]
    found += [
        f"{label}: in the ledger, but not on the page" for label in entries if label not in labels
    ]
    found += [
        f"{name}: a cell with a name that does not begin with chk-, or without verify(…)"
        for name, source in cells.items()
        if not name.startswith("chk-") or "verify(" not in source
    ]
    for label, entry in entries.items():
        way = next(iter(entry)) if isinstance(entry, dict) and len(entry) == 1 else None
        if way not in WAYS:
            found.append(f"{label}: expected one of {', '.join(WAYS)}, got {entry}")
        elif way == "definition" and set(entry[way]) != set(EDITIONS):
            found.append(f"{label}: expected a reason in each of {', '.join(EDITIONS)}")
        elif way == "cell":
            missing = [name for name in as_list(entry[way]) if name not in cells]
            found += [f"{label}: no cell of the page has the name {name}" for name in missing]
        elif way == "test":
            for name in as_list(entry[way]):
                file, _, function = name.partition("::")
                if function not in tests_in(ROOT / file):
                    found.append(f"{label}: there is no test {name}")
    return found


def page(lang: str) -> str:
    """Return the page that shows the whole ledger."""
    words = WORDS[lang]
    lines = [front_matter(words["description"])]
    lines += ["(sec-verification)=", f"# {words['title']}", "", *words["intro"], ""]
    for chapter in pages(lang):
        name, number = chapter.stem, chapter_number(chapter.stem)
        lines += [
            f"## {words['chapter'].format(number=number) if number else words['other']}",
            "",
            f"{{doc}}`{name}`",
            "",
        ]
        lines += [f"| {' | '.join(words['columns'])} |", "| --- | --- |"]
        for label, entry in read(name).items():
            (way, value), *_ = entry.items()
            if way == "definition":
                how = value[lang]
            elif way == "cell":
                links = [f'<a href="{name}.html#{item}">{item[4:]}</a>' for item in as_list(value)]
                how = words["cell"].format(link=", ".join(links))
            else:
                how = ", ".join(words["test"].format(**_test(item)) for item in as_list(value))
            lines.append(f"| {{eq}}`{label}` | {how} |")
        lines.append("")
    return "\n".join(lines)


def _test(name: str) -> dict[str, str]:
    file, _, function = name.partition("::")
    return {"file": file, "sentence": function.removeprefix("test_").replace("_", " ")}
