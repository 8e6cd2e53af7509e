"""Real submissions in every form that they come in: the grade is that of what they answer."""

import pytest

from nflib.course.language import LANGUAGES
from tests.grading.synthetic_class import (
    backwards,
    bare,
    code,
    full,
    notebook,
    replaced,
    save,
    twice,
    version3,
    with_cell,
    without,
)
from tools.grading import table
from tools.grading.grade import grade_all
from tools.grading.sandbox import Limits
from tools.grading.submissions import submissions

FULL = full("03")
EXERCISES = ("01", "02", "03", "04")
MAGIC = (
    "%matplotlib inline\n!pip list\nimport matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()\n"
)
OWN = (
    "from nflib.course.check import predict, variant\n"
    "assert predict('e03.q5', (1, 2)) == [1, 2] == predict('e03.q5', 3)\n"
    "assert variant('e03.q5', '7').shape == (2, 2)"
)
FORMS = {  # a notebook, its points, words of its note
    "bare": (bare(notebook("03")), FULL, ""),
    "version 3": (version3(notebook("03", lang="es")), FULL, ""),
    "backwards": (backwards(notebook("03")), FULL, ""),
    "twice": (twice(notebook("03")), FULL, "more than once"),
    "deleted": (without(notebook("03"), "def log_abs_det_rank1"), FULL - 3, "NameError"),
    "no checks": (without(notebook("02"), r"^check\("), full("02"), ""),
    "no imports": (without(notebook("03"), "^import"), FULL, ""),
    "no data": (without(notebook("02"), "^def mixture_cdf"), full("02"), ""),
    "no number of one's own": (without(notebook("03"), "^student"), FULL - 2, "NameError"),
    "solved, then not": (
        {"cells": notebook("03")["cells"] + notebook("03", solved=False)["cells"]},
        0,
        "more than once",
    ),
    "magic": (with_cell(MAGIC + "%timeit 1\nx = !ls\nplt.plot?"), FULL, ""),
    "another program": (with_cell("%%bash\nls"), FULL, "%%bash"),
    "a syntax error": (with_cell("def f(:\n"), FULL, "SyntaxError"),
    "renamed": (
        replaced(
            {
                "e03-q3": "def mine(A): return torch.linalg.qr(A)[1].diagonal().abs().log().sum()",
                "e03-q3-check": 'check("e03.q3", mine)',
            }
        ),
        FULL,
        "",
    ),
    "a helper written anew": (
        with_cell("def normal_density(z): return None\nSQUARE = None", place=-1), FULL, "",
    ),
    "float64": (with_cell("import torch\ntorch.set_default_dtype(torch.float64)"), FULL, ""),
    "predict and variant": (with_cell(OWN), FULL, ""),
    "no JSON": (b"\x00\x01", "", "JSON"),
    "another course": ({"cells": [code("x = 1")]}, "", "no exercise"),
}  # fmt: skip


@pytest.mark.slow
def test_the_form_of_a_notebook_does_not_change_its_grade(sandbox, tmp_path):
    wanted = {}
    for name, (made, points, words) in FORMS.items():
        save(tmp_path / "in", name, made)
        wanted[name] = points, words
    for exercise in EXERCISES:
        for lang in LANGUAGES:
            for points in (full(exercise), 0):
                name = f"{exercise} {lang} {points}"
                save(tmp_path / "in", name, notebook(exercise, solved=points > 0, lang=lang))
                wanted[name] = points, ""
    found = submissions(tmp_path / "in")
    records = grade_all(found, tmp_path / "o.csv", sandbox, Limits(), jobs=2, silent=True)
    rows = {each["student"]: table.row(each, "en") for each in records}
    wrong = []
    for name, (points, words) in wanted.items():
        row, note = rows[name], rows[name]["note"]
        same = (row["total"] if row["maximum"] else "") == points
        if not same or words not in note or bool(words) != bool(note):
            wrong.append(f"{name}: not {points} with «{words}» in {row}")
        if name.endswith(" 0"):
            assert {v for k, v in row.items() if k.endswith("reason")} == {"to do"}
    assert not wrong, "\n".join(wrong)
