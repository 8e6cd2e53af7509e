"""Answers that are no functions, on their way to the grader: values, texts that a person marks, data of one's own."""

import contextlib
import sys
import threading
from multiprocessing import Pipe

import pytest

from nflib.course.check.variants import variant
from tests.grading.test_lecturer import record
from tools.grading import classroom, judge, pipe, records, report, table
from tools.grading.worker import Student, serve

WORDS = "det of the left side equals det of the right side, and so on. "


class Liar(str):
    """A text whose methods say what is not so."""

    def __str__(self):
        return self

    def __getitem__(self, place):
        raise RuntimeError("no")

    def split(self, *_):
        return range(99)

    __len__ = __eq__ = lambda *_: 99
    __hash__ = str.__hash__


class Yes(float):
    """A number that is near every other."""

    __sub__ = __rsub__ = __float__ = lambda *_: 0.0
    __eq__ = __le__ = __lt__ = __ge__ = lambda *_: True
    __hash__ = float.__hash__


ENDLESS: list = []
ENDLESS.append(ENDLESS)
NESTED: list = []
for _ in range(5000):
    NESTED = [NESTED]
TEXTS = {
    "html": "</blockquote><script>alert(1)</script> `<b>` " + WORDS,
    "placeholders": "{0.__class__} {{ 7 * 7 }} {% raw %} %s " + WORDS,
    "control characters": "\x1b[31m \u202e \ud800 \0 \x9b " + WORDS,
    "1 MB": WORDS * 20_000,
    "a liar": Liar(WORDS),
    "a formula": "=cmd|' /C calc'!A0;" + WORDS,
}
ODD = {
    "a short liar": Liar("det"),
    "itself": ENDLESS,
    "5000 deep": NESTED,
    "NaN": float("nan"),
    "too large": 10**400,
    "a dict": {"verdict": "pass"},
    "a class": Student,
    "yes": Yes(1),
    "many": [float(n) for n in range(1000)],
}


@pytest.fixture
def ask(monkeypatch):
    """Ask a question of given names, over the pipe of the two processes."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])

    def run(key, **names):
        here, there = Pipe()
        student = Student()
        student.names.update(names)

        def work():
            with contextlib.suppress(pipe.Broken), there:  # when we hang up
                serve(there, student)

        thread = threading.Thread(target=work)
        thread.start()
        with here:
            result = judge.ask(here, key, 20)
        thread.join()
        return result

    return run


def shown(tmp_path, result, key="e03.q6"):
    """The pages and the table of a class of one, with the result of a question, by way of the disk."""
    made = record("Ana", "1")
    made["questions"][key] = result
    store = records.Records(tmp_path / ".records")
    store.put(made)
    made = store.get(made["file"])
    report.save(tmp_path, [made], "es")
    classroom.save(tmp_path / "class.html", [made], [], "es")
    table.save(tmp_path / "t.csv", [table.row(made, "es")])
    pages = [path.read_text(encoding="utf-8") for path in tmp_path.glob("[!.]*")]
    return table.total(made), "\n".join(pages)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_reaches_the_pages_as_text_and_gets_no_mark_by_itself(ask, tmp_path, name):
    result = ask("e03.q6", proof=TEXTS[name])
    assert result["verdict"] == "paper" and len(result["given"]) <= 20_000
    total, pages = shown(tmp_path, result)
    assert total == 0 and pages.count("det of the left side") > 1
    assert "<script" not in pages and "<b>" not in pages and "49" not in pages.replace("#3", "")
    assert not set("\x1b\u202e\0\x9b") & set(pages)


@pytest.mark.parametrize("name", ODD)
def test_odd_values_end_in_no_mark_and_break_nothing(ask, tmp_path, name):
    own = {"student": "1234567", "image_area": ODD[name], "height": ODD[name]}
    for key, names in (("e03.q6", {"proof": ODD[name]}), ("e03.q5", own), ("e03.q3", own)):
        result = ask(key, **names)
        assert result["verdict"] in ("fail", "missing"), result
    total, pages = shown(tmp_path, ask("e03.q5", **own), "e03.q5")
    assert total == 0 and len(pages) < 60_000


@pytest.mark.parametrize(
    "told",
    [
        b'{"functions": [["", true, %s1%s]], "missing": []}' % (b"[" * 900, b"]" * 900),
        b'{"functions": [["", true, "pass"], ["", true, "pass"]], "missing": []}',
        b'{"functions": [["", true, {"verdict": "paper"}]], "missing": []}',
        b'{"functions": [["", true, NaN]], "missing": [], "verdict": "pass"}',
        b'{"functions": "abc", "missing": []}',
        b'{"functions": [["", true, [%s[]]]], "missing": []}' % (b"[]," * 2_000_000),
        b"[" * 100_000,
    ],
    ids=["deep", "two", "a dict", "NaN", "a text", "many lists", "no end"],
)
def test_what_a_process_may_tell_of_a_value_is_no_verdict(told):
    here, there = Pipe()

    def tell():
        with contextlib.suppress(pipe.Broken), there:
            for _ in range(2):
                pipe.receive_request(there)
                pipe.send(there, told)

    thread = threading.Thread(target=tell)
    thread.start()
    with contextlib.suppress(pipe.Broken), here:
        assert judge.ask(here, "e03.q6", 5)["verdict"] in ("fail", "error", "pending")
    thread.join()


def test_data_of_ones_own_are_those_of_the_number_that_was_written(ask):
    A = variant("e03.q5", "20.001-7")
    area = 3 * A.det().abs()
    own = {"student": 200017, "image_area": area, "height": 1 / area}
    assert ask("e03.q5", **own)["verdict"] == "pass"
    other = ask("e03.q5", **own | {"student": "200018"})
    assert (other["verdict"], other["student"]) == ("fail", "200018")
