"""Exercises: solutions pass, mistakes meet their hint, mutants die, notebooks are up to date."""

import ast
import re
import shutil
from collections import Counter

import pytest

from nflib.course.check import evaluate
from nflib.course.language import LANGUAGES, language
from tests.exercises.questions import (
    SOLUTIONS,
    SOURCES,
    exercises,
    expressions,
    load,
    plain,
    questions,
)
from tools.course import ROOT

mutants = load(ROOT / "tests/exercises/mutants.py").mutants
ANSWERS = [load(path) for path in sorted((ROOT / "tests/exercises").glob("e*_answers.py"))]
WRONG = [wrong for answers in ANSWERS for wrong in answers.WRONG]
RIGHT = [right for answers in ANSWERS for right in answers.RIGHT]
EQUIVALENT = {change: why for answers in ANSWERS for change, why in answers.EQUIVALENT.items()}
SHOWN = {source.name: source for source in SOURCES}


def verdict(question, source):
    """The result of a question if its answer were ``source``."""
    names = dict(question.before)
    exec(source, names)
    return evaluate(question.key, *(names[name] for name in question.names))


@pytest.fixture(params=LANGUAGES)
def lang(request):
    before = language()
    yield language(request.param)
    language(before)


@pytest.mark.parametrize("key", SOLUTIONS)
def test_solution_passes(key):
    assert verdict(SOLUTIONS[key], SOLUTIONS[key].source).verdict == "pass"


@pytest.mark.parametrize("name", SHOWN)
def test_unsolved_answers_are_pending(name, lang):
    for question in questions(SHOWN[name], solved=False, lang=lang):
        result = verdict(question, question.source)
        assert result.verdict == "pending", result
        assert question.names[0] in repr(result)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda w: f"{w.key}: {w.mistake}")
def test_wrong_answer_fails_at_its_step_with_its_hint(wrong):
    result = evaluate(wrong.key, *wrong.functions)
    assert result.verdict == "fail", result
    assert result.step == wrong.step, result
    assert wrong.hint in result.hint.en, result


@pytest.mark.parametrize("key", SOLUTIONS)
def test_every_question_has_answers_of_both_kinds_and_each_mistake_its_own_hint(key, lang):
    wrong = [answer for answer in WRONG if answer.key == key]
    assert len(wrong) >= 5
    assert sum(answer.key == key for answer in RIGHT) >= 2
    hints = Counter(getattr(evaluate(key, *answer.functions).hint, lang) for answer in wrong)
    assert hints.most_common(1)[0][1] == 1, hints.most_common(1)


@pytest.mark.parametrize("right", RIGHT, ids=lambda r: f"{r.key}: {r.way}")
def test_other_right_answer_passes(right):
    result = evaluate(right.key, *right.functions)
    assert result.verdict == "pass", result


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, 1e300, -1e300, float("nan"), float("inf")])
@pytest.mark.parametrize("key", SOLUTIONS)
def test_no_constant_answer_passes_or_breaks_the_check(key, value):
    result = evaluate(key, *(lambda *arguments: value for _ in SOLUTIONS[key].names))
    assert result.verdict == "fail", result
    assert result.step != "internal" and result.hint.es and result.hint.en, result


@pytest.mark.slow
@pytest.mark.parametrize("key", SOLUTIONS)
def test_mutants_of_the_solution_die(key):
    question = SOLUTIONS[key]
    alive, tried = [], 0
    for change, source in mutants(question.source):
        result = verdict(question, source)
        tried += 1
        assert result.step != "internal", (change, result)
        if result and change not in EQUIVALENT:
            alive.append(change)
    assert tried >= 8
    assert not alive, "these mutants pass the check:\n" + "\n".join(alive)


def test_listed_equivalent_mutants_exist_and_pass():
    passed = {
        change
        for question in SOLUTIONS.values()
        for change, source in mutants(question.source)
        if change in EQUIVALENT and verdict(question, source)
    }
    assert passed == EQUIVALENT.keys()


# --- hints -------------------------------------------------------------------------------------


def constant_texts(path):
    """The (es, en) pairs of the calls ``Text("…", "…")`` in a file that are sentences."""
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Text"
    ]
    pairs = [
        tuple(argument.value for argument in call.args)
        for call in calls
        if all(isinstance(argument, ast.Constant) for argument in call.args)
    ]
    return [pair for pair in pairs if " " in pair[0]]


CHECKS = sorted((ROOT / "nflib/course/check").glob("e[0-9][0-9].py"))


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.stem)
def test_every_hint_is_met_by_a_wrong_answer(path):
    given = {tuple(evaluate(wrong.key, *wrong.functions).hint) for wrong in WRONG}
    unmet = [pair for pair in constant_texts(path) if pair not in given]
    assert not unmet, "no wrong answer gets these hints:\n" + "\n".join(map(str, unmet))


