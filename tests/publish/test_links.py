"""Links to other sites: which are asked for, and what counts as broken. A server of this machine plays the others."""

from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from tools.dev import links


class World(BaseHTTPRequestHandler):
    """Answers by the name of the page: /404, /302, /nonsense, or /busy, which is well at the second request."""

    asked: ClassVar = Counter()

    def do_GET(self):
        World.asked[self.path] += 1
        code = 200
        if self.path.strip("/").isdigit():
            code = int(self.path.strip("/"))
        if self.path == "/busy" and World.asked[self.path] == 1:
            code = 503
        if self.path == "/nonsense":
            self.wfile.write(b"nonsense\r\n\r\n")
            return
        self.send_response(code)
        if 300 <= code < 400:
            self.send_header("Location", "/404")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def world():
    World.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), World) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_links_to_other_sites_are_found_once_and_without_anchors():
    html = """<link href="https://a.org/style.css"><a name="x"></a>
    <a href="https://b.org/x#one">1</a><a href='https://b.org/x#two'>2</a>
    <a href="other.html">3</a><a href="mailto:x@b.org">4</a><a href="https://b.org/?a=1&amp;b=2">5</a>"""
    assert links.external(html) == {"https://b.org/x", "https://b.org/?a=1&b=2"}


def test_each_link_is_asked_for_once_and_published_ones_not_at_all(tmp_path):
    for name in ("a", "b"):
        page = '<a href="https://b.org/x">1</a><a href="https://mybinder.org/v2/gh/o/r">2</a>'
        (tmp_path / f"{name}.html").write_text(page, "utf8")
    assert links.wanted(tmp_path) == {"https://b.org/x": "a.html"}


@pytest.mark.parametrize(
    ("path", "wrong", "requests"), [("/200", None, 1), ("/404", "404", 1), ("/busy", None, 2), ("/500", "500", 3)]
)  # fmt: skip
def test_only_what_stays_broken_is_broken(world, path, wrong, requests):
    answer = links.complaint(world + path, pause=0)
    assert (answer and answer[:3]) == wrong
    assert World.asked[path] == requests


def test_a_resolver_is_not_followed_and_others_are(world, monkeypatch):
    assert links.complaint(world + "/302", pause=0).startswith("404")
    monkeypatch.setattr(links, "RESOLVERS", {"127.0.0.1"})
    assert links.complaint(world + "/302", pause=0) is None
    assert links.complaint(world + "/404", pause=0).startswith("404")


def test_a_host_that_is_not_there_is_named_with_the_page(tmp_path):
    (line,) = links.check({"http://nowhere.invalid/x": "es/01.html"}, pause=0)
    assert line.startswith("http://nowhere.invalid/x: ") and line.endswith("(on es/01.html)")


def test_a_folder_without_links_is_an_error(tmp_path, capsys):
    assert links.main(tmp_path) == 1
    assert "build the site first" in capsys.readouterr().out


def test_a_link_with_accents_and_a_broken_answer_are_no_end_of_the_check(world):
    assert links.complaint(world + "/densidad-de-Nuñez", pause=0) is None
    assert World.asked["/densidad-de-Nu%C3%B1ez"] == 1
    assert "BadStatusLine" in links.complaint(world + "/nonsense", pause=0)
