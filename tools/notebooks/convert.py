"""Write every page that has code as a plain notebook that any Jupyter shows as the page does.

MyST's directives and roles mean nothing to Jupyter or Colab. Here they become Markdown: numbered equations keep their
numbers, references name what they refer to, folded answers stay folded. What is not known here is an error
that names the page, so no raw directive is ever left in a notebook.

The converter is our own. sphinx-tojupyter, which works on what Sphinx has read, loses captions, the numbering by
chapter and the language of labels. Ours works on the source.

Usage: python -m tools.notebooks.convert [--keep] [FOLDER]     (default: _build/notebooks)
With --keep a notebook that is already there stays as it is: it holds somebody's work.
"""

from __future__ import annotations

import argparse
import hashlib
import posixpath
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from markdown_it import MarkdownIt
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from nflib.course.own_run import quote as quote_number
from tools import self_tests
from tools.course import BUILD, EDITIONS, ROOT
from tools.notebooks import myst
from tools.notebooks.citations import Citations
from tools.notebooks.exercises import METADATA
from tools.site.length import minutes

WORDS = {
    "es": {
        "fig": "Figura", "thm": "Teorema", "def": "Definición", "prop": "Proposición", "chap": "Capítulo",
        "sec": "Sección", "refs": "Referencias", "live": "Figura interactiva",
        "see": "Se mueve en {page}; en el cuaderno queda su descripción.", "page": "la página del curso",
    },
    "en": {
        "fig": "Figure", "thm": "Theorem", "def": "Definition", "prop": "Proposition", "chap": "Chapter",
        "sec": "Section", "refs": "References", "live": "Interactive figure",
        "see": "It moves on {page}; the notebook keeps its description.", "page": "the page of the course",
    },
}  # fmt: skip
LINK = re.compile(r"\]\((?!https?://|#)([^)\s]+?\.(?:md|ipynb))(#[\w-]+)?\)")
RAW = re.compile(r":::|`{3,}\{|\{[\w:-]+\}`|^\([\w:-]+\)=", re.M)
FORMULA = re.compile(r"^\$\$\n(.*?)\n\$\$$", re.M | re.S)


@dataclass
class Addresses:
    """The folders before the names of notebooks and of pages; relative, as in the site's folder notebooks/."""

    notebooks: str = ""
    pages: str = "../"
    complete: bool = False

    def notebook(self, name: str) -> str:
        """Return the address of a notebook, such as 02-densities or exercises/02-densities."""
        return f"{self.notebooks}{name}.ipynb"

    def page(self, name: str, anchor: str = "") -> str:
        """Return the address of a page, or of a place in it."""
        return f"{self.pages}{name}.html{anchor}"

    def cite(self, text: str, name: str, anchor: str = "") -> str:
        """Return text that refers to a page: a link only if it is complete, for the notebook may be anywhere."""
        return f"[{text}]({self.page(name, anchor)})" if self.complete else text


