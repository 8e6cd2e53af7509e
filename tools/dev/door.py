"""The way out of Jupyter Book 1, which holds Sphinx at version 7: what a plain Sphinx needs to build both editions.

Stages both editions and writes beside each the `conf.py` that its `_config.yml` stands for; `make door` builds them
with the Sphinx of requirements-door.txt, where there is no Jupyter Book.

Usage: python -m tools.dev.door
"""

from __future__ import annotations

import yaml

from tools.course import BUILD, EDITIONS
from tools.notebooks.convert import write_notebooks
from tools.site.build import stage

# What Jupyter Book loads unasked, but for its own and for those that the course makes no use of
EXTENSIONS = [
    "myst_nb",
    "sphinx_book_theme",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_external_toc",
    "sphinx_togglebutton",
    "sphinxcontrib.bibtex",
]


def settings(config: dict) -> dict:
    """Return the settings of Sphinx that a configuration of Jupyter Book stands for."""
    sphinx, html, execute = config["sphinx"], config["html"], config["execute"]
    buttons = {name: html[name] for name in html if name.endswith("_button")}
    theme = {"home_page_in_toc": True} | buttons | sphinx["config"]["html_theme_options"]
    found = {
        "extensions": EXTENSIONS + sphinx["extra_extensions"] + list(sphinx["local_extensions"]),
        "author": config["author"],
        "copyright": config["copyright"],
        "bibtex_bibfiles": config["bibtex_bibfiles"],
        "external_toc_exclude_missing": config["only_build_toc_files"],
        "html_baseurl": html["baseurl"],
        "html_theme": "sphinx_book_theme",
        "html_title": config["title"],
        "myst_enable_extensions": config["parse"]["myst_enable_extensions"],
        "nb_execution_cache_path": execute["cache"],
        "nb_execution_mode": execute["execute_notebooks"],
        "nb_execution_raise_on_error": execute["raise_on_error"],
        "nb_execution_timeout": execute["timeout"],
        "numfig": True,
    }
    return found | sphinx["config"] | {"html_theme_options": theme}


def main() -> None:
    """Stage both editions with a `conf.py`."""
    notebooks = write_notebooks(BUILD / "notebooks")
    for lang in EDITIONS:
        source = stage(lang, notebooks[lang])
        config = yaml.safe_load((source / "_config.yml").read_text("utf8"))
        lines = [f"{name} = {value!r}" for name, value in settings(config).items()]
        folders = list(config["sphinx"]["local_extensions"].values())
        lines = ["import sys", f"sys.path += {folders!r}", *lines]
        (source / "conf.py").write_text("\n".join(lines) + "\n", "utf8")


if __name__ == "__main__":
    main()
