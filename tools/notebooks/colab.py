"""Write the Colab edition: every notebook as one opens it from a page of the published course.

It differs from the plain notebooks (convert.py) in its addresses, which are complete; in its first two cells,
which say what this is and install nflib; and in the metadata that Colab reads: which cells are folded, and that the
chapter with something for a GPU asks for one.

Usage: python -m tools.notebooks.colab FOLDER --site https://… --repository OWNER/NAME --wheel https://…/nflib-….whl#sha256=…
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import textwrap
from pathlib import Path

import nbformat

from tools.course import EDITIONS
from tools.notebooks.convert import edition
from tools.notebooks.myst import MarkupError, chapter_number
from tools.publish.branch import BRANCH

WHEEL = re.compile(r"https?://[^\s\"'#]+/nflib-[^\s\"'#/]+\.whl#sha256=[0-9a-f]{64}")
GPU = "torch.cuda"  # what asks whether there is one
WORDS = {
    "es": {
        "chapter": "Este cuaderno es el [capítulo {number}]({page}) del curso [Flujos normalizadores]({home});"
        " después vienen sus [ejercicios]({exercises}) y sus [soluciones]({solutions}).",
        "page": "Este cuaderno es la página [{title}]({page}) del curso [Flujos normalizadores]({home}).",
        "exercises": "Este cuaderno tiene los [ejercicios]({page}) del [capítulo {number}]({chapter}) del curso"
        " [Flujos normalizadores]({home}); las [soluciones]({solutions}) están en otro."
        " En Colab, guarde una copia en Drive para conservar su trabajo.",
        "solutions": "Este cuaderno tiene las [soluciones]({page}) de los [ejercicios]({exercises}) del"
        " [capítulo {number}]({chapter}) del curso [Flujos normalizadores]({home}).",
        "first": "Ejecute primero la celda que sigue, que instala `nflib`, la biblioteca del curso.",
        "set_up": "Preparar el cuaderno (ejecutar primero)",
        "folded": "Código auxiliar",
        "in_colab": "No se pudo instalar nflib, la biblioteca del curso. Revise la conexión y ejecute"
        " esta celda otra vez. Si vuelve a fallar, abra el cuaderno desde su página,"
        " que siempre lleva a la última versión:",
        "elsewhere": "Falta nflib, la biblioteca del curso. Instálela con la orden siguiente, en una celda"
        " nueva, y luego vuelva a ejecutar esta:",
    },
    "en": {
        "chapter": "This notebook is [chapter {number}]({page}) of the course [Normalizing flows]({home});"
        " its [exercises]({exercises}) and [solutions]({solutions}) come next.",
        "page": "This notebook is the page [{title}]({page}) of the course [Normalizing flows]({home}).",
        "exercises": "This notebook has the [exercises]({page}) of [chapter {number}]({chapter}) of the course"
        " [Normalizing flows]({home}); the [solutions]({solutions}) are in another."
        " In Colab, save a copy in Drive to keep your work.",
        "solutions": "This notebook has the [solutions]({page}) of the [exercises]({exercises}) of"
        " [chapter {number}]({chapter}) of the course [Normalizing flows]({home}).",
        "first": "Run the next cell first: it installs `nflib`, the library of the course.",
        "set_up": "Set up the notebook (run this first)",
        "folded": "Helper code",
        "in_colab": "nflib, the library of the course, could not be installed. Check the connection and run"
        " this cell again. If it fails once more, open the notebook anew from its page,"
        " which always leads to the latest version:",
        "elsewhere": "nflib, the library of the course, is missing. Install it with the following command, in a"
        " new cell, and run this one again:",
    },
}  # fmt: skip
SET_UP = """\
import sys

if "google.colab" in sys.modules:
    %pip install -q --no-deps --force-reinstall {wheel}
try:
    import nflib
