"""What Jupyter Book lacks for this course: one small module an idea."""

from . import (
    address,
    bibliography,
    editions,
    gallery,
    interactive,
    katex,
    ledger,
    markup,
    numbering,
    weight,
)


def setup(app):
    """Register every part of the extension with Sphinx."""
    parts = (
        address,
        bibliography,
        katex,
        ledger,
        numbering,
        editions,
        interactive,
        gallery,
        markup,
        weight,
    )
    for part in parts:
        part.setup(app)
    return {"version": "0.1", "parallel_read_safe": True, "parallel_write_safe": False}
