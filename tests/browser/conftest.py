"""A real browser, a server of the built site, and a page that listens for complaints.

The site is served under a folder, as GitHub Pages does. Needs a built site (`make book`) and Chromium or Chrome (found
on the PATH, or named by the variable CHROMIUM); where one is missing, tests are skipped and say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from tests.book.built_site import PAGES, SITE
from tools.site.chromium import FLAGS, find_chromium
from tools.site.serving import serving

STILL = "*, ::before, ::after { transition: none !important; animation: none !important }"


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            pytest.skip("no Chromium or Chrome on the PATH, nor in the variable CHROMIUM")
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """Serve the built site on a free port; yield its address, which ends in a folder."""
    if not PAGES:
        pytest.skip("the site is not built; run: make book")
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


@pytest.fixture
def visit(page, host) -> Callable:
    """Return a function that opens an address of the site, and stops what moves there."""

    def visit(path: str, phone: bool = False):
        width, height = (390, 844) if phone else (1280, 900)
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{host}/{path}")
        page.add_style_tag(content=STILL)
        return page

    return visit
