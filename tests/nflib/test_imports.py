"""Imports of nflib: no circle, no arrow from the library to the course, no name of a file twice."""

import ast
import graphlib
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tools.course import ROOT

PROJECT = ("nflib", "tools", "tests", "benchmarks", "book/_ext")
SHARED = {"__init__.py", "__main__.py", "conftest.py"}  # names with a meaning of their own


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in sorted((ROOT / "nflib").rglob("*.py"))}
LIBRARY = {name for name in MODULES if not f"{name}.".startswith("nflib.course.")}


def imported(name: str) -> set[str]:
    """Every module that one of nflib imports, wherever in its text: inside a function too."""
    names = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: a relative import, which the graph does not see"
            each = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {module if module in MODULES else node.module for module in each}
    return names


def test_the_library_imports_neither_the_course_nor_matplotlib():
    for name in LIBRARY:
        for other in imported(name):
            assert not f"{other}.".startswith(("nflib.course.", "matplotlib.")), f"{name}: {other}"


def test_import_nflib_loads_neither_the_course_nor_matplotlib():
    program = "import sys, nflib; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "nflib.flow" in loaded.split()
    assert not {"nflib.course", "matplotlib"} & set(loaded.split())


def test_no_module_of_nflib_imports_itself_by_way_of_others():
    graph = {name: imported(name) & MODULES.keys() for name in MODULES}
    graphlib.TopologicalSorter(graph).prepare()  # CycleError names the modules of a circle


def test_no_two_modules_have_the_same_file_name():
    places = defaultdict(list)
    for folder in PROJECT:
        for path in (ROOT / folder).rglob("*.py"):
            places[path.name].append(str(path.relative_to(ROOT)))
    assert not {n: p for n, p in places.items() if len(p) > 1 and n not in SHARED}


def torch_names(text: str) -> set[str]:
    """Every dotted name below torch that a program imports, or reaches from what it imported."""
    names, imports = set(), {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            names |= {start + alias.name for alias in node.names}
            imports |= {a.asname or a.name: start + a.name for a in node.names}
        elif isinstance(node, ast.Attribute):
            names.add(ast.unparse(node))
    for name in list(names):
        first, _, rest = name.partition(".")
        names.add(f"{imports.get(first, first)}.{rest}")
    return {name for name in names if name.startswith("torch.")}


# torch has no other name for the mode that sees what a function computes, inside it too
WITHOUT_A_PUBLIC_NAME = {"torch.utils._python_dispatch.TorchDispatchMode"}


def private_torch_names(text: str) -> set[str]:
    return {each for each in torch_names(text) if "._" in each.replace(".__", ".")}


def test_only_public_names_of_torch():
    for name, path in MODULES.items():
        private = private_torch_names(path.read_text(encoding="utf-8"))
        assert not private - WITHOUT_A_PUBLIC_NAME, name


@pytest.mark.parametrize(
    "text",
    [
        "import torch\ntorch._C.f()",
        "import torch as t\nt.nn._x",
        "import torch._dynamo",
        "from torch import _C",
        "from torch import nn\nnn.Module._load(1)",
        "import torch.distributed as dist\ndist._x",
    ],
)
def test_a_private_name_of_torch_is_seen_behind_every_import(text):
    assert private_torch_names(text) and not private_torch_names(text.replace("_", ""))
