"""The reference of nflib: every public name is in it once, its examples run, its formulas are typeset."""

import doctest
import inspect
import re
from importlib import import_module

import pytest
import torch
from docutils import nodes
from docutils.core import publish_doctree
from nfbook import docstrings, formula, katex
from py_mini_racer import JSEvalException

import nflib
from nflib.course import targets
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


def documented():
    """Yield (name, docstring) of what the reference shows, members included."""
    for name in ENTRIES:
        module, _, short = name.rpartition(".")
        obj = getattr(import_module(module), short)
        members = vars(obj).items() if inspect.isclass(obj) else ()
        yield name, inspect.getdoc(obj)
        for key, member in members:
            if key[0] != "_" and callable(member) | isinstance(member, property) and member.__doc__:
                yield f"{name}.{key}", inspect.getdoc(member)


@pytest.mark.parametrize(("name", "docstring"), list(documented()))
def test_a_docstring_is_read_and_its_formulas_are_typeset(name, docstring):
    tree = publish_doctree(
        docstrings.restructured(docstring), settings_overrides={"report_level": 5}
    )
    assert [found.astext() for found in tree.findall(nodes.system_message)] == []
    assert ("Formula:" in docstring) <= bool(list(tree.findall(is_formula)))
    for found in tree.findall(is_formula):
        assert found.astext().isascii(), found.astext()
        assert (fault := refused(found.astext())) is None, fault


def refused(tex):
    """Return why KaTeX refuses a formula, in one line: its own message has all of its script."""
    try:
        katex.render(tex, display=True)
    except JSEvalException as error:
        return f"{tex}: {str(error).splitlines()[0]}"
    return None


def is_formula(node):
    return isinstance(node, nodes.math | nodes.math_block)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the inverse is z = W⁻¹(x − b).", r"the inverse is $z = W^{-1}(x - b)$."),
        ("a solves a + c tanh a = wᵀx", r"$a$ solves $a + c \tanh a = w^{\mathsf T}x$"),
        ("two points of a plane, O(d²) a point", r"two points of a plane, $O(d^{2})$ a point"),
        ("Σ_{i∈B} log σ_i, û ≥ p̃", r"$\sum _{i\in B} \log \sigma _i, \hat{u} \ge \tilde{p}$"),
        ("N(0, σ_k² I) on R^d, as ``f(x)``", r"$\mathcal N(0, \sigma _k^{2} I)$ on $\mathbb R^d$, as ``f(x)``"),
        ("log_abs_det = scale_i", r"$\mathrm{log\_abs\_det} = \mathrm{scale}_i$"),
        ("J_ij = {0, 1},  √(2π) / √n", r"$J_{ij} = \{0, 1\},\quad \sqrt{2\pi} / \sqrt{n}$"),
    ],
)  # fmt: skip
def test_words_are_words_and_formulas_are_tex(text, expected):
    shown = "".join(f"${part}$" if is_tex else part for is_tex, part in formula.parts(text))
    assert re.sub(" +", " ", shown).strip() == expected
