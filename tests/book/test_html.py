"""Every page is valid HTML and every style sheet of ours valid CSS, says the Nu HTML checker (vnu).

Needs Java, and vnu.jar in _build/vnu or where the variable VNU says; .ci/run fetches it. Where one is missing,
the tests are skipped and say so.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.book.built_site import PAGES, SITE, address
from tools.course import ROOT

VNU = Path(os.environ.get("VNU", ROOT / "_build/vnu/vnu.jar"))
OURS = ("nfbook.css", "start.css", "print.css", "interactive/interactive.css")

# What the checker says and why it is wrong.
MISTAKEN = {
    "paint-order": "a property of SVG 2 and of CSS in every browser, which the checker does not know",
}

pytestmark = [
    pytest.mark.site,
    pytest.mark.skipif(shutil.which("java") is None, reason="the HTML checker needs Java"),
    pytest.mark.skipif(not VNU.exists(), reason=f"no HTML checker at {VNU}; .ci/run fetches it"),
]


def complaints(*arguments) -> list[str]:
    """Return what the checker says about files, but for its own mistakes."""
    command = ["java", "-jar", VNU, "--errors-only", "--stdout", "--exit-zero-always"]
    command += ["--format", "json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    return [
        f"{found['url'].partition(f'{SITE}/')[2]}:{found.get('lastLine')}: {found['message']} "
        f"{' '.join(found.get('extract', '').split())}"
        for found in json.loads(done.stdout)["messages"]
        if not any(f"“{mistaken}”" in found["message"] for mistaken in MISTAKEN)
    ]


def test_the_checker_complains_about_a_bad_page(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><html lang=en><title>t</title><p id=a><p id=a><b><div></b>")
    assert len(complaints(page)) >= 2


def test_pages_are_valid_html():
    pages = [*PAGES, *SITE.glob("*.html")]
    assert complaints(*pages) == [], f"of {len(pages)} pages, among them {address(pages[0])}"


def test_style_sheets_are_valid_css():
    sheets = [SITE / "es/_static" / name for name in OURS]
    assert complaints("--css", *(sheet for sheet in sheets if sheet.exists())) == []