@pytest.mark.parametrize("key", SOLUTIONS)
def test_hints_do_not_contain_the_solution(key):
    texts = [plain(text) for path in CHECKS for pair in constant_texts(path) for text in pair]
    for wrong in WRONG:
        if wrong.key == key:
            result = evaluate(wrong.key, *wrong.functions)
            texts += [plain(text) for text in (*result.message, *result.hint)]
    leaked = [
        (expression, text)
        for expression in set(expressions(SOLUTIONS[key].source))
        for text in texts
        if expression in text
    ]
    assert not leaked


# --- notebooks ---------------------------------------------------------------------------------


def test_generated_notebooks_are_up_to_date():
    problems = exercises.stale()
    assert not problems, "\n" + "\n".join(problems)


def test_stale_missing_and_orphaned_notebooks_are_named(tmp_path):
    shutil.copytree(ROOT / "exercises/source", tmp_path / "exercises/source")
    exercises.write(tmp_path)
    assert exercises.stale(tmp_path) == []
    stem = SOURCES[0].stem
    edited = tmp_path / f"exercises/es/{stem}.ipynb"
    edited.write_text(edited.read_text(encoding="utf-8") + " ", encoding="utf-8")
    (tmp_path / f"solutions/en/{stem}.ipynb").unlink()
    (tmp_path / "exercises/en/99-gone.ipynb").write_text("{}", encoding="utf-8")
    problems = exercises.stale(tmp_path)
    assert [problem.split()[0] for problem in problems] == [
        "exercises/en/99-gone.ipynb",
        f"exercises/es/{stem}.ipynb",
        f"solutions/en/{stem}.ipynb",
    ]
    assert all("make sync" in problem for problem in problems)
    exercises.write(tmp_path)
    assert exercises.stale(tmp_path) == []


@pytest.mark.parametrize("name", SHOWN)
def test_exercise_shows_no_solution_and_solution_no_blank(name, lang):
    unsolved = exercises.notebook(SHOWN[name], lang, solved=False)
    solved = exercises.notebook(SHOWN[name], lang, solved=True)
    text = "\n".join(cell.source for cell in unsolved.cells)
    answered = "\n".join(cell.source for cell in solved.cells if cell.cell_type == "code")
    asked = questions(SHOWN[name], solved=True)
    blanks = text.count(exercises.STUB[lang])
    assert blanks == text.count("\n    raise NotImplementedError") >= len(asked) >= 3
    assert "SOLUTION" not in text + answered and "NotImplementedError" not in answered
    assert "{{" not in text + answered
    explained = len(solved.cells) - len(unsolved.cells)
    assert explained == len(asked)


@pytest.mark.parametrize("name", SHOWN)
def test_editions_have_the_same_cells_code_and_formulas(name):
    def code(cell, lang):
        return cell.source.replace(exercises.STUB[lang], "#").replace(f'("{lang}")', "(lang)")

    def formulas(cell):
        return sorted(re.sub(r"\s+", " ", part) for part in re.findall(r"\$+[^$]+\$+", cell.source))

    for solved in (False, True):
        pair = [exercises.notebook(SHOWN[name], lang, solved=solved) for lang in ("es", "en")]
        for es, en in zip(*(nb.cells for nb in pair), strict=True):
            assert (es.id, es.cell_type, es.metadata) == (en.id, en.cell_type, en.metadata)
            if es.cell_type == "code":
                assert code(es, "es") == code(en, "en")
            else:
                assert es.source != en.source, es.id
                assert formulas(es) == formulas(en), es.id


@pytest.mark.parametrize("name", SHOWN)
def test_notebooks_are_plain_and_carry_nbgrader_metadata(name, lang):
    nb = exercises.notebook(SHOWN[name], lang, solved=False)
    ids = [cell.id for cell in nb.cells]
    assert len(set(ids)) == len(ids)
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"^(:::|```)|\{[a-z:]+\}`", cell.source, re.M), cell.source
        else:
            assert cell.outputs == [] and cell.execution_count is None
            assert max(map(len, cell.source.splitlines())) <= 78
    graded = {
        cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader
        for cell in nb.cells
        if "nbgrader" in cell.metadata
    }
    for question in questions(SHOWN[name], solved=False):
        answer = graded.pop(question.key.replace(".", "-"))
        checked = graded.pop(question.key.replace(".", "-") + "-check")
        assert answer.solution and not answer.grade and not answer.locked
        assert checked.grade and checked.locked and checked.points > 0
    assert not graded
