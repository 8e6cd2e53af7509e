"""The way out of Jupyter Book 1, which holds Sphinx at version 7: what a plain Sphinx needs to build both editions.

Stages both editions and writes beside each the `conf.py` that its `_config.yml` stands for; `make door` builds them
with the Sphinx of requirements-door.txt, where there is no Jupyter Book.

Usage: python -m tools.dev.door
"""

from __future__ import annotations

import yaml
from jupyter_book.config import get_final_config

from tools.course import BUILD, EDITIONS
from tools.notebooks.convert import write_notebooks
from tools.site.build import stage

# Jupyter Book's own extensions, and those that it loads unasked and that the course makes no use of
LEFT_OUT = {"jupyter_book", "sphinx.ext.intersphinx", "sphinx_comments", "sphinx_thebe"}
LEFT_OUT |= {"sphinx_jupyterbook_latex", "sphinx_multitoc_numbering"}


def settings(config: dict) -> dict:
    """Return the settings of Sphinx that a configuration of Jupyter Book stands for."""
    found, _ = get_final_config(user_yaml=config, cli_config={"latex_individualpages": False})
    return found | {"extensions": [name for name in found["extensions"] if name not in LEFT_OUT]}


def main() -> None:
    """Stage both editions with a `conf.py`."""
    notebooks = write_notebooks(BUILD / "notebooks")
    for lang in EDITIONS:
        source = stage(lang, notebooks[lang])
        config = yaml.safe_load((source / "_config.yml").read_text("utf8"))
        folders = list(config["sphinx"]["local_extensions"].values())
        lines = [f"{name} = {value!r}" for name, value in settings(config).items()]
        lines = ["import sys", f"sys.path += {folders!r}", *lines]
        (source / "conf.py").write_text("\n".join(lines) + "\n", "utf8")


if __name__ == "__main__":
    main()
