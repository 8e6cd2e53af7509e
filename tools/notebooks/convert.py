"""Write every page that has code as a plain notebook that any Jupyter shows as the page does.

MyST's directives and roles mean nothing to Jupyter or Colab. Here they become Markdown: numbered equations keep their
numbers, references name what they refer to, folded answers stay folded. What this module does not know is an error
that names page and line, so no raw directive is ever left in a notebook.

Usage: python -m tools.notebooks.convert [--keep] [FOLDER]     (default: _build/notebooks)
With --keep a notebook that is already there stays as it is: it holds somebody's work.
"""

from __future__ import annotations

import argparse
import hashlib
import posixpath
import re
import sys
from pathlib import Path

import jupytext
import nbformat
import yaml

from tools.course import EDITIONS, ROOT
from tools.notebooks.citations import Citations
from tools.notebooks.myst import (
    EQUATION_END,
    KINDS,
    ROLE,
    TARGET,
    Index,
    Label,
    MarkupError,
    blocks,
    chapter_number,
)

WORDS = {
    "es": {
        "fig": "Figura", "thm": "Teorema", "def": "Definición", "prop": "Proposición", "chap": "Capítulo",
        "sec": "Sección", "refs": "Referencias", "live": "Figura interactiva",
        "see": "Se mueve en {page}; en el cuaderno queda su descripción.",
        "page": "la página del curso",
    },
    "en": {
        "fig": "Figure", "thm": "Theorem", "def": "Definition", "prop": "Proposition", "chap": "Chapter",
        "sec": "Section", "refs": "References", "live": "Interactive figure",
        "see": "It moves on {page}; the notebook keeps its description.",
        "page": "the page of the course",
    },
}  # fmt: skip
LINK = re.compile(r"\]\((?!https?://|#)([^)\s]+?\.(?:md|ipynb))(#[\w-]+)?\)")
RAW = re.compile(r":::|`{3,}\{|\{[\w:-]+\}`|^\([\w:-]+\)=", re.M)
FORMULA = re.compile(r"^\$\$\n(.*?)\n\$\$$", re.M | re.S)


class Relative:
    """Addresses in a notebook in the site's folder notebooks/, or in one below it if ``up`` is ``../``."""

    def __init__(self, up: str = ""):
        self.up = up

    def notebook(self, name: str) -> str:
        """Return the address of a notebook, such as 02-densities or exercises/02-densities."""
        return f"{self.up}{name}.ipynb"

    def page(self, name: str, anchor: str = "") -> str:
        """Return the address of a page, or of a place in it."""
        return f"{self.up}../{name}.html{anchor}"

    def cite(self, text: str, name: str, anchor: str = "") -> str:
        """Return text that refers to a page: without a link, for the notebook may be anywhere."""
        return text


