"""The questions of the exercises, with their solutions, for the tests that ask about them."""

import ast
import re
from importlib import import_module
from types import SimpleNamespace
from unittest import mock

from tools.course import ROOT
from tools.notebooks import exercises

SOURCES = sorted((ROOT / "exercises/source").glob("*.py"))


def questions(source, *, solved, lang="en"):
    """The questions of a notebook: key, source of the answer, what stands before and after it, names."""
    found, before, answer = [], {"predict": lambda key, guess: guess}, None
    module = import_module("nflib.course.check.prediction")
    noted = mock.patch.object(module, "predict", before["predict"])
    for cell in exercises.notebook(source, lang, solved=solved).cells:
        if cell.cell_type != "code":
            continue
        key = re.match(r'check\("([^"]+)"', cell.source)
        if key:
            (call,) = [
                node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)
            ]
            names = [argument.id for argument in call.args[1:]]
            found.append(SimpleNamespace(key=key[1], names=names, **answer))
            continue
        if re.fullmatch(r"e\d\d-q\d+", cell.id):
            answer = {"source": cell.source, "before": dict(before), "after": ""}
        elif answer:
            answer["after"] += f"{cell.source}\n"
        with noted:
            exec(cell.source, before)
    return found


def given(question, source):
    """What a question is given by an answer: its functions and values, by name."""
    names = dict(question.before)
    exec(f"{source}\n{question.after}", names)
    return {name: names[name] for name in question.names}


SOLUTIONS = {
    question.key: question for path in SOURCES for question in questions(path, solved=True)
}


def plain(text):
    """Text or code without spaces, with one spelling of the operators."""
    text = re.sub(r"[\s`$\\{}]", "", text.lower().replace("torch.", "").replace("math.", ""))
    return text.replace("^", "**").replace("·", "*").replace("−", "-")


def expressions(source):
    """The computed expressions of a program that have a name in them, as plain text."""
    for node in ast.walk(ast.parse(source)):
        computed = isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare | ast.Call)
        if computed and any(isinstance(part, ast.Name) for part in ast.walk(node)):
            yield plain(ast.unparse(node))
