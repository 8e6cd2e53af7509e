"""A web server for a built site, under the folder that GitHub Pages would put it in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

PREFIX = "/repo"


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder below PREFIX, its 404.html where there is nothing, and writes no log."""

    def translate_path(self, path):
        """Return the file for a path of the server."""
        inside = path == PREFIX or path.startswith((PREFIX + "/", PREFIX + "?", PREFIX + "#"))
        return super().translate_path(path[len(PREFIX) :] if inside else "/no/such/file")

    def send_error(self, code, message=None, explain=None):
        """Answer as GitHub Pages does: with the site's own page for what is not there."""
        page = Path(self.directory, "404.html")
        if code == 404 and page.exists():
            self.error_message_format = page.read_text("utf8").replace("%", "%%")
        super().send_error(code, message, explain)

    def list_directory(self, path):
        """Show no list of files: a folder without a page is nothing."""
        self.send_error(404)

    def log_message(self, *arguments):
        """Write nothing."""


@contextmanager
def serving(folder: Path, port: int = 0) -> Iterator[str]:
    """Serve a folder on this machine while in the ``with``; yield its address. Port 0 is any that is free."""
    handler = partial(Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
        finally:
            server.shutdown()
