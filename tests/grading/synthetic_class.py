"""Submissions of students, honest and not: notebooks made from those of the course."""

import copy
import csv
import json
import random
import re
import zipfile

from nflib.course.check import engine
from tools.course import ROOT
from tools.grading.notebook import course


def notebook(exercise, *, solved=True, lang="en"):
    """A notebook of the course, as JSON."""
    (path,) = (ROOT / ("solutions" if solved else "exercises") / lang).glob(f"{exercise}-*.ipynb")
    return json.loads(path.read_text(encoding="utf-8"))


def full(exercise="03"):
    """The points of all that a program marks."""
    points = course()[f"e{exercise}"]
    return sum(n for key, n in points.items() if not engine.question(key).on_paper)


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


def edited(made, *pairs):
    """A notebook in whose code a text is replaced by another, for each pair."""
    made = copy.deepcopy(made)
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            text = "".join(cell["source"])
            for old, new in pairs:
                text = text.replace(old, new)
            cell["source"] = text
    return made


FIRST = "Ana Bruno Carla Dário Elena Félix Gael Íñigo Julia Kiara Lucía Ñancu".split()
LAST = ("García", "Núñez", "de los Ríos", "O'Connor", "Zhao")
SLIPS = (  # what a solution of exercise 3 has, and what students write in place of it
    ("SQUARE @ A.mT", "SQUARE @ A"),
    ("torch.abs((x * next_y - y * next_x).sum(1)) / 2", "(x * next_y - y * next_x).sum(1) / 2"),
    (" * torch.abs(torch.linalg.det(W))", ""),
    ("torch.sum(torch.log(torch.abs(torch.diagonal(R))))", "torch.linalg.det(A).abs().log()"),
    ("torch.abs(1 + s * inner)", "1 + s * inner"),
    ("area = 3 * abs", "area = abs"),
    ("height = 1 / image_area", "height = ..."),
    ("det(A^T A) = det(A^T) det(A) = det(A)^2, since the determinant of a product is", ""),
)
HTML = "</blockquote><script>alert(1)</script> {{ 7 * 7 }} {0.__class__} \\x1b[31m\\u202e"
SHAPES = (dict, bare, version3, backwards, twice, lambda made: without(made, "^import"))
ODD = {  # by number: what is edited, or handed in
    4: ("x.pdf", b"%PDF"),
    5: ("x.ipynb", b""),
    9: ("all.zip", b"PK"),
    14: ("", b""),
    15: ("x.ipynb", notebook("02")),
    16: ("x.ipynb", notebook("03", solved=False)),
    17: [("The sign is free", f"The sign is free {HTML}")],
    19: [("import math", "import math, os\nos._exit(0)")],
    22: [('"1234567"', '"1003"')],  # the number of another
    23: [("    return SQUARE", "    while True: pass\n    return SQUARE")],
}


def student(n):
    """What student ``n`` of a class hands in: a file's name, and its bytes or its notebook; 21 copies 20."""
    n = 20 if n == 21 else n
    lot, odd = random.Random(n), ODD.get(n, [])
    if isinstance(odd, tuple):
        return odd
    own = [('"1234567"', f'"2000{n:02}"'), ("The sign is free", f"Mine, {n}: the sign is free")]
    own += [("following", f"following_{n}"), ("W", f"W_{n}"), ("inner", f"inner_{n}")]
    skill = lot.random()
    slips = [slip for slip in SLIPS if lot.random() > skill + 0.2]
    solved = edited(notebook("03", lang=("es", "en")[n % 2]), *odd, *slips, *own)
    return "x.ipynb", SHAPES[n % 6](solved)


def moodle(folder, count):
    """A class as Moodle gives it: the zip of its submissions, and the grading worksheet."""
    head = ["Identificador", "Nombre completo", "Dirección de correo", "Estado", "Calificación"]
    head += ["Calificación máxima", "La calificación puede ser cambiada"]
    head += ["Última modificación (entrega)", "Última modificación (calificación)"]
    lines = [[*head, "Comentarios de retroalimentación"]]
    with zipfile.ZipFile(folder / "class.zip", "w") as archive:
        for n in range(count + 2):
            name = "Ana García" if n == 12 else f"{FIRST[n % 12]} {LAST[n // 12 % 5]}"
            sent = n < count  # the last two hand in nothing
            state = "Enviado para calificar" if sent else "Sin entrega"
            day = "lunes, 30 de noviembre de 2026, 10:00"
            mail = f"{n}@example.org"
            lines.append([f"Participante {1000 + n}", name, mail, state, "", "20,00", "Sí"])
            lines[-1] += [day if sent else "-", "-", ""]
            if sent:
                file, made = student(n)
                data = made if isinstance(made, bytes) else json.dumps(made).encode()
                archive.writestr(f"{name}_{1000 + n}_assignsubmission_file_/{file}", data)
    with open(folder / "worksheet.csv", "w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(lines)
    return folder / "class.zip", folder / "worksheet.csv"


def save(folder, student, made):
    """Write a submission; text and bytes as they are."""
    path = folder / student / "answers.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    data = made if isinstance(made, bytes) else json.dumps(made).encode()
    path.write_bytes(data)
    return path