class Page:
    """One page on its way to a notebook."""

    def __init__(self, path: Path, lang: str, index: myst.Index, names: set[str], addresses=None):
        self.path, self.lang, self.index, self.names = path, lang, index, names
        self.addresses, self.words = addresses or Addresses(), WORDS[lang]
        self.citations = Citations(ROOT / "book/references.bib", lang)
        self.predictions = 0

    def notebook(self) -> nbformat.NotebookNode:
        """Return the page as a notebook."""
        cells = []
        for cell in jupytext.read(self.path, fmt="md:myst").cells:
            if cell.cell_type == "markdown":
                if text := self.markdown(cell.source.split("\n")).strip():
                    cells.append(new_markdown_cell(text))
                continue
            cells.append(self.code(cell))
            if figure := cell.metadata.get("mystnb", {}).get("figure"):
                name = f"{self.words['fig']} {self.label(figure['name']).number}"
                cells[-1].metadata["figure"] = name
                caption = self.inline(" ".join(figure["caption"].split()))
                cells.append(new_markdown_cell(f"**{name}.** {caption}"))
        if cited := self.citations.listing():
            cells.append(new_markdown_cell("\n- ".join([f"## {self.words['refs']}\n", *cited])))
        for i, cell in enumerate(cells):
            seed = f"{self.path.stem}-{i}-{cell.cell_type}"
            cell.id = hashlib.sha256(seed.encode()).hexdigest()[:12]
            if cell.cell_type == "markdown" and (left := RAW.search(cell.source)):
                raise self.fault(f"{left[0]!r} would be left in the notebook")
        notebook = new_notebook(cells=cells, metadata=METADATA)
        nbformat.validate(notebook)
        return notebook

    def code(self, cell):
        """Return a code cell; what is folded on the page is folded in the notebook."""
        new = new_code_cell(cell.source)
        if {"hide-input", "remove-cell", "remove-input"} & set(cell.metadata.get("tags", [])):
            new.metadata["jupyter"] = {"source_hidden": True}
        if alt := cell.metadata.get("mystnb", {}).get("image", {}).get("alt"):
            new.metadata["alt"] = " ".join(alt.split())
        if name := cell.metadata.get("name"):
            new.metadata["name"] = name
        return new

    def markdown(self, lines: list[str]) -> str:
        """Return Markdown for lines of MyST."""
        out, in_equation = [], False
        for block in myst.blocks(lines):
            if isinstance(block, myst.Directive):
                out.append(self.directive(block))
            elif myst.TARGET.match(block) or block.startswith("% ") or block == "+++":
                continue
            elif label := myst.EQUATION_END.match(block):
                out.append(f"\\tag{{{self.label(label[1]).number}}}\n$$")
                in_equation = False
            elif block.startswith("$$"):
                out.append(block)
                in_equation = not in_equation
            elif block.startswith("# ") and (number := self.index.numbers[self.path.stem]):
                out.append(self.inline(f"# {number}. {block[2:]}"))
            else:
                out.append(block if in_equation else self.inline(block))
        return "\n".join(out)

    def directive(self, block: myst.Directive) -> str:
        """Return Markdown for one directive."""
        name, title, options, body = block
        if name == "bibliography":
            return ""
        if name == "list-table":
            return self.table(self.inline(title), body)
        if name == "quiz":
            items = enumerate(self_tests.items(title, self.lang), start=1)
            return "\n".join(self.question(number, item) for number, item in items)
        if name == "predict":
            return self.prediction(body)
        if name == "reveal" and any(map(myst.EQUATION_END.match, body)):
            raise myst.MarkupError(f"{self.path}: a reveal may not hide a formula with a label")
        text = self.markdown(body)
        if name == "glossary":
            return text
        text = text.strip()
        # A folded proof is a dropdown of sphinx-design too: <details>, no script. The word of sphinx-proof's own
        # directive stays English. The summary is HTML, in which no link of Markdown would be read.
        if name in ("dropdown", "reveal"):
            title = title or self_tests.WORDS[self.lang]["answer"]
            title = myst.ROLE.sub(lambda match: self.role(match, Addresses()), title)
            return folded(title, text)
        title = self.inline(title)
        if name == "admonition":
            return quote(f"**{title}**\n\n{text}")
        if name in myst.KINDS:
            label = self.label(options["label"])
            head = f"{self.words[label.kind]} {label.number}" + (f" ({title})" if title else "")
            return quote(f"**{head}.**\n\n{text}")
        if name == "interactive":
            head = f"**{self.words['live']} {self.label(options['name']).number}.**"
            page = self.addresses.cite(self.words["page"], self.path.stem, f"#{options['name']}")
            see = self.words["see"].format(page=page)
            return quote(f"{head} {text} {see}\n\n{options['alt']}")
        raise self.fault(f"directive {{{name}}} is not known to tools/notebooks/convert.py")

    def question(self, number: int, item: self_tests.Item) -> str:
        """Return one question of a self-test, its answer folded."""
        words, shown = self_tests.WORDS[self.lang], list(enumerate(item.order))
        letters = {k: self_tests.letter(place) for place, k in shown}
        label = self.label(item.reread)
        section = self.addresses.cite(
            f"{label.number} {label.title}".strip(), label.page, f"#{item.reread}"
        )
        right = f"**{words['right'].format(letter=letters[0])}** {words['reread']} {section}."
        why = [f"- **{letters[k]}.** {item.why[k - 1]}" for _, k in shown if k]
        options = self.lettered([item.options[k] for k in item.order])
        answer = folded(words["answer"], "\n".join([right, "", *why]))
        return f"\n**{number}.** {item.question}\n\n{options}\n{answer}"

    def prediction(self, body: list[str]) -> str:
        """Return a question that is asked before a cell runs, with its options but not with its answer."""
        self.predictions += 1
        asked, options = myst.question_and_options(body)
        name, order = f"{self.path.stem}-{self.predictions}", range(len(options))
        if options:
            options = [self.inline(option) for option in options]
            order = self_tests.shuffled(name, options)
        text = f"{self.markdown(asked).strip()}\n\n{self.lettered([options[k] for k in order])}"
        return quote(f"**{self_tests.WORDS[self.lang]['predict']}**\n\n{text}".strip())

    @staticmethod
    def lettered(options: list[str]) -> str:
        """Return options as a list with letters, which Markdown does not number by itself."""
        return "\n".join(f"- ({self_tests.letter(k)}) {option}" for k, option in enumerate(options))

    def table(self, title: str, body: list[str]) -> str:
        """Return a pipe table for a list-table, which is a list of lists."""
        rows: list[list[str]] = []
        for token in MarkdownIt().parse("\n".join(body)):
            if token.type == "list_item_open":
                rows.append([]) if token.level == 1 else rows[-1].append("")
            elif token.type == "inline" and token.level == 5:  # list, row, list, cell, paragraph
                rows[-1][-1] += f"{token.content} "
            elif token.content:
                raise self.fault(f"a list-table cannot have {token.content!r}")
        rows = [[without_pipes(self.inline(" ".join(cell.split()))) for cell in r] for r in rows]
        rows.insert(1, ["---"] * len(rows[0]))
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        return (f"**{title}**\n\n" if title else "") + table

    def inline(self, line: str) -> str:
        """Return a line with its roles and links resolved."""
        line = myst.ROLE.sub(self.role, line)
        return relink(line, f"book/{self.lang}", self.names, self.addresses)

    def role(self, match: re.Match, addresses=None) -> str:
        """Return Markdown for one role; what is on another page is a link, where there are addresses."""
        addresses = addresses or self.addresses
        role, content = match.groups()
        custom = re.match(r"^(.*?)\s*<([^>]+)>$", content, re.S)
        text, name = custom.groups() if custom else (content, content)
        if role in ("cite:p", "cite:t"):
            return self.citations.cite(content.split(","), textual=role == "cite:t")
        if role in ("term", "set"):
            return text
        if role == "run":
            return quote_number(content)
        if role == "minutes":
            return str(minutes(self.lang)[content])
        if role == "doc":
            return addresses.cite(self.index.titles[name] if text == name else text, name)
        if role not in ("eq", "ref", "numref", "prf:ref"):
            raise self.fault(f"role {{{role}}} is not known to tools/notebooks/convert.py")
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

    def fault(self, what: str) -> myst.MarkupError:
        """Return an error of this page."""
        return myst.MarkupError(f"{self.path}: {what}")

    def label(self, name: str) -> myst.Label:
        """Return what a label names."""
        if name not in self.index.labels:
            raise self.fault(f"nothing has the label {name}")
        return self.index.labels[name]


