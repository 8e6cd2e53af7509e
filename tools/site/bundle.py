"""The whole course in one zip file, for a classroom without a network: _build/downloads/normalizing-flows-offline.zip.

The editions that `make book` left, put together for a disk, with their notebooks, and the wheel of nflib. The same
pages give the same file, byte for byte.

Usage: python -m tools.site.bundle
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from tools.course import BUILD, EDITIONS
from tools.publish.wheel import make_wheel
from tools.site.address import Address
from tools.site.build import assemble, mark

NAME = "normalizing-flows-offline.zip"
FOLDER = "normalizing-flows"
DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip file can hold
PACKED = {".png", ".woff", ".woff2", ".whl", ".webp"}  # what does not get smaller
READ_ME = [Path(__file__).with_name(name) for name in ("LEEME.txt", "README.txt")]


def bundle(file: Path) -> int:
    """Write the zip file, in one step; return how many files it holds."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(new, "w") as zipped:
        wheel = make_wheel(Path(scratch))
        site = assemble(Path(scratch, "site"), Address(), BUILD / "notebooks")
        for text in READ_ME:
            filled = text.read_text("utf8").format(wheel=wheel.name)
            Path(site, text.name).write_text(filled, "utf8")
        shutil.copy(wheel, site)
        for path in sorted(site.rglob("[!.]*"), key=lambda path: path.relative_to(site).as_posix()):
            if path.is_file():
                info = zipfile.ZipInfo(f"{FOLDER}/{path.relative_to(site).as_posix()}", DATE)
                info.external_attr = 0o644 << 16
                stored = path.suffix in PACKED
                how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
                zipped.writestr(info, path.read_bytes(), how)
        count = len(zipped.namelist())
    new.replace(file)
    return count


def main() -> int:
    """Make the bundle; return the exit status."""
    if not all(mark(lang).exists() for lang in EDITIONS):
        print("error: the editions are not built: run `make book` first")
        return 1
    file = BUILD / "downloads" / NAME
    print(f"  {bundle(file)} files, {file.stat().st_size / 1e6:.1f} MB: {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
