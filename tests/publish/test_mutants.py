"""The list of mutants stays applicable; `make mutants` runs it."""

import ast
from collections import Counter

import pytest

from tools.dev import mutate

MUTANTS = mutate.mutants()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: f"{m.file}: {m.why}")
def test_mutant_changes_one_place_and_still_is_python(mutant):
    text = (mutate.ROOT / "nflib" / mutant.file).read_text(encoding="utf-8")
    changed = mutant.applied(text)
    assert changed != text
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text))


def test_every_file_that_computes_has_a_mutant():
    nflib = mutate.ROOT / "nflib"
    files = {
        path.relative_to(nflib).as_posix()
        for folder in (nflib, nflib / "bijections", nflib / "targets")
        for path in folder.glob("*.py")
    }
    shown_or_stored = {"language.py", "progress.py", "history.py"}
    covered = {mutant.file for mutant in MUTANTS}
    assert covered == {f for f in files if not f.endswith("__init__.py")} - shown_or_stored


def test_mutants_differ():
    assert max(Counter((m.file, m.old, m.new) for m in MUTANTS).values()) == 1


def test_what_stands_twice_or_never_is_refused():
    mutant = mutate.Mutant("file.py", "why", "a", "b", "")
    assert mutant.applied("xax") == "xbx"
    for text in ("aa", "x"):
        with pytest.raises(ValueError, match="expected once"):
            mutant.applied(text)
