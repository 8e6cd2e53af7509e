"""The whole course in one zip file, for a classroom without a network: _build/downloads/normalizing-flows-offline.zip.

The editions that `make book` left, put together for a disk, with their notebooks, and the wheel of nflib. The same
pages give the same file, byte for byte.

Usage: python -m tools.site.bundle
"""

from __future__ import annotations

import sys
import tempfile
import zipfile
from pathlib import Path

from tools.course import BUILD, EDITIONS
from tools.publish.wheel import make_wheel
from tools.site.build import assemble, mark

NAME = "normalizing-flows-offline.zip"
FOLDER = "normalizing-flows"
DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip file can hold
PACKED = {".png", ".woff", ".woff2", ".whl", ".webp"}  # what does not get smaller
READ_ME = {
    "LEEME.txt": """\
Flujos normalizadores, para leer sin red
========================================

1. Descomprima este archivo en una carpeta.
2. Abra index.html con su navegador (doble clic). Nada de lo que se ve necesita una red.

Los cuadernos están en es/notebooks/, con los ejercicios y las soluciones en sus carpetas. Para ejecutarlos hacen falta
Python 3.11 o posterior, PyTorch, NumPy, matplotlib y JupyterLab, y la biblioteca del curso, que está aquí mismo:

    pip install --no-deps {wheel}
""",
    "README.txt": """\
Normalizing flows, to be read without a network
===============================================

1. Unzip this file into a folder.
2. Open index.html in your browser (a double click). Nothing that you see needs a network.

The notebooks are in en/notebooks/, with exercises and solutions in folders of their own. To run them you need Python
3.11 or later, PyTorch, NumPy, matplotlib and JupyterLab, and the library of the course, which is right here:

    pip install --no-deps {wheel}
""",
}


def contents(site: Path, wheel: Path) -> dict[str, bytes | Path]:
    """Return what the zip file holds, by name."""
    found: dict[str, bytes | Path] = {
        name: text.format(wheel=wheel.name).encode() for name, text in READ_ME.items()
    }
    found[wheel.name] = wheel
    for path in site.rglob("*"):
        name = path.relative_to(site)
        if path.is_file() and not name.name.startswith("."):
            found[name.as_posix()] = path
    return found


def bundle(file: Path) -> int:
    """Write the zip file, in one step; return how many files it holds."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(new, "w") as zipped:
        site = assemble(Path(scratch, "site"), "", "", BUILD / "notebooks", [])
        files = contents(site, make_wheel(Path(scratch)))
        for done, (name, content) in enumerate(sorted(files.items()), 1):
            info = zipfile.ZipInfo(f"{FOLDER}/{name}", DATE)
            info.external_attr = 0o644 << 16
            packed = Path(name).suffix in PACKED
            info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            zipped.writestr(info, content.read_bytes() if isinstance(content, Path) else content)
            if sys.stdout.isatty() and done % 20 == 0:
                print(f"\r  {done} of {len(files)} files", end="", flush=True)
    new.replace(file)
    return len(files)


def main() -> int:
    """Make the bundle; return the exit status."""
    for lang in EDITIONS:
        if not mark(lang).exists():
            print(f"error: the edition {lang!r} is not built: run `make book` first")
            return 1
    file = BUILD / "downloads" / NAME
    count = bundle(file)
    print(f"\r  {count} files, {file.stat().st_size / 1e6:.1f} MB: {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
