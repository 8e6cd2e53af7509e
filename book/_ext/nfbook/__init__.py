"""What Jupyter Book lacks for this course: one small module an idea."""

from . import (
    address,
    bibliography,
    cards,
    editions,
    gallery,
    interactive,
    katex,
    ledger,
    markup,
    numbering,
    preview,
    weight,
)

# The last one works on the finished pages
PARTS = (
    address,
    bibliography,
    katex,
    ledger,
    numbering,
    editions,
    interactive,
    gallery,
    markup,
    cards,
    preview,
    weight,
)


def setup(app):
    """Register every part of the extension with Sphinx."""
    for part in PARTS:
        part.setup(app)
    return {"version": "0.1", "parallel_read_safe": True, "parallel_write_safe": False}
