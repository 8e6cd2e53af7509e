"""The reference of nflib: every public name is in it once, its examples run, its formulas are typeset."""

import doctest
import re

import pytest
import torch
from nfbook import api, formula, katex

import nflib
from nflib import targets
from tools.course import ROOT

ENTRIES = {
    found[1]: text
    for path in sorted((ROOT / "book/_api").glob("*.rst"))
    for text in re.split(r"^(?=\.\. auto)", path.read_text("utf8"), flags=re.M)
    if (found := re.match(r"\.\. auto\w+:: ([\w.]+)\n", text))
}


def test_every_public_name_has_an_entry():
    public = [f"{module.__name__}.{name}" for module in (nflib, targets) for name in module.__all__]
    assert sorted(set(public) - set(ENTRIES)) == []


@pytest.mark.parametrize("name", ENTRIES)
def test_the_example_of_an_entry_runs_by_itself(name, capsys):
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    given = {"torch": torch, "nflib": nflib, "targets": targets}
    example = doctest.DocTestParser().get_doctest(ENTRIES[name], given, name, None, None)
    assert 1 <= len(example.examples) <= 6
    result = doctest.DocTestRunner(optionflags=flags).run(example)
    assert not result.failed, capsys.readouterr().out
