"""One style sheet for all pages, made of those that the theme and the extensions bring.

A reader waits for every style sheet before the first letter is shown. They are joined in their order, so that the
cascade is the same. From what others wrote, rules that cannot apply are left out: those that ask for a class or an id
that no page and no script of the site names.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

import tinycss2
from tinycss2 import ast

NAME = "course.css"
ADDRESS = re.compile(r"""url\(\s*(["']?)(?!data:|#|https?:|/)([^"')]+)\1\s*\)""")
IMPORT = re.compile(r"""@import\s+["']([^"']+)["'];""")
WORD = re.compile(r"-?[A-Za-z_][\w-]*")
CONDITIONAL = ("media", "supports", "layer", "container")
SHORTEST_PREFIX = 5  # letters of "bs-tooltip-" and the like, to which a script adds an ending


class Vocabulary:
    """The words that pages and scripts use: whatever class or id an element may ever have is among them."""

    def __init__(self, texts: Iterable[str]):
        self.words = set().union(*(WORD.findall(text) for text in texts))
        self.prefixes = tuple(
            word for word in self.words if word.endswith("-") and len(word) > SHORTEST_PREFIX
        )

    def __contains__(self, name: str) -> bool:
        return name in self.words or name.startswith(self.prefixes)


def read(path: Path, folder: Path) -> str:
    """Return a style sheet with what it imports in place and its addresses as seen from ``folder``."""
    text = path.read_text("utf8")
    here = posixpath.relpath(path.parent.as_posix(), folder.as_posix())

    def address(found: re.Match) -> str:
        return f'url("{posixpath.normpath(posixpath.join(here, found[2]))}")'

    text = ADDRESS.sub(address, text.replace('@charset "UTF-8";', ""))
    return IMPORT.sub(lambda found: read(path.parent / found[1], folder), text)


def names(selector: list) -> Iterator[str]:
    """Yield the classes and ids that an element must have; those within :is() or :not() are no such thing."""
    for before, token in zip([None, *selector], selector, strict=False):
        if token.type == "hash":
            yield token.value
        elif token.type == "ident" and before is not None and before == ".":
            yield token.value


def selectors(prelude: list) -> Iterator[list]:
    """Split a prelude at its commas."""
    selector: list = []
    for token in prelude:
        if token == ",":
            yield selector
            selector = []
        else:
            selector.append(token)
    yield selector


def purge(rules: list, vocabulary: Vocabulary) -> str:
    """Return the rules that may apply, without comments but for licences."""
    kept = []
    for rule in rules:
        if isinstance(rule, ast.QualifiedRule):
            possible = [
                tinycss2.serialize(selector).strip()
                for selector in selectors(rule.prelude)
                if all(name in vocabulary for name in names(selector))
            ]
            if possible:
                kept.append(f"{','.join(possible)}{{{compact(rule.content)}}}")
        elif isinstance(rule, ast.AtRule) and rule.lower_at_keyword in CONDITIONAL and rule.content:
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            if text := purge(inner, vocabulary):
                kept.append(f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{text}}}")
        elif isinstance(rule, ast.Comment):
            if rule.value.startswith("!"):
                kept.append(f"/*{rule.value}*/")
        elif isinstance(rule, ast.ParseError):
            raise ValueError(f"line {rule.source_line}: {rule.message}")
        elif "Font Awesome" not in (text := rule.serialize()):  # its icons are in nfbook.css
            kept.append(text)
    return "\n".join(kept)


def compact(content: list) -> str:
    """Return declarations as they stand, in one line and without comments."""
    text = tinycss2.serialize([token for token in content if token.type != "comment"])
    return re.sub(r"\s*\n\s*", " ", text).strip()


def join(
    sheets: Iterable[tuple[Path, str]], folder: Path, vocabulary: Vocabulary, whole: Container[str]
) -> str:
    """Return one style sheet, to stand in ``folder``, for (file, medium) pairs in their order.

    Files whose names are in ``whole`` are taken as they are.
    """
    parts = []
    for path, medium in sheets:
        text = read(path, folder)
        if path.name not in whole:
            text = purge(tinycss2.parse_stylesheet(text, skip_whitespace=True), vocabulary)
        parts.append(text if medium in ("", "all") else f"@media {medium}{{{text}}}")
    return '@charset "UTF-8";\n' + "\n".join(parts) + "\n"