class Page:
    """One page on its way to a notebook."""

    def __init__(self, path: Path, lang: str, index: Index, notebooks: set[str], addresses=None):
        self.path, self.lang, self.index, self.notebooks = path, lang, index, notebooks
        self.addresses = addresses or Relative()
        self.words, self.number = WORDS[lang], chapter_number(path.stem)
        self.citations = Citations(ROOT / "book/references.bib", lang)

    def notebook(self):
        """Return the page as a notebook."""
        source = jupytext.read(self.path, fmt="md:myst")
        cells = []
        for cell in source.cells:
            if cell.cell_type == "markdown":
                text = self.markdown(cell.source.split("\n")).strip()
                if text:
                    cells.append(nbformat.v4.new_markdown_cell(text))
            else:
                cells.append(self.code(cell))
                if figure := cell.metadata.get("mystnb", {}).get("figure"):
                    caption = self.inline(" ".join(figure["caption"].split()))
                    name = f"{self.words['fig']} {self.label(figure['name']).number}"
                    cells[-1].metadata["figure"] = name
                    cells.append(nbformat.v4.new_markdown_cell(f"**{name}.** {caption}"))
        if cited := self.citations.listing():
            text = f"## {self.words['refs']}\n\n" + "\n".join(f"- {entry}" for entry in cited)
            cells.append(nbformat.v4.new_markdown_cell(text))
        for i, cell in enumerate(cells):
            seed = f"{self.path.stem}-{i}-{cell.cell_type}"
            cell["id"] = hashlib.sha256(seed.encode()).hexdigest()[:12]
            if cell.cell_type == "markdown":
                self.refuse_raw_markup(cell.source)
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata = {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
        nbformat.validate(notebook)
        return notebook

    def code(self, cell):
        """Return a code cell; what is folded on the page is folded in the notebook."""
        new = nbformat.v4.new_code_cell(cell.source)
        if {"hide-input", "remove-cell", "remove-input"} & set(cell.metadata.get("tags", [])):
            new.metadata["jupyter"] = {"source_hidden": True}
        if alt := cell.metadata.get("mystnb", {}).get("image", {}).get("alt"):
            new.metadata["alt"] = " ".join(alt.split())
        if name := cell.metadata.get("name"):
            new.metadata["name"] = name
        return new

    def markdown(self, lines: list[str]) -> str:
        """Return Markdown for lines of MyST."""
        out, equation = [], []
        for block in blocks(lines):
            if block[0] == "directive":
                out.append(self.directive(*block[1:]))
                continue
            line = block[1]
            if TARGET.match(line) or line.startswith("% ") or line == "+++":
                continue
            if self.number and line.startswith("# "):
                line = f"# {self.number}. {line.removeprefix('# ')}"
            if label := EQUATION_END.match(line):
                out.append(f"\\tag{{{self.label(label[1]).number}}}\n$$")
                equation = []
            elif line.startswith("$$"):
                equation = [] if equation else [line]
                out.append(line)
            else:
                out.append(line if equation else self.inline(line))
        return "\n".join(out)

    def directive(self, name: str, title: str, options: dict, body: list[str]) -> str:
        """Return Markdown for one directive."""
        if name == "bibliography":
            return ""
        text = self.markdown(body).strip() if name != "list-table" else ""
        if name == "dropdown":  # whose summary is HTML: no link would be read in it
            title = ROLE.sub(lambda match: self.role(match, Relative()), title)
            return f"\n<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>\n"
        title = self.inline(title)
        if name == "admonition":
            return quote(f"**{title}**\n\n{text}")
        if name in KINDS:
            label = self.label(options["label"])
            head = f"{self.words[label.kind]} {label.number}" + (f" ({title})" if title else "")
            return quote(f"**{head}.**\n\n{text}")
        if name == "interactive":
            head = f"**{self.words['live']} {self.label(options['name']).number}.**"
            page = self.addresses.cite(self.words["page"], self.path.stem, f"#{options['name']}")
            see = self.words["see"].format(page=page)
            return quote(f"{head} {text} {see}\n\n{options['alt']}")
        if name == "list-table":
            return self.table(title, body)
        if name == "glossary":
            return self.markdown(body)
        raise MarkupError(
            f"{self.path}: directive {{{name}}} is not known to tools/notebooks/convert.py"
        )

    def table(self, title: str, body: list[str]) -> str:
        """Return a pipe table for a list-table, which is a list of lists."""
        rows = [[str(c) for c in row] for row in yaml.safe_load("\n".join(as_yaml(body)))]
        cells = [[without_pipes(self.inline(" ".join(c.split()))) for c in row] for row in rows]
        head, *rest = cells
        lines = [head, ["---"] * len(head), *rest]
        table = "\n".join("| " + " | ".join(row) + " |" for row in lines)
        return (f"**{title}**\n\n" if title else "") + table

    def inline(self, line: str) -> str:
        """Return a line with its roles and links resolved."""
        line = ROLE.sub(self.role, line)
        return relink(line, f"book/{self.lang}", self.notebooks, self.addresses)

    def role(self, match, addresses=None) -> str:
        """Return Markdown for one role; what is on another page is a link, where there are addresses."""
        addresses = addresses or self.addresses
        role, content = match[1], match[2]
        text, name = content, content
        if custom := re.match(r"^(.*?)\s*<([^>]+)>$", content, re.S):
            text, name = custom[1], custom[2]
        if role in ("cite:p", "cite:t"):
            return self.citations.cite(content.split(","), textual=role == "cite:t")
        if role == "term":
            return text
        if role == "doc":
            return addresses.cite(self.index.titles[name] if text == name else text, name)
        if role not in ("eq", "ref", "numref", "prf:ref"):
            raise MarkupError(
                f"{self.path}: role {{{role}}} is not known to tools/notebooks/convert.py"
            )
        label = self.label(name)
        if role == "eq":
            text = f"({label.number})"
        elif text != name:
            text = text.replace("%s", label.number).replace("{number}", label.number)
        elif role == "ref" and label.title:
            text = label.title
        else:
            text = f"{self.words[label.kind]} {label.number}"
        if label.page == self.path.stem:
            return text
        anchor = f"#equation-{name}" if label.kind == "eq" else f"#{name}"
        return addresses.cite(text, label.page, anchor)

    def label(self, name: str) -> Label:
        """Return what a label names."""
        if name not in self.index.labels:
            raise MarkupError(f"{self.path}: nothing has the label {name}")
        return self.index.labels[name]

    def refuse_raw_markup(self, text: str):
        """Raise if anything is left that only Sphinx understands."""
        if left := RAW.search(text):
            raise MarkupError(f"{self.path}: {left[0]!r} would be left in the notebook")


def quote(text: str) -> str:
    """Return text as a Markdown quotation, the plain notebook's box.

    A formula in it takes one line: in longer ones Jupyter shows the quotation's own ``>`` as «greater than».
    """
    text = FORMULA.sub(lambda formula: f"$$ {' '.join(formula[1].split())} $$", text)
    return "\n" + "\n".join(f"> {line}".rstrip() for line in text.split("\n")) + "\n"


def without_pipes(cell: str) -> str:
    r"""Return the text of a table's cell without the character ``|``, which ends the cell.

    In a formula it is ``\vert``: there Jupyter would read an escaped ``\|`` as the double bar of a norm.
    """
    parts = re.split(r"(\$[^$]+\$)", cell)
    for bar, command in ((r"\\\|", r"\Vert"), (r"\|", r"\vert")):
        space = lambda found, name=command: name + (" " if found[1] else "")
        parts[1::2] = [re.sub(rf"{bar}(?=([a-zA-Z]?))", space, p) for p in parts[1::2]]
    parts[::2] = [p.replace("|", r"\|") for p in parts[::2]]
    return "".join(parts)


def relink(text: str, folder: str, notebooks: set[str], addresses) -> str:
    """Point a text's links to sources, written in a folder such as book/es, to their notebooks or pages."""

    def address(link) -> str:
        source, anchor = posixpath.normpath(f"{folder}/{link[1]}"), link[2] or ""
        kind, _, name = source.rpartition(".")[0].split("/", 2)
        name = name if kind == "book" else f"{kind}/{name}"
        is_notebook = kind != "book" or name in notebooks
        return (
            addresses.notebook(name) if is_notebook and not anchor else addresses.page(name, anchor)
        )

    return LINK.sub(lambda link: f"]({address(link)})", text)


def as_yaml(body: list[str]) -> list[str]:
    """Return the rows of a list-table as YAML: every cell becomes a block of text."""
    out = []
    for line in body:
        cell = re.match(r"^((?:\*\s|\s\s)\s*-\s+)(.*)$", line)
        if cell:
            out += [cell[1].replace("*", "-") + "|-", " " * 6 + cell[2]]
        elif line.strip():
            out.append(" " * 6 + line.strip())
    return out


def edition(lang: str, addresses=None) -> dict[str, nbformat.NotebookNode]:
    """Return all notebooks of a language by name: pages with code, exercises/…, solutions/…

    Their links are relative, unless there are other ``addresses``.
    """
    index = Index(lang)
    pages = [p for p in index.pages if "{code-cell}" in p.read_text("utf8")]
    names = {p.stem for p in pages}
    notebooks = {p.stem: Page(p, lang, index, names, addresses).notebook() for p in pages}
    for kind in ("exercises", "solutions"):
        for path in sorted((ROOT / kind / lang).glob("*.ipynb")):
            notebook = notebooks[f"{kind}/{path.stem}"] = nbformat.read(path, 4)
            for cell in notebook.cells:
                if cell.cell_type == "markdown":
                    there = addresses or Relative("../")
                    cell.source = relink(cell.source, f"{kind}/{lang}", names, there)
    return notebooks


def write_notebooks(folder: Path, keep: bool = False) -> dict[str, list[str]]:
    """Write the notebooks of both editions below ``folder``; return their names by language.

    With ``keep``, files that exist are left alone.
    """
    written: dict[str, list[str]] = {}
    for lang in EDITIONS:
        target = folder / lang
        files = {f"{name}.ipynb": notebook for name, notebook in edition(lang).items()}
        for path in [] if keep else set(target.rglob("*.ipynb")) - {target / n for n in files}:
            path.unlink()
        for name, notebook in files.items():
            path = target / name
            if keep and path.exists():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, path)
        written[lang] = sorted(name.removesuffix(".ipynb") for name in files)
        print(f"  {lang}  {', '.join(written[lang])}", flush=True)
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the pages that have code as notebooks.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "_build/notebooks")
    parser.add_argument("--keep", action="store_true", help="leave files that exist as they are")
    arguments = parser.parse_args()
    try:
        write_notebooks(arguments.folder, arguments.keep)
    except MarkupError as error:
        sys.exit(f"notebooks: {error}")
