"""Write the notebooks of exercises and solutions, and what `solution` shows, from exercises/source/*.py.

    python -m tools.notebooks.exercises            writes exercises/{es,en} and solutions/{es,en}
    python -m tools.notebooks.exercises --nbgrader FOLDER es    writes FOLDER/source, a course of nbgrader

A source is a jupytext percent script. Cells tagged ``lang-es`` or ``lang-en`` go to that edition only, cells tagged
``solution`` to the solutions only, those tagged ``exercise`` to the exercises only, and ``{{lang}}`` becomes es or en.
The metadata ``question="e02.q1"`` marks the cell of an answer, with ``after="-2"`` a second one; what it has between
``### BEGIN SOLUTION`` and ``### END SOLUTION`` is left out of the exercise. ``points=2`` marks the cell of a check.

nbgrader is not a dependency: its metadata are written on the cells here, and the answers' markers stay where nbgrader
wants them, which is with ``--nbgrader``. `make nbgrader` tries it for real.
"""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from tools.course import EDITIONS, ROOT

KINDS = ("exercises", "solutions")
SHOWN = "nflib/course/check/solutions.json"  # what `solution("e02.q1")` shows
STUB = {"es": "# SU CÓDIGO AQUÍ", "en": "# YOUR CODE HERE"}
VALUE = {"es": "# SU RESPUESTA AQUÍ", "en": "# YOUR ANSWER HERE"}
REGION = re.compile(r"^( *)### BEGIN SOLUTION\n(.*?)\n*^ *### END SOLUTION$", re.M | re.S)
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebook(source: Path, lang: str, *, solved: bool | None) -> NotebookNode:
    """Return one notebook from ``source``, without outputs, the same at every generation.

    It has the answers if ``solved``, none if not, and answers between markers if None.
    """
    tags = lambda cell: set(cell.metadata.get("tags", []))
    others = {f"lang-{other}" for other in EDITIONS if other != lang}
    left_out = "exercise" if solved else "solution"
    cells = []
    edition = [cell for cell in jupytext.read(source).cells if not others & tags(cell)]
    for number, cell in enumerate(edition):
        if left_out not in tags(cell):
            cells.append(cell)
        finish(cell, lang, f"{source.stem}-{number:02d}", solved)
    nb = nbformat.v4.new_notebook(cells=cells, metadata=METADATA)
    nbformat.validate(nb)
    return nb


def finish(cell: NotebookNode, lang: str, default_id: str, solved: bool | None) -> None:
    """Give a cell its source, its metadata and its id in this edition."""
    question, points = cell.metadata.get("question"), cell.metadata.get("points")
    after = cell.metadata.get("after", "")
    cell.metadata = NotebookNode()
    cell.source = cell.source.replace("{{lang}}", lang)
    if question:
        if not REGION.search(cell.source):
            raise ValueError(f"{question}: no ### BEGIN SOLUTION … ### END SOLUTION in its cell")
        if solved is not None:
            cell.source = REGION.sub(r"\2" if solved else partial(stub, lang), cell.source)
        cell.metadata.nbgrader = nbgrader(question + after)
    elif points:
        checked = re.match(r'check\("(e\d\d\.q\d+)"', cell.source)
        if not checked:
            raise ValueError(f'a cell with points must begin with check("…": {cell.source!r}')
        cell.metadata.nbgrader = nbgrader(checked[1], points)
        if solved is False:
            cell.metadata.tags = ["remove-output"]  # on the page: nothing is written yet
    if re.search("### (BEGIN|END)", cell.source) and not (question and solved is None):
        raise ValueError(f"{default_id}: an answer's markers in a cell without question=")
    cell.id = cell.metadata.get("nbgrader", {}).get("grade_id", default_id)


def stub(lang: str, answer: re.Match) -> str:
    """What stands in place of an answer: an error in a function, an ellipsis for each value outside of one."""
    indent, code = answer.groups()
    if indent:
        return f"{indent}{STUB[lang]}\n{indent}raise NotImplementedError"
    names = re.findall(r"^(\w+) = ", code, re.M)
    return "\n".join(f"{name} = ...  {VALUE[lang]}" for name in names)


def solutions(source: Path) -> dict[str, dict[str, str]]:
    """Return the code of each answer of a source, and its reasons in each language."""
    found: dict[str, dict[str, str]] = {}
    for cell in jupytext.read(source).cells:
        tags = cell.metadata.get("tags", [])
        if key := cell.metadata.get("question"):
            entry = found.setdefault(key, {"code": "", **dict.fromkeys(EDITIONS, "")})
            code = REGION.sub(r"\2", cell.source)
            entry["code"] = f"{entry['code']}\n\n{code}".strip()
        elif found and "solution" in tags and cell.cell_type == "markdown":
            last = found[next(reversed(found))]
            for lang in EDITIONS:
                if f"lang-{lang}" in tags:
                    last[lang] = f"{last[lang]}\n\n{cell.source}".strip()
    return found


def nbgrader(key: str, points: int | None = None) -> NotebookNode:
    """Return nbgrader's metadata of an answer, or of its check if there are points."""
    name, check = key.replace(".", "-"), points is not None
    return NotebookNode(
        grade=check, locked=check, solution=not check, task=False, schema_version=3,
        grade_id=f"{name}-check" if check else name, **({"points": points} if check else {}),
    )  # fmt: skip


def sources(root: Path = ROOT) -> list[Path]:
    """Return the sources, a file a chapter."""
    return sorted((root / "exercises/source").glob("*.py"))


def present(root: Path) -> set[Path]:
    """Return the notebooks that are there."""
    patterns = [SHOWN, *(f"{kind}/e[sn]/*.ipynb" for kind in KINDS)]
    return {path for pattern in patterns for path in root.glob(pattern)}


def generate(root: Path) -> dict[Path, str]:
    """Return what should be in each notebook, and in the file of solutions, by path."""
    shown = {key: each for source in sources(root) for key, each in solutions(source).items()}
    return {root / SHOWN: json.dumps(shown, ensure_ascii=False, indent=1) + "\n"} | {
        root / kind / lang / f"{source.stem}.ipynb": nbformat.writes(
            notebook(source, lang, solved=kind == "solutions")
        )
        + "\n"
        for source in sources(root)
        for lang in EDITIONS
        for kind in KINDS
    }


def stale(root: Path = ROOT) -> list[str]:
    """Say what is wrong with the notebooks that are there, a line each, with the command that mends it."""
    expected, there = generate(root), present(root)
    problems = dict.fromkeys(there - expected.keys(), "has no source")
    for path, text in expected.items():
        if path not in there:
            problems[path] = "is missing"
        elif path.read_text("utf8") != text:
            problems[path] = "is not what its source gives"
    return [
        f"{path.relative_to(root)} {why}: run `make sync`" for path, why in sorted(problems.items())
    ]


def write(root: Path = ROOT) -> None:
    """Write every notebook and remove those without a source."""
    expected = generate(root)
    for path in present(root) - expected.keys():
        path.unlink()
    for path, text in expected.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf8")


def write_nbgrader(folder: Path, lang: str) -> None:
    """Write the sources of a course of nbgrader, an assignment a chapter, as ``e03``."""
    for source in sources():
        path = folder / f"source/e{source.stem[:2]}/{source.stem}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook(source, lang, solved=None), path)


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            write()
        case ["--nbgrader", folder, ("es" | "en") as lang]:
            write_nbgrader(Path(folder), lang)
        case _:
            sys.exit(__doc__)
