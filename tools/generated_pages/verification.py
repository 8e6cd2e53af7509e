"""The ledger: how each displayed formula of a chapter is verified, or why there is nothing to verify.

``tests/ledger/NN-name.yml`` says for every equation label of chapter NN one of

    eq-label: {cell: chk-name}                     a cell of the chapter, or a list of them, that calls ``verify``
    eq-label: {test: tests/test_x.py::test_name}   a test of the repository, or a list of them
    eq-label: {definition: {es: …, en: …}}         nothing to verify, and why

It is one file a chapter, so that chapters can be written side by side. ``faults`` compares it with the pages. ``page``
is book/<lang>/verification.md, where readers see it all; the mark beside a verified formula is drawn by
book/_ext/nfbook/ledger.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import jupytext
import yaml

from tools.course import EDITIONS, ROOT
from tools.generated_pages.words import WORDS, beginning
from tools.notebooks.myst import chapter_number, is_further

LEDGER = ROOT / "tests/ledger"
DISPLAY = re.compile(r"\$\$(?P<body>.*?)\$\$[ ]*(?:\((?P<label>[\w:-]+)\))?", re.S)
WAYS = ("cell", "test", "definition")


def as_list(value: str | list[str]) -> list[str]:
    """Return one name or several as a list."""
    return [value] if isinstance(value, str) else value


def read(chapter: str) -> dict[str, dict]:
    """Return the entries of a chapter (``02-densities``), by equation label."""
    file = LEDGER / f"{chapter}.yml"
    return (yaml.safe_load(file.read_text("utf8")) or {}) if file.exists() else {}


def pages(lang: str) -> list[Path]:
    """Return the pages whose formulas the ledger covers: the chapters, and the closing page."""
    folder = ROOT / "book" / lang
    chapters = (p for p in folder.glob("[0-9][0-9]-*.md") if not is_further(p.stem))
    return [*sorted(chapters), folder / "closing.md"]


def both_pages(page: Path) -> list[Path]:
    """Return the pages of a chapter: its own, and «Going further» where it has one."""
    further = page.with_stem(f"{page.stem}_further")
    return [page, further] if further.exists() else [page]


def contents(chapter: Path) -> tuple[list[tuple[str | None, str]], dict[str, tuple[str, str]]]:
    """Return the (label, first words) of a chapter's displayed formulas, and (page, source) of its named cells."""
    formulas, cells = [], {}
    for page in both_pages(chapter):
        for cell in jupytext.read(page, fmt="md:myst").cells:
            if cell.cell_type == "markdown":
                for formula in DISPLAY.finditer(cell.source):
                    formulas.append((formula["label"], " ".join(formula["body"].split())[:60]))
            elif name := cell.metadata.get("name"):
                cells[name] = (page.stem, cell.source)
    return formulas, cells


def exists(test: str) -> bool:
    """Say whether there is a test that has the name FILE::FUNCTION."""
    name, _, function = test.partition("::")
    file = ROOT / name
    return file.is_file() and bool(re.search(rf"^def {function}\(", file.read_text("utf8"), re.M))


def faults(page: Path, entries: dict[str, dict]) -> list[str]:
    """Say what does not fit between a page and its entries; nothing, if all is well."""
    formulas, cells = contents(page)
    labels = dict(formulas)
    found = [f"a displayed formula without a label: {text}" for name, text in formulas if not name]
    found += [f"{name}: no entry in the ledger" for name in labels if name and name not in entries]
    stale = [name for name in entries if name not in labels]
    found += [f"{name}: in the ledger, but not on the page" for name in stale]
    for name, (_, source) in cells.items():
        if not name.startswith("chk-") or not re.search(r"\b(verify|reproduce)\(", source):
            found.append(
                f"{name}: a cell with a name that does not begin with chk-, or without verify(…)"
            )
    for label, entry in entries.items():
        way = next(iter(entry)) if isinstance(entry, dict) and len(entry) == 1 else None
        if way not in WAYS:
            found.append(f"{label}: expected one of {', '.join(WAYS)}, got {entry}")
        elif way == "definition":
            if set(entry[way]) != set(EDITIONS):
                found.append(f"{label}: expected a reason in each of {', '.join(EDITIONS)}")
        else:
            for name in as_list(entry[way]):
                if way == "cell" and name not in cells:
                    found.append(f"{label}: no cell of the page has the name {name}")
                elif way == "test" and not exists(name):
                    found.append(f"{label}: there is no test {name}")
    return found


def page(lang: str) -> str:
    """Return the page that shows the whole ledger."""
    words = WORDS["verification"][lang]
    lines = [*beginning("sec-verification", words), ""]
    for chapter in pages(lang):
        name, number = chapter.stem, chapter_number(chapter.stem)
        title = words["chapter" if number else "other"].format(number=number)
        lines += [f"## {title}", "", f"{{doc}}`{name}`", "", words["columns"], "| --- | --- |"]
        cells = contents(chapter)[1]
        for label, entry in read(name).items():
            ((way, value),) = entry.items()
            if way == "definition":
                how = value[lang]
            elif way == "cell":
                links = [
                    f'<a href="{cells[cell][0]}.html#{cell}">{cell[4:]}</a>'
                    for cell in as_list(value)
                ]
                how = words["cell"].format(links=", ".join(links))
            else:
                tests = [re.split("::(?:test_)?", test) for test in as_list(value)]
                how = ", ".join(
                    words["test"].format(file=file, sentence=function.replace("_", " "))
                    for file, function in tests
                )
            lines.append(f"| {{eq}}`{label}` | {how} |")
        lines.append("")
    return "\n".join(lines)
