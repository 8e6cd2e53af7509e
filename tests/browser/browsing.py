"""A real browser, a server of the built site, and a page that listens for complaints.

The site is that in the folder that the variable NFBOOK_SITE names, by default _build/site, and it is served under a
folder, as GitHub Pages does. Needs Chromium or Chrome (found on the PATH, or named by the variable CHROMIUM); where
there is none, tests are skipped and say so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tools.course import ROOT
from tools.site.chromium import FLAGS, find_chromium
from tools.site.serving import serving

SITE = Path(os.environ.get("NFBOOK_SITE") or ROOT / "_build/site").resolve()


@pytest.fixture(scope="module")
def browser() -> Iterator:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            pytest.skip("no Chromium or Chrome on the PATH, nor in the variable CHROMIUM")
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """Serve the built site on a free port; yield its address, which ends in a folder."""
    with serving(SITE) as address:
        yield address


@pytest.fixture(scope="module")
def context(browser) -> Iterator:
    context = browser.new_context(reduced_motion="no-preference")
    yield context
    context.close()


class Watch:
    """What a page complains about, and what it asks for elsewhere."""

    def __init__(self, page):
        self.complaints: list[str] = []
        page.on("console", self.console)
        page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        page.on("request", self.request)
        page.on("response", self.response)

    def console(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"console {message.type}: {message.text}")

    def request(self, request):
        scheme, host = urlsplit(request.url)[:2]
        if scheme not in ("data", "blob", "file") and not host.startswith("127.0.0.1"):
            self.complaints.append(f"asks another host: {request.url}")

    def response(self, response):
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")


@pytest.fixture
def page(context) -> Iterator:
    """Yield an empty page; afterwards nothing may have been complained about."""
    page = context.new_page()
    watch = Watch(page)
    yield page
    page.close()
    assert not watch.complaints, "\n".join(dict.fromkeys(watch.complaints))
