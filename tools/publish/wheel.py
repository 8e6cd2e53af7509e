"""The wheel of nflib, such that equal sources give an equal file, whoever makes it and whenever."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.course import ROOT

SOURCES = ("nflib", "pyproject.toml", "README.md", "LICENSE")
EPOCH = "315619200"  # the dates in the wheel


def make_wheel(folder: Path) -> Path:
    """Build nflib's wheel in ``folder``/HASH/, named after its contents; return its path."""
    with tempfile.TemporaryDirectory() as scratch:
        source, built = Path(scratch, "source"), Path(scratch, "built")
        source.mkdir()
        for name in SOURCES:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, source / name)
        for path in source.rglob("*"):  # a wheel has the rights of its files too
            path.chmod(0o755 if path.is_dir() else 0o644)
        pip = [sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check"]
        options = ["--no-deps", "--no-build-isolation", "--wheel-dir", str(built), str(source)]
        environment = os.environ | {"SOURCE_DATE_EPOCH": EPOCH}
        subprocess.run([*pip, *options], check=True, env=environment)
        (wheel,) = built.glob("*.whl")
        target = folder / sha256(wheel)[:12] / wheel.name
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheel, target))


def sha256(path: Path) -> str:
    """Return the hash of a file, as pip wants it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
