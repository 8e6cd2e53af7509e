"""`make door` asks Sphinx for what Jupyter Book makes of the same configuration, and for nothing of Jupyter Book's."""

import pytest
import yaml

from tools.course import EDITIONS
from tools.dev import door
from tools.site import build


@pytest.mark.parametrize("lang", EDITIONS)
def test_nothing_of_the_configuration_is_lost_at_the_door(lang, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "BUILD", tmp_path)
    source = build.stage(lang, ["02-densities"])
    config = yaml.safe_load((source / "_config.yml").read_text("utf8"))
    sphinx, html = config["sphinx"], config["html"]
    found = door.settings(config)
    own = sphinx["config"] | {"html_title": config["title"], "html_baseurl": html["baseurl"]}
    own |= {"nb_execution_timeout": config["execute"]["timeout"], "author": config["author"]}
    theme = own.pop("html_theme_options") | {"use_repository_button": False}
    assert own.items() <= found.items() and theme.items() <= found["html_theme_options"].items()
    assert {"myst_nb", "nfbook", *sphinx["extra_extensions"]} <= set(found["extensions"])
    assert not [name for name in found["extensions"] if "jupyter" in name or "thebe" in name]
