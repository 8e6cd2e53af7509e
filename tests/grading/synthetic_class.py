"""Submissions of students, honest and not: notebooks made from those of the course."""

import copy
import json
import re

from tools.course import ROOT


def notebook(exercise, *, solved=True, lang="en"):
    """A notebook of the course, as JSON."""
    (path,) = (ROOT / ("solutions" if solved else "exercises") / lang).glob(f"{exercise}-*.ipynb")
    return json.loads(path.read_text(encoding="utf-8"))


def code(source):
    return {"cell_type": "code", "metadata": {}, "outputs": [], "source": source}


def with_cell(source, *, place=0, exercise="03", **options):
    """A notebook with one more cell of code."""
    made = notebook(exercise, **options)
    made["cells"].insert(place if place >= 0 else len(made["cells"]) + 1 + place, code(source))
    return made


def replaced(answers, exercise="03", **options):
    """The solutions of an exercise with other answers, by their key."""
    made = notebook(exercise, **options)
    for cell in made["cells"]:
        key = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if key in answers:
            cell["source"] = answers[key]
    return made


def bare(made):
    """As re-saved by Colab: its own metadata, no ids, sources as one string."""
    made = copy.deepcopy(made)
    made["nbformat_minor"], made["metadata"] = 0, {"colab": {"provenance": []}}
    for cell in made["cells"]:
        cell.pop("id", None)
        cell["metadata"] = {"id": "x9Yz"}
        cell["source"] = "".join(cell["source"])
    return made


def version3(made):
    """The same notebook in the format of 2013."""
    cells = []
    for cell in copy.deepcopy(made)["cells"]:
        if cell["cell_type"] == "code":
            cell = {"cell_type": "code", "input": cell["source"], "language": "python"}
        cells.append(cell)
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}


def backwards(made):
    """The answers' cells in the opposite order, all before the cell of the imports."""
    made = bare(made)
    codes = [cell for cell in made["cells"] if cell["cell_type"] == "code"]
    made["cells"] = codes[::-1]
    return made


def without(made, pattern):
    """A notebook without the cells of code that match."""
    made = copy.deepcopy(made)
    made["cells"] = [c for c in made["cells"] if not re.search(pattern, "".join(c["source"]))]
    return made


def twice(made):
    """Every cell two times, one copy after the other."""
    made = copy.deepcopy(made)
    made["cells"] = [cell for cell in made["cells"] for _ in range(2)]
    return made


def save(folder, student, made):
    """Write a submission; text and bytes as they are."""
    path = folder / student / "answers.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    data = made if isinstance(made, bytes) else json.dumps(made).encode()
    path.write_bytes(data)
    return path
