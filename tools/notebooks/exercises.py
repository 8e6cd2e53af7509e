"""From exercises/source/*.py to notebooks: exercises and solutions, in Spanish and in English.

    python -m tools.notebooks.exercises            writes exercises/{es,en} and solutions/{es,en}
    python -m tools.notebooks.exercises --check    writes nothing; exits 1 if one of them is not up to date
    python -m tools.notebooks.exercises --nbgrader FOLDER es    writes FOLDER/source, a course of nbgrader

A source is a jupytext percent script. Cells tagged ``lang-es`` or ``lang-en`` go to that
edition only, cells tagged ``solution`` to the solutions only, those tagged ``exercise`` to the
exercises only, and ``{{lang}}`` becomes es or en. The metadata ``question="e02.q1"`` marks the
cell of an answer; what it has between ``### BEGIN SOLUTION`` and ``### END SOLUTION`` is left out
of the exercise. ``points=2`` marks the cell of a check.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import jupytext
import nbformat
from nbconvert.preprocessors import TagRemovePreprocessor
from nbformat import NotebookNode

from tools.course import ROOT

LANGUAGES = ("es", "en")
STUB = {"es": "# SU CÓDIGO AQUÍ", "en": "# YOUR CODE HERE"}
REGION = re.compile(
    r"^(?P<indent>[ ]*)### BEGIN SOLUTION\n(?P<body>.*?)^[ ]*### END SOLUTION$", re.M | re.S
)
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebook(source: Path, lang: str, *, solved: bool | None) -> NotebookNode:
    """One notebook from ``source``, without outputs, the same at every generation.

    It has the answers if ``solved``, none if not, and answers between markers if None.
    """
    nb = without(jupytext.read(source), *(f"lang-{other}" for other in LANGUAGES if other != lang))
    for number, cell in enumerate(nb.cells):
        finish(cell, lang, default_id=f"{source.stem}-{number:02d}", solved=solved)
    nb = without(nb, "exercise" if solved else "solution")
    for cell in nb.cells:
        cell.metadata.pop("tags", None)
    nb.metadata, nb.nbformat, nb.nbformat_minor = METADATA, 4, 5
    nbformat.validate(nb)
    return nb


def without(nb: NotebookNode, *tags: str) -> NotebookNode:
    """``nb`` without the cells that have one of the tags."""
    return TagRemovePreprocessor(remove_cell_tags=set(tags), enabled=True).preprocess(nb, {})[0]


def finish(cell: NotebookNode, lang: str, *, default_id: str, solved: bool | None) -> None:
    """Give a cell its source, its metadata and its id in this edition."""
    question, points = cell.metadata.get("question"), cell.metadata.get("points")
    tags = cell.metadata.get("tags", [])
    cell.metadata = NotebookNode(tags=[tag for tag in tags if not tag.startswith("lang-")])
    cell.source = cell.source.replace("{{lang}}", lang)
    if question:
        if not REGION.search(cell.source):
            raise ValueError(f"{question}: no ### BEGIN SOLUTION … ### END SOLUTION in its cell")
        if solved is not None:
            cell.source = REGION.sub(
                lambda found: (
                    found["body"].rstrip("\n")
                    if solved
                    else f"{found['indent']}{STUB[lang]}\n{found['indent']}raise NotImplementedError"
                ),
                cell.source,
            )
        cell.metadata.nbgrader = nbgrader(question)
    elif points:
        checked = re.match(r'check\("(e\d\d\.q\d+)"', cell.source)
        if not checked:
            raise ValueError(f'a cell with points must begin with check("…": {cell.source!r}')
        cell.metadata.nbgrader = nbgrader(checked[1], points)
    if ("### BEGIN" in cell.source or "### END" in cell.source) and not (
        question and solved is None
    ):
        raise ValueError(f"{default_id}: an answer's markers in a cell without question=")
    cell.id = cell.metadata.get("nbgrader", {}).get("grade_id", default_id)


def nbgrader(key: str, points: int | None = None) -> NotebookNode:
    """nbgrader's metadata of an answer, or of its check if there are points."""
    name = key.replace(".", "-")
    metadata = NotebookNode(
        grade=points is not None,
        grade_id=name if points is None else f"{name}-check",
        locked=points is not None,
        schema_version=3,
        solution=points is None,
        task=False,
    )
    if points is not None:
        metadata.points = points
    return metadata


def generate(root: Path = ROOT) -> dict[Path, str]:
    """Every generated file, by path, and what should be in it."""
    return {
        root / folder / lang / f"{source.stem}.ipynb": nbformat.writes(
            notebook(source, lang, solved=folder == "solutions")
        )
        + "\n"
        for source in sorted((root / "exercises/source").glob("*.py"))
        for lang in LANGUAGES
        for folder in ("exercises", "solutions")
    }


def stale(root: Path = ROOT) -> list[str]:
    """What is wrong with the generated files, a line each, with the command that mends it."""
    expected = generate(root)
    there = {
        path
        for folder in ("exercises", "solutions")
        for lang in LANGUAGES
        for path in (root / folder / lang).glob("*.ipynb")
    }
    problems = {path: "has no source" for path in there - expected.keys()}
    for path, text in expected.items():
        if path not in there:
            problems[path] = "is missing"
        elif path.read_text(encoding="utf-8") != text:
            problems[path] = "is not what its source gives"
    return [
        f"{path.relative_to(root)} {why}: run `make sync`" for path, why in sorted(problems.items())
    ]


def write(root: Path = ROOT) -> None:
    """Write every generated file and remove those without a source."""
    expected = generate(root)
    for folder in ("exercises", "solutions"):
        for path in root.glob(f"{folder}/e[sn]/*.ipynb"):
            if path not in expected:
                path.unlink()
    for path, text in expected.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write_nbgrader(folder: Path, lang: str, root: Path = ROOT) -> None:
    """Write the sources of a course of nbgrader, an assignment a chapter, as ``e03``."""
    for source in sorted((root / "exercises/source").glob("*.py")):
        path = folder / f"source/e{source.stem[:2]}/{source.stem}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook(source, lang, solved=None), path)


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit("\n".join(stale()) or 0)
    if len(sys.argv) == 4 and sys.argv[1] == "--nbgrader" and sys.argv[3] in LANGUAGES:
        write_nbgrader(Path(sys.argv[2]), sys.argv[3])
    else:
        write()
