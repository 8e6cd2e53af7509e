"""`make door` asks Sphinx for what Jupyter Book makes of the same configuration."""

from copy import deepcopy

import pytest
import yaml
from jupyter_book.config import get_final_config

from tools.course import EDITIONS
from tools.dev import door
from tools.site import build

LEFT_OUT = {"jupyter_book", "sphinx.ext.intersphinx", "sphinx_comments", "sphinx_thebe"}
LEFT_OUT |= {"sphinx_jupyterbook_latex", "sphinx_multitoc_numbering"}


def flat(settings):
    """Return settings with those of the theme among them, and the extensions apart."""
    settings = settings | settings["html_theme_options"]
    del settings["html_theme_options"]
    return settings, set(settings.pop("extensions"))


def jupyter_book(config):
    """Return what Jupyter Book makes of a configuration."""
    overrides = {"latex_individualpages": False}
    return flat(get_final_config(user_yaml=deepcopy(config), cli_config=overrides)[0])


@pytest.mark.parametrize("lang", EDITIONS)
def test_nothing_of_the_configuration_is_lost_at_the_door(lang, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "BUILD", tmp_path)
    source = build.stage(lang, ["02-densities"])
    config = yaml.safe_load((source / "_config.yml").read_text("utf8"))
    ours, extensions = flat(door.settings(config))
    theirs, known = jupyter_book(config)
    plain, _ = jupyter_book({})
    wanted = {name: value for name, value in theirs.items() if plain.get(name) != value}
    assert len(wanted) > 40
    assert {name: ours.get(name) for name in wanted} == wanted
    assert known - extensions == LEFT_OUT
