"""Exercises: solutions pass, mistakes meet their hint, mutants die, notebooks are up to date."""

import re
import shutil
from importlib import import_module
from string import Formatter

import pytest

from nflib.course.check import engine, evaluate
from nflib.course.check.text import FOLDER, words
from tests.exercises.answers import declared, texts_of
from tests.exercises.mutants import mutants
from tests.exercises.questions import SOLUTIONS, SOURCES, expressions, given, plain, questions
from tools.course import ROOT
from tools.notebooks import exercises

CHECKS = sorted(FOLDER.glob("e[0-9][0-9].toml"))
ANSWERS = [import_module(f"tests.exercises.{path.stem}_answers") for path in CHECKS]
WRONG = [answer for key in SOLUTIONS for answer in declared(key)]
WRONG += [answer for chapter in ANSWERS for answer in chapter.WRONG]
RIGHT = [answer for chapter in ANSWERS for answer in chapter.RIGHT]
EQUIVALENT = {change: why for chapter in ANSWERS for change, why in chapter.EQUIVALENT.items()}
SHOWN = {source.name: source for source in SOURCES}


def verdict(question, source):
    """The result of a question if its answer were ``source``."""
    return evaluate(question.key, *given(question, source).values())


@pytest.mark.parametrize("key", SOLUTIONS)
def test_solution_passes(key):
    assert verdict(SOLUTIONS[key], SOLUTIONS[key].source)


@pytest.mark.parametrize("name", SHOWN)
def test_unsolved_answers_are_pending(name, lang):
    for question in questions(SHOWN[name], solved=False, lang=lang):
        result = verdict(question, question.source)
        assert result.verdict == "pending", result
        assert any(name in repr(result) for name in question.names)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda w: f"{w.key}: {w.what}")
def test_wrong_answer_fails_at_its_step_with_its_hint(wrong):
    result = evaluate(wrong.key, *wrong.functions)
    assert (result.verdict, result.step, result.mistake) == ("fail", wrong.step, wrong.hint), result
    assert all(result.message) and all(result.hint)


@pytest.mark.parametrize("key", SOLUTIONS)
def test_every_question_has_answers_of_both_kinds(key):
    of_text = engine.question(key).on_paper
    assert sum(answer.key == key for answer in WRONG) >= (2 if of_text else 5)
    assert sum(answer.key == key for answer in RIGHT) >= (1 if of_text else 2)


@pytest.mark.parametrize("right", RIGHT, ids=lambda r: f"{r.key}: {r.what}")
def test_other_right_answer_passes(right):
    result = evaluate(right.key, *right.functions)
    assert result, result


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
        tried += 1
        try:
            result = verdict(question, source)
        except Exception:  # of an answer that is no function: its cell stops
            continue
        assert result.step != "internal", (change, result)
        if result and change not in EQUIVALENT:
            alive.append(change)
    assert tried >= 8 or "def " not in question.source
    assert not alive, "these mutants pass the check:\n" + "\n".join(alive)


@pytest.mark.slow
def test_listed_equivalent_mutants_exist_and_pass():
    passed = {
        change
        for question in SOLUTIONS.values()
        for change, source in mutants(question.source)
        if change in EQUIVALENT and verdict(question, source)
    }
    assert passed == EQUIVALENT.keys()


# --- words -------------------------------------------------------------------------------------


def told(key):
    """Messages and hints that the wrong answers to a question get."""
    results = [evaluate(key, *wrong.functions) for wrong in WRONG if wrong.key == key]
    return [text for result in results for text in (result.message, result.hint)]


@pytest.mark.parametrize("chapter", [path.stem for path in CHECKS])
def test_every_text_is_used(chapter, monkeypatch):
    table, used = words(chapter), set()
    text = engine.Step.text

    def spy(step, name, /, **values):
        used.add(id(next(table[name] for table in step.texts if name in table)))
        return text(step, name, **values)

    monkeypatch.setattr(engine.Step, "text", spy)
    for answer in WRONG + RIGHT:
        if answer.key.startswith(chapter):
            evaluate(answer.key, *answer.functions)
    unused = [
        path for path, each in texts_of(table) if "hints" not in path and id(each) not in used
    ]
    assert not unused, "no wrong answer is told these:\n" + "\n".join(map(".".join, unused))


@pytest.mark.parametrize(
    "path", [*CHECKS, CHECKS[0].with_name("engine.toml")], ids=lambda p: p.stem
)
def test_texts_say_the_same_in_both_languages(path):
    for name, text in texts_of(words(path.stem)):
        places = [sorted(part[1:3] for part in Formatter().parse(each) if part[1]) for each in text]
        assert places[0] == places[1] and all(text), name
        assert all(each == each.strip() for each in text) or name[-1] in ("point", "index"), name


def test_hints_of_a_question_differ_from_each_other():
    said = ("title", "message")
    for path in CHECKS:
        for name, question in words(path.stem).items():
            if isinstance(question, dict):
                hints = [each for place, each in texts_of(question) if place[-1] not in said]
                for language in zip(*hints, strict=True):
                    assert len(language) == len(set(language)), (path.stem, name)


@pytest.mark.parametrize("key", SOLUTIONS)
def test_hints_do_not_contain_the_solution(key):
    constant = (text for path in CHECKS for _, text in texts_of(words(path.stem)))
    said = [plain(each) for text in (*constant, *told(key)) for each in text]
    leaked = [
        (expression, text)
        for expression in set(expressions(SOLUTIONS[key].source))
        for text in said
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
    assert blanks == text.count("\n    raise NotImplementedError")
    assert blanks + text.count(exercises.VALUE[lang]) >= len(asked) >= 3
    assert "SOLUTION" not in text + answered and "NotImplementedError" not in answered
    assert "{{" not in text + answered
    explained = len(solved.cells) - len(unsolved.cells)
    assert explained == len(asked)


@pytest.mark.parametrize("name", SHOWN)
def test_editions_have_the_same_cells_code_and_formulas(name):
    def code(cell, lang):
        plain = cell.source.replace(exercises.STUB[lang], "#").replace(exercises.VALUE[lang], "#")
        return plain.replace(f'("{lang}")', "(lang)")

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
        graded.pop(question.key.replace(".", "-") + "-2", None)
        checked = graded.pop(question.key.replace(".", "-") + "-check")
        assert answer.solution and not answer.grade and not answer.locked
        assert checked.grade and checked.locked and checked.points > 0
    assert not graded
