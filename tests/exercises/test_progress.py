"""The table of progress: what `check` records, what survives, what it says where it cannot write."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nflib.course.check import check, engine, language, progress
from nflib.course.check.record import FILE

KEY = "e03.q3"


pytestmark = pytest.mark.usefixtures("lang", "beginner")


def right(A):
    import torch

    return torch.linalg.qr(A).R.diagonal().abs().log().sum()


def unsolved(A):
    raise NotImplementedError


def restart(monkeypatch):
    """Forget all tries, as a new kernel has."""
    monkeypatch.setattr("nflib.course.check.record._memory", {})


def test_counts_tries_and_keeps_the_day_of_the_first_success(monkeypatch):
    check(KEY, lambda A: 0.0)
    assert progress().questions[KEY] == {"tries": 1}
    check(KEY, right)
    monkeypatch.setattr("nflib.course.check.record.date", None)  # a second success asks for no day
    check(KEY, right)
    entry = progress().questions[KEY]
    assert entry["tries"] == 3 and len(entry["passed"]) == 10


def test_an_unsolved_question_leaves_no_trace():
    check(KEY, unsolved)
    check("e99.q9", right)
    assert not Path(FILE).exists() and progress().questions[KEY] == {}


def test_lists_every_question_of_the_course_in_order():
    shown = list(progress().questions)
    assert shown == sorted(shown) and set(shown) >= {f"e{n:02d}.q1" for n in range(1, 5)}


def test_survives_a_restart(monkeypatch):
    check(KEY, right)
    restart(monkeypatch)
    assert "passed" in progress().questions[KEY]
    check("e03.q4", lambda u, w, s: s)
    restart(monkeypatch)
    found = progress().questions
    assert "passed" in found[KEY] and found["e03.q4"] == {"tries": 1}


def test_two_notebooks_share_one_file(monkeypatch):
    check(KEY, right)
    restart(monkeypatch)
    check("e03.q4", lambda u, w, s: s)
    assert set(json.loads(Path(FILE).read_text())) == {KEY, "e03.q4"}


@pytest.mark.parametrize("text", ["{", "[1]", '{"e03.q3": {}}', '{"e03.q3": 7}', "\x00"])
def test_keeps_an_unreadable_file_aside_and_says_so(text):
    Path(FILE).write_text(text)
    check(KEY, right)
    assert Path(f"{FILE}.bad").read_text() == text
    assert f"{FILE}.bad" in repr(progress()) and "passed" in progress().questions[KEY]


def test_says_where_it_cannot_write(tmp_path):
    Path(FILE).mkdir()  # nobody, not even root, can replace it by a file
    (tmp_path / FILE / "held").touch()
    check(KEY, right)
    shown = progress()
    assert "passed" in shown.questions[KEY]
    assert {"es": "se pierde", "en": "is lost"}[language()] in repr(shown)


def test_says_that_colab_forgets(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    assert {"es": "descárguelo", "en": "download it"}[language()] in repr(progress())


def test_strict_checks_record_nothing(monkeypatch):
    monkeypatch.setenv("NFLIB_CHECK", "strict")
    check(KEY, right)
    assert not Path(FILE).exists()


def test_shows_a_table_in_the_language_of_the_notebook():
    check(KEY, right)
    page = progress()._repr_html_()
    assert f'lang="{language()}"' in page and f"✓ {KEY}" in page
    assert f"1 {'de' if language() == 'es' else 'of'} {len(progress().questions)}" in page
    assert page.count("<tr>") == len(progress().questions) + 1
    assert f"✓ {KEY}" in repr(progress())


def test_a_killed_kernel_leaves_a_whole_file(tmp_path):
    check(KEY, right)
    code = (
        "import os; import nflib.course.check.record as m\n"
        "os.replace = lambda a, b: os._exit(9)\nm.record('e03.q4', passed=True)"
    )
    where = {**os.environ, "PYTHONPATH": str(Path(engine.__file__).parents[3])}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=where, check=False)
    assert done.returncode == 9
    assert set(json.loads(Path(FILE).read_text())) == {KEY}