except ImportError:
    if "google.colab" in sys.modules:
        advice = (
{in_colab}
            "{page}"
        )
    else:
        advice = (
{elsewhere}
            "%pip install 'nflib[plot] @ {wheel}'"
        )
    raise RuntimeError(advice) from None"""


class Published:
    """Addresses in a notebook that may be anywhere: complete ones."""

    def __init__(self, site: str, repository: str, lang: str):
        self.site, self.repository, self.lang = site.rstrip("/"), repository, lang

    def notebook(self, name: str) -> str:
        """Return the address at which Colab opens a notebook."""
        path = f"{self.repository}/blob/{BRANCH}/{self.lang}/{name}.ipynb"
        return f"https://colab.research.google.com/github/{path}"

    def page(self, name: str, anchor: str = "") -> str:
        """Return the address of a page, or of a place in it."""
        return f"{self.site}/{self.lang}/{name}.html{anchor}"

    def cite(self, text: str, name: str, anchor: str = "") -> str:
        """Return text that refers to a page, as a link to it."""
        return f"[{text}]({self.page(name, anchor)})"


def about(name: str, title: str, addresses: Published) -> str:
    """Return what a notebook says first: what it is, where its page and its companions are, what to run."""
    kind, _, stem = name.rpartition("/")
    number = chapter_number(stem)
    words = WORDS[addresses.lang]
    line = words[kind or ("chapter" if number else "page")].format(
        number=number,
        title=title,
        home=addresses.page("index"),
        page=addresses.page(name),
        chapter=addresses.notebook(stem),
        exercises=addresses.notebook(f"exercises/{stem}"),
        solutions=addresses.notebook(f"solutions/{stem}"),
    )
    return f"{line}\n{words['first']}"


def set_up(name: str, wheel: str, addresses: Published) -> str:
    """Return the code that installs nflib in Colab, and says what to do where it cannot be imported."""
    words = WORDS[addresses.lang]

    def literals(text: str) -> str:
        return "\n".join(f'            "{line} "' for line in textwrap.wrap(text, 76))

    return SET_UP.format(
        wheel=wheel,
        page=addresses.page(name),
        in_colab=literals(words["in_colab"]),
        elsewhere=literals(words["elsewhere"]),
    )


def fold(cell, title: str) -> None:
    """Fold a code cell, in Colab as a form with a title and in Jupyter."""
    cell.source = f"#@title {title}\n{cell.source}"
    cell.metadata["cellView"] = "form"
    cell.metadata["jupyter"] = {"source_hidden": True}


def for_colab(name: str, notebook, wheel: str, addresses: Published):
    """Return a notebook of the edition as Colab is to have it."""
    words = WORDS[addresses.lang]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    needs_gpu = any(GPU in cell.source for cell in code)
    for cell in code:
        if cell.metadata.get("jupyter", {}).get("source_hidden"):
            fold(cell, cell.metadata.get("figure", words["folded"]))
    title = notebook.cells[0].source.partition("\n")[0].lstrip("# ")
    first = nbformat.v4.new_markdown_cell(about(name, title, addresses), id="about")
    second = nbformat.v4.new_code_cell(set_up(name, wheel, addresses), id="set-up")
    fold(second, words["set_up"])
    notebook.cells = [first, second, *notebook.cells]
    notebook.metadata["colab"] = {
        "name": f"{name.rpartition('/')[2]}.ipynb",
        "provenance": [],
        "toc_visible": True,
    }
    if needs_gpu:
        notebook.metadata["accelerator"] = "GPU"
        notebook.metadata["colab"]["gpuType"] = "T4"
    nbformat.validate(notebook)
    return notebook


def write_colab(folder: Path, *, site: str, repository: str, wheel: str) -> dict[str, list[str]]:
    """Write the Colab edition as folder/LANG/NAME.ipynb; return the names by language.

    Args:
        folder: where; its notebooks of both languages are replaced.
        site: the published site's address, such as ``https://owner.github.io/name``.
        repository: ``owner/name``, whose branch ``notebooks`` will hold what is written here.
        wheel: the address of nflib's wheel, with ``#sha256=…``.

    Raises:
        ValueError: if the wheel's address has no hash, or is not one of nflib's.
    """
    if not WHEEL.fullmatch(wheel):
        raise ValueError(f"expected https://…/nflib-….whl#sha256=… (64 digits), got {wheel!r}")
    written = {}
    for lang in EDITIONS:
        addresses = Published(site, repository, lang)
        shutil.rmtree(folder / lang, ignore_errors=True)
        for name, notebook in edition(lang, addresses).items():
            path = folder / lang / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(for_colab(name, notebook, wheel, addresses), path)
            written.setdefault(lang, []).append(name)
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the Colab edition of every notebook.")
    parser.add_argument("folder", type=Path)
    for option in ("site", "repository", "wheel"):
        parser.add_argument(f"--{option}", required=True)
    arguments = vars(parser.parse_args())
    try:
        for lang, names in write_colab(**arguments).items():
            print(f"  {lang}  {len(names)} notebooks for Colab")
    except (MarkupError, ValueError) as error:
        sys.exit(f"colab: {error}")
