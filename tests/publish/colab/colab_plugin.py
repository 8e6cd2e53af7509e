"""Demands on a run in the kernel «colab» beyond nbval's, that no cell raises.

Every notebook gets two more tests. Before its cells: it has no command (``%``, ``!``, ``get_ipython``) but the
``%pip`` of its set-up cell; otherwise nothing of it runs. After them: pip installed nflib and nothing else, what Colab
has is untouched, and, in a notebook of solutions, each question passed when it was asked. And no output may have
pip's «ERROR:», which stops no notebook.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import tempfile
from importlib.metadata import distributions
from itertools import groupby
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbval.plugin import IPyNbCell

from tests.publish.colab import colab_environment

SET_UP = "set-up"  # the id of the cell
INSTALL = re.compile(r"install -q --no-deps (?:--force-reinstall )?\S+\.whl#sha256=[0-9a-f]{64}")
QUESTION = re.compile(r'^check\("(e\d\d\.q\d+)"', re.M)
RECORD = "nflib-progress.json"
COLOUR = re.compile(r"\x1b\[[\d;]*m")  # pip writes in red where it sees a terminal, as under %pip


class Demand(pytest.Item):
    """A test of a whole notebook."""

    demand = None

    def runtest(self):
        """Fail with what is wrong, if something is."""
        if wrong := self.demand():
            raise AssertionError(wrong)

    def repr_failure(self, excinfo):
        """Say what is wrong, without a traceback of this file."""
        known = isinstance(excinfo.value, AssertionError)
        return str(excinfo.value) if known else super().repr_failure(excinfo)

    def reportinfo(self):
        """Say where."""
        return self.path, 0, f"{self.path.name}::{self.name}"


class Commands(Demand):
    """No command but the set-up cell's."""

    def demand(self) -> str:
        """Return the commands that Colab would run and that a notebook must not have."""
        stray = []
        for cell in self.parent.nb.cells:
            if cell.cell_type != "code":
                continue
            for command in commands(cell.source):
                if not (cell.get("id") == SET_UP and INSTALL.fullmatch(command)):
                    stray.append(command)
        self.parent.refused = bool(stray)
        return f"refused, not run: {'; '.join(stray)}" if stray else ""


class Machine(Demand):
    """A demand on what the notebook left on its machine, while its kernel is still alive."""

    def demand(self) -> str:
        """Return what should not be there, or is missing."""
        (machine,) = Path(self.parent.machines).iterdir()
        installed = {d.name for d in distributions(path=[str(machine / "packages")])}
        if installed != {"nflib"}:
            return f"pip should have installed nflib alone, and it installed {sorted(installed) or 'nothing'}"
        before = json.loads(colab_environment.READY.read_text("utf8"))["packages"]
        if changed := set(before) ^ set(colab_environment.packages()):
            return f"packages of Colab were changed: {sorted(changed)}"
        return self.solutions(machine) if self.path.parent.name == "solutions" else ""

    def solutions(self, machine: Path) -> str:
        """Return the questions that a notebook of solutions asks and that did not pass at once."""
        record = machine / "content" / RECORD
        found = json.loads(record.read_text("utf8")) if record.exists() else {}
        cells = [cell for cell in self.parent.nb.cells if cell.cell_type == "code"]
        asked = [key for cell in cells for key in QUESTION.findall(cell.source)]
        done = {"tries", "passed"}  # and what was predicted
        failed = [key for key in asked if found.get(key, {}).keys() - {"predicted"} != done]
        failed += [key for key in found if found[key]["tries"] != asked.count(key)]
        if failed or not asked:
            return f"of the questions {asked}, these did not pass at once: {sorted(set(failed))}"
        if results := os.environ.get("COLAB_RESULTS"):
            keep(machine, Path(results), self.path)
        return ""


def keep(machine: Path, results: Path, notebook: Path) -> None:
    """Keep a record of progress, as a student takes it along, and the library that wrote it."""
    target = results / notebook.parent.parent.name / f"{notebook.stem}.json"
    target.parent.mkdir(exist_ok=True)
    shutil.copy(machine / "content" / RECORD, target)
    shutil.copytree(machine / "packages", results / "packages", dirs_exist_ok=True)


def commands(source: str) -> list[str]:
    """Return the commands in a cell: those in IPython's own syntax, and calls of get_ipython()."""
    found = []
    for node in ast.walk(ast.parse(TransformerManager().transform_cell(source))):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) == "get_ipython":
            continue
        if ast.unparse(node.func).startswith("get_ipython()"):
            words = [word.value for word in node.args if isinstance(word, ast.Constant)]
            is_pip = ast.unparse(node.func).endswith("run_line_magic") and words[:1] == ["pip"]
            found.append(words[1] if is_pip else ast.unparse(node))
    return found


def pytest_collection_modifyitems(items):
    """Give every notebook its two tests of the whole."""
    cells, items[:] = list(items), []
    for notebook, group in groupby(cells, key=lambda item: item.parent):
        notebook.refused, notebook.machines = False, None
        items.append(Commands.from_parent(notebook, name="commands"))
        items.extend(group)
        items.append(Machine.from_parent(notebook, name="machine"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Before a notebook's kernel starts, say where its machine belongs; run nothing of one that is refused."""
    if item.parent.machines is None:
        item.parent.machines = tempfile.mkdtemp(prefix="colab-")
        os.environ["COLAB_MACHINES"] = item.parent.machines
    if item.parent.refused:
        pytest.skip("refused for its commands")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Let a cell fail in whose output pip reports an error."""
    result = yield
    for output in getattr(item, "test_outputs", None) or []:
        text = COLOUR.sub("", output.get("text", ""))
        if error := re.search(r"^\s*ERROR: .*", text, re.M):
            item.raise_cell_error(f"pip could not do it: {error[0]}")
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """Remove a notebook's machine after its kernel has stopped."""
    result = yield
    if nextitem is None or nextitem.parent is not item.parent:
        shutil.rmtree(item.parent.machines, ignore_errors=True)
    return result


assert IPyNbCell  # nbval must be there: without it nothing would be collected
