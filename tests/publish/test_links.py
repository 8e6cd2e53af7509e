"""Links to other sites (`make links`): which are asked for, and what counts as broken."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import yaml
from nfbook import links
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from tools.course import ROOT

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))["sphinx"]["config"]
PAGE = """
[there]({site}/200) [gone]({site}/404) [known]({site}/doi/200) [unknown]({site}/doi/404)
[Colab](https://colab.research.google.com/github/o/r) [Binder](https://mybinder.org/v2/gh/o/r)
[ours](https://site.invalid/es/) [refuses](https://www.jstor.org/stable/1)
"""


class World(BaseHTTPRequestHandler):
    """Another site, and a registry of identifiers; answers by the last part of the address."""

    def do_GET(self):
        """Answer 403 for a publisher's page."""
        publisher = "/doi/" in self.path and "/api/handles/" not in self.path
        self.send_response(403 if publisher else int(self.path.rpartition("/")[2]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *arguments):
        """Write nothing."""


@pytest.fixture
def site():
    with ThreadingHTTPServer(("127.0.0.1", 0), World) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_only_what_is_gone_is_broken_and_what_is_published_is_not_asked_for(
    site, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        "socket.setdefaulttimeout", lambda seconds: None
    )  # it holds for a whole process
    monkeypatch.setattr(links, "DOI", f"{site}/doi/")
    (tmp_path / "index.md").write_text(f"# Title\n{PAGE.format(site=site)}", "utf8")
    options = {name: value for name, value in CONFIG.items() if name.startswith("linkcheck_")}
    options |= {"extensions": ["myst_parser", "nfbook.links"], "linkcheck_retries": 1}
    with docutils_namespace():  # other tests of this process have Sphinx's own directives
        folders = [str(tmp_path), None, str(tmp_path / "out"), str(tmp_path / "trees")]
        app = Sphinx(*folders, "linkcheck", options, status=None, warning=None)
        app.build()
    found = [
        json.loads(line) for line in (tmp_path / "out/output.json").read_text("utf8").splitlines()
    ]
    told = {each["uri"].removeprefix(site): each["status"] for each in found}
    asked = {
        "/200": "working",
        "/doi/api/handles/200": "working",
        "/404": "broken",
        "/doi/api/handles/404": "broken",
    }
    assert {uri: status for uri, status in told.items() if status != "ignored"} == asked
    assert len(told) == 8 and app.statuscode == 1
