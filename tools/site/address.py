"""Fill in what only a publication knows: the site's address, its repository, the files that one can download.

Pages (nfbook/placeholders.py) write ``https://site.invalid`` for the address, ``@@repository@@`` for OWNER/NAME,
and put between ``<!--if NAME-->`` and ``<!--end if-->`` what needs NAME: ``repository``, or ``downloads/FILE``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from posixpath import relpath

SITE = "https://site.invalid"
REPOSITORY = "@@repository@@"
TEXTS = {".html", ".js", ".json", ".svg", ".txt", ".webmanifest", ".xml"}
BLOCK = re.compile(r"<!--if ([\w./-]+)-->(.*?)<!--end if-->", re.S)
MARK = re.compile(r"<!--(?:if\b|end if)[^>]*-->")
TAG = re.compile(rf"[ \t]*<(?:link|meta)\b[^>]*{re.escape(SITE)}[^>]*>[ \t]*\n?")
EDITION = re.compile(rf"""(<link\b[^>]*\bhreflang=[^>]*\bhref=["']){re.escape(SITE)}/([^"']*)""")
URL = re.compile(r"https?://[\w.-]+(?::\d+)?(?:/[\w.~-]+)*")
OWNER_AND_NAME = re.compile(r"[\w.-]+/[\w.-]+")


class AddressError(ValueError):
    """An address that cannot be used, or a page with an address that cannot be filled in."""


@dataclass(frozen=True)
class Address:
    """The place of a site: its URL, OWNER/NAME of its repository, the files in its folder downloads/."""

    url: str = ""
    repository: str = ""
    downloads: frozenset[str] = frozenset()

    def __post_init__(self):
        if self.url and not URL.fullmatch(self.url):
            raise AddressError(
                f"the site's address must look like https://host/folder, got {self.url!r}"
            )
        if self.repository and not OWNER_AND_NAME.fullmatch(self.repository):
            raise AddressError(f"the repository must be OWNER/NAME, got {self.repository!r}")

    def has(self, condition: str) -> bool:
        """Return whether what stands under a condition is kept."""
        if condition == "repository":
            return bool(self.url and self.repository)
        folder, _, name = condition.partition("/")
        if folder != "downloads" or not name:
            raise AddressError(f"unknown condition {condition!r}")
        return name in self.downloads

    def fill(self, text: str, path: str) -> str:
        """Return the text of the file at ``path`` of the site, with everything filled in."""
        try:
            text = BLOCK.sub(lambda block: block[2] if self.has(block[1]) else "", text)
        except AddressError as error:
            raise AddressError(f"{path}: {error}") from None
        if self.repository:
            text = text.replace(REPOSITORY, self.repository)
        if self.url:
            text = text.replace(SITE, self.url)
        elif path.endswith(".html"):
            here = str(PurePosixPath(path).parent)
            text = EDITION.sub(lambda link: link[1] + relpath(link[2] or ".", here), text)
            text = TAG.sub("", text)
        for left in (SITE, REPOSITORY):
            if left in text:
                around = text[max(0, text.index(left) - 60) :][:160]
                raise AddressError(f"{path}: {left} cannot be filled in: …{around!r}…")
        if mark := MARK.search(text):
            raise AddressError(f"{path}: {mark[0]} has no counterpart")
        return text


def fill_folder(folder: Path, address: Address) -> None:
    """Fill in every text file below a folder, but for what is there to be downloaded."""
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        if file.suffix not in TEXTS or not file.is_file() or path.parts[0] == "downloads":
            continue
        text = file.read_text("utf8")
        if SITE in text or REPOSITORY in text or MARK.search(text):
            file.write_text(address.fill(text, path.as_posix()), "utf8")
