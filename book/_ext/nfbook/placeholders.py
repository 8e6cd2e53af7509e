"""Addresses that only a publication knows, and ``:::{if}``, which keeps a part of a page for where it applies.

A page is built once and then serves on a disk, on a test server and at its public address. What it says of the last is
written as ``SITE`` and ``REPOSITORY``; tools/site/address.py fills them in when the site is put together.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

SITE = "https://site.invalid"  # where the site is published
REPOSITORY = "@@repository@@"  # OWNER/NAME of the repository it is published from
BRANCH = "notebooks"  # the branch that holds the published notebooks
CONDITION = re.compile(r"repository|downloads/[\w.-]+")


def colab(notebook: str) -> str:
    """Return the address that opens a notebook of the branch (``es/02-densities.ipynb``) in Colab."""
    return f"https://colab.research.google.com/github/{REPOSITORY}/blob/{BRANCH}/{notebook}"


def binder(notebook: str) -> str:
    """Return the address that opens a notebook of the branch on Binder."""
    return f"https://mybinder.org/v2/gh/{REPOSITORY}/{BRANCH}?urlpath=lab/tree/{notebook}"


class If(SphinxDirective):
    """``:::{if} repository`` or ``:::{if} downloads/FILE``: content for a site that has it."""

    has_content = True
    required_arguments = 1

    def run(self):
        """Return the content between its marks; nothing in a plain build, which nobody fills in."""
        (condition,) = self.arguments
        if not CONDITION.fullmatch(condition):
            raise self.error(f"if: expected repository or downloads/FILE, got {condition!r}")
        if not self.config.nfbook_editions:
            return []
        content = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, content)
        return [mark(f"if {condition}"), *content.children, mark("end if")]


def mark(text: str) -> nodes.raw:
    """Return the comment that tools/site/address.py looks for."""
    return nodes.raw("", f"<!--{text}-->", format="html")


def setup(app):
    """Register the directive."""
    app.add_directive("if", If)
