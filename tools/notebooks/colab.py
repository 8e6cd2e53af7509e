"""The Colab edition: every notebook as one opens it from a page of the published course.

It differs from the plain notebooks (convert.py) in its addresses, which are complete; in its first two cells,
which say what this is and install nflib; and in the metadata that Colab reads: which cells are folded, and that the
chapter with something for a GPU asks for one.
"""

from __future__ import annotations

import re
import textwrap
import tomllib
from pathlib import Path

import nbformat

from tools.course import EDITIONS
from tools.notebooks.convert import Addresses, edition, save
from tools.notebooks.myst import chapter_number
from tools.publish.branch import BRANCH

WHEEL = re.compile(r"https?://[^\s\"'#]+/nflib-[^\s\"'#/]+\.whl#sha256=[0-9a-f]{64}")
GPU = "torch.cuda"  # what asks whether there is one
WORDS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf8"))
# --force-reinstall, because pip keeps an nflib of the same version that came from another address
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


class Published(Addresses):
    """Complete addresses, for a notebook that may be anywhere: Colab opens notebooks, the site has pages."""

    def __init__(self, site: str, repository: str, lang: str):
        colab = f"https://colab.research.google.com/github/{repository}/blob/{BRANCH}/{lang}/"
        super().__init__(colab, f"{site.rstrip('/')}/{lang}/", complete=True)
        self.lang = lang


def about(name: str, title: str, addresses: Published) -> str:
    """Return what a notebook says first: what it is, where its page and its companions are, what to run."""
    kind, _, stem = name.rpartition("/")
    words, number = WORDS[addresses.lang], chapter_number(stem)
    links = {"home": addresses.page("index"), "page": addresses.page(name)}
    chapter = stem.removesuffix("_further")
    for other in ("exercises", "solutions"):
        links[other] = addresses.notebook(f"{other}/{chapter}")
    links |= {"chapter": addresses.notebook(stem), "title": title, "number": number}
    line = words[kind or ("chapter" if number else "page")].format(**links)
    return f"{line}\n{words['first']}"


def set_up(name: str, wheel: str, addresses: Published) -> str:
    """Return the code that installs nflib in Colab, and says what to do where it cannot be imported."""
    texts = {
        where: "\n".join(
            f'            "{line} "' for line in textwrap.wrap(WORDS[addresses.lang][where], 76)
        )
        for where in ("in_colab", "elsewhere")
    }
    return SET_UP.format(wheel=wheel, page=addresses.page(name), **texts)


def fold(cell, title: str) -> None:
    """Fold a code cell, in Colab as a form with a title and in Jupyter."""
    cell.source = f"#@title {title}\n{cell.source}"
    cell.metadata |= {"cellView": "form", "jupyter": {"source_hidden": True}}


def for_colab(name: str, notebook, wheel: str, addresses: Published) -> None:
    """Make a notebook of the edition what Colab is to have."""
    words = WORDS[addresses.lang]
    colab = {"name": f"{name.rpartition('/')[2]}.ipynb", "provenance": [], "toc_visible": True}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if any(GPU in cell.source for cell in code):
        notebook.metadata["accelerator"], colab["gpuType"] = "GPU", "T4"
    notebook.metadata["colab"] = colab
    for cell in code:
        if "jupyter" in cell.metadata:
            fold(cell, cell.metadata.get("figure", words["folded"]))
    title = notebook.cells[0].source.partition("\n")[0].lstrip("# ")
    first = nbformat.v4.new_markdown_cell(about(name, title, addresses), id="about")
    second = nbformat.v4.new_code_cell(set_up(name, wheel, addresses), id="set-up")
    fold(second, words["set_up"])
    notebook.cells = [first, second, *notebook.cells]
    nbformat.validate(notebook)


def write_colab(folder: Path, *, site: str, repository: str, wheel: str) -> dict[str, list[str]]:
    """Write the Colab edition as folder/LANG/NAME.ipynb, in place of what is there; return the names by language.

    ``site`` is the published site's address, such as ``https://owner.github.io/name``, ``repository`` the OWNER/NAME
    whose branch ``notebooks`` will hold what is written here, ``wheel`` the address of nflib's, with ``#sha256=…``.

    Raises:
        ValueError: if the wheel's address has no hash, or is not one of nflib's.
    """
    if not WHEEL.fullmatch(wheel):
        raise ValueError(f"expected https://…/nflib-….whl#sha256=… (64 digits), got {wheel!r}")
    written = {}
    for lang in EDITIONS:
        addresses = Published(site, repository, lang)
        notebooks = edition(lang, addresses)
        for name, notebook in notebooks.items():
            for_colab(name, notebook, wheel, addresses)
        written[lang] = save(notebooks, folder / lang)
    return written
