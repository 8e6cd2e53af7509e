"""Formulas of docstrings, which are plain text in Unicode, as TeX: ``log|det J_f(z)| = Σ_i s_i``.

A docstring has formulas and words in one line. A run of tokens that are no words of English is a formula; names of
functions, single letters and whatever has a sign or a digit in it are no words.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby

FUNCTIONS = {"log", "exp", "tanh", "cos", "sin", "det", "max", "min", "lim"}
OPERATORS = {"artanh", "sech", "diag", "softplus"}
VARIABLES = {"loc", "KL", "du", "dx"}
LETTERS = {"R^": r"\mathbb R^", "E_": r"\mathbb E_", "N(": r"\mathcal N("}
ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar"}
SYMBOLS = {
    "∞": r"\infty ", "Σ": r"\sum ", "Π": r"\prod ", "∫": r"\int ", "∂": r"\partial ", "½": r"\tfrac12 ", "−": "-",
    "·": r"\cdot ", "×": r"\times ", "±": r"\pm ", "∘": r"\circ ", "⊙": r"\odot ", "≤": r"\le ", "≥": r"\ge ",
    "≠": r"\ne ", "≈": r"\approx ", "∈": r"\in ", "→": r"\to ", "↦": r"\mapsto ", "~": r"\sim ", "…": r"\dots ",
    "⋯": r"\cdots ", "‖": r"\Vert ", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "%": r"\%", "␣": r"\quad ",
}  # fmt: skip
TOKEN = re.compile(r"``[^`]+``[^\s`]*|\S+")
WORD = re.compile(r"[(«]*([A-Za-z][A-Za-z’'-]+\d*|``.+)[).,;:»␣]*")
AFTER_A = re.compile(r"(?:and|or|as|is|solves)\b|[^A-Za-z`\d]|$")  # follows «a», a variable
PIECE = re.compile(
    r"(?P<snake>[A-Za-z]{2,}(?:_[a-z]{2,})+)|√(?P<root>\((?:[^()]|\([^()]*\))*\)|\w)|(?P<script>[_^])\{(?P<inner>(?:[^{}]|\{[^{}]*\})*)\}|\{(?P<set>[^{}]*)\}"
    r"|(?P<letter>[A-Za-z])(?P<accent>[\u0302\u0303\u0304])|(?P<special>R\^|E_|(?<!\w)N\()|_(?P<index>[a-z]{2,}|\d+)"
    r"|(?P<name>[A-Za-z]{2,})|(?P<raised>[⁰¹²³⁴-⁹⁻ᴬ-ᵡˢᶻ]+)|(?P<lowered>[₀-₉ᵢⱼ]+)|."
)  # fmt: skip


def is_word(token: str, following: str) -> bool:
    """Tell whether a token belongs to a sentence and not to a formula."""
    if token in ("a", "A"):
        return not AFTER_A.match(following)
    found = WORD.fullmatch(token)
    return bool(found) and found[1] not in FUNCTIONS | OPERATORS | VARIABLES


def parts(text: str) -> list[tuple[bool, str]]:
    """Return a text as (whether it is a formula, its TeX or its words), punctuation after a formula being words."""
    tokens = TOKEN.findall(re.sub(" {2,}", "␣ ", text.strip()))
    kinds, sentences = [], 0
    for token, following in zip(tokens, [*tokens[1:], ""], strict=True):
        kinds.append((is_word(token, following), sentences))
        sentences += token.endswith(".")
    found: list[tuple[bool, str]] = []
    for (word, _), run in groupby(zip(kinds, tokens, strict=True), key=lambda pair: pair[0]):
        words = " ".join(token for _, token in run)
        end = "" if word else re.search(r"[.,;:␣]*$", words)[0]
        if not word:
            found.append((True, tex(words.removesuffix(end))))
        found.append((False, (words if word else end).replace("␣", "") + " "))
    return found


def tex(text: str) -> str:
    """Return a formula in Unicode as TeX."""
    return PIECE.sub(piece, unicodedata.normalize("NFD", text)).strip()


def piece(found: re.Match) -> str:
    """Return one name, number or sign of a formula as TeX."""
    part, kind = found[0], found.lastgroup
    if kind == "snake":
        return rf"\mathrm{{{part}}}".replace("_", r"\_")
    if kind == "root":
        return rf"\sqrt{{{tex(part[2:-1] or part[1:])}}}"
    if kind == "inner":
        return f"{found['script']}{{{tex(found['inner'])}}}"
    if kind == "set":
        return rf"\{{{tex(part[1:-1])}\}}"
    if kind == "accent":
        return rf"\{ACCENTS[found['accent']]}{{{found['letter']}}}"
    if kind == "special":
        return LETTERS[part]
    if kind == "index":
        return f"_{{{part[1:]}}}"
    if kind in ("raised", "lowered"):
        plain = unicodedata.normalize("NFKD", part).replace("−", "-").replace("T", r"\mathsf T")
        return f"{'^' if kind == 'raised' else '_'}{{{plain}}}"
    if kind == "name":
        if part not in VARIABLES and (part.isupper() or re.fullmatch("d[a-z]", part)):
            return part  # a product, as of matrices; the dz of an integral
        of = "operatorname" if part in OPERATORS else "mathrm"
        return rf"\{part} " if part in FUNCTIONS else rf"\{of}{{{part}}}"
    if (name := unicodedata.name(part, "")).startswith("GREEK SMALL LETTER "):
        return "\\" + {"epsilon": "varepsilon"}.get(greek := name.split()[-1].lower(), greek) + " "
    return SYMBOLS.get(part, part)