def folded(title: str, text: str) -> str:
    """Return text below a title that opens it."""
    return f"\n<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>\n"


def quote(text: str) -> str:
    """Return text as a Markdown quotation, the plain notebook's box.

    A formula in it takes one line: of a longer one JupyterLab shows the quotation's own ``>`` as «greater than».
    """
    text = FORMULA.sub(lambda formula: f"$$ {' '.join(formula[1].split())} $$", text)
    return "\n" + "\n".join(f"> {line}".rstrip() for line in text.split("\n")) + "\n"


def without_pipes(cell: str) -> str:
    r"""Return the text of a table's cell without the character ``|``, which ends the cell.

    In a formula it is ``\vert``: there JupyterLab would read an escaped ``\|`` as the double bar of a norm.
    """
    parts = re.split(r"(\$[^$]+\$)", cell)
    command = lambda bar: (r"\Vert" if bar[1] else r"\vert") + " " * len(bar[2])
    parts[1::2] = [re.sub(r"(\\?)\|(?=([a-zA-Z]?))", command, part) for part in parts[1::2]]
    parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
    return "".join(parts)


def relink(text: str, folder: str, notebooks: set[str], addresses) -> str:
    """Point a text's links to sources, written in a folder such as book/es, to their notebooks or pages."""

    def address(link: re.Match) -> str:
        source, anchor = posixpath.normpath(f"{folder}/{link[1]}"), link[2] or ""
        kind, _, name = source.rpartition(".")[0].split("/", 2)
        if kind != "book":
            name = f"{kind}/{name}"
        if not anchor and (kind != "book" or name in notebooks):
            return f"]({addresses.notebook(name)})"
        return f"]({addresses.page(name, anchor)})"

    return LINK.sub(address, text)


def edition(lang: str, addresses=None) -> dict[str, nbformat.NotebookNode]:
    """Return all notebooks of a language by name: pages with code, exercises/…, solutions/…

    Their links are relative, unless there are other ``addresses``.
    """
    index = myst.Index(lang)
    pages = [p for p in index.pages if "{code-cell}" in p.read_text("utf8")]
    names = {p.stem for p in pages}
    notebooks = {p.stem: Page(p, lang, index, names, addresses).notebook() for p in pages}
    for kind in ("exercises", "solutions"):
        for path in sorted((ROOT / kind / lang).glob("*.ipynb")):
            notebook = notebooks[f"{kind}/{path.stem}"] = nbformat.read(path, 4)
            for cell in notebook.cells:
                if cell.cell_type == "markdown":
                    there = addresses or Addresses("../", "../../")
                    cell.source = relink(cell.source, f"{kind}/{lang}", names, there)
    return notebooks


def save(
    notebooks: dict[str, nbformat.NotebookNode], folder: Path, keep: bool = False
) -> list[str]:
    """Write notebooks into a folder, and remove others, or ``keep`` all that is there; return their names."""
    files = {folder / f"{name}.ipynb": notebook for name, notebook in notebooks.items()}
    for path in set() if keep else set(folder.rglob("*.ipynb")) - files.keys():
        path.unlink()
    for path, notebook in files.items():
        if not (keep and path.exists()):
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, path)
    return sorted(notebooks)


def write_notebooks(folder: Path, keep: bool = False) -> dict[str, list[str]]:
    """Write the notebooks of both editions below ``folder``, as `save` does; return their names by language."""
    written = {lang: save(edition(lang), folder / lang, keep) for lang in EDITIONS}
    for lang, names in written.items():
        print(f"  {lang}  {', '.join(names)}", flush=True)
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the pages that have code as notebooks.")
    parser.add_argument("folder", nargs="?", type=Path, default=BUILD / "notebooks")
    parser.add_argument("--keep", action="store_true", help="leave files that exist as they are")
    try:
        write_notebooks(**vars(parser.parse_args()))
    except myst.MarkupError as error:
        sys.exit(f"notebooks: {error}")
