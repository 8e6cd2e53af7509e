"""Make _build/colab, once: an environment with only Colab's packages, and in it the kernel «colab».

    python tests/publish/colab/colab_environment.py

COLAB_PYTHON is the interpreter (default: the one that runs this; Colab has 3.13), COLAB_TORCH the version of torch
(default: that of requirements.lock; Colab has 2.11.0). A change of these, or of requirements.txt, makes it anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from importlib.metadata import distributions
from pathlib import Path

from tools.course import ROOT

HERE = Path(__file__).resolve().parent
FOLDER = ROOT / "_build/colab"
READY = FOLDER / "ready.json"
JUPYTER = FOLDER / "share/jupyter"  # a folder for JUPYTER_PATH
BIN = "Scripts" if os.name == "nt" else "bin"
PYTHON = FOLDER / BIN / "python"


def torch_version() -> str:
    """Return the version of torch to install."""
    locked = re.search(r"^torch==(\S+)$", (ROOT / "requirements.lock").read_text("utf8"), re.M)[1]
    return os.environ.get("COLAB_TORCH") or locked


def fingerprint() -> str:
    """Return what the environment is made from: the packages, the interpreter, this place."""
    python = os.environ.get("COLAB_PYTHON") or sys.executable
    version = subprocess.run([python, "-VV"], check=True, capture_output=True, text=True).stdout
    requirements = (HERE / "requirements.txt").read_text("utf8")
    parts = [requirements, torch_version(), version, str(FOLDER)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def packages() -> list[str]:
    """Return what is installed in the environment now, as name==version."""
    places = [str(place) for place in FOLDER.glob("[Ll]ib/**/site-packages")]
    return sorted(f"{d.name}=={d.version}" for d in distributions(path=places))


def is_ready() -> bool:
    """Return whether the environment is there, whole and up to date."""
    return READY.exists() and json.loads(READY.read_text("utf8"))["from"] == fingerprint()


def make() -> None:
    """Make the environment unless it is there."""
    if is_ready():
        return
    start = time.monotonic()
    shutil.rmtree(FOLDER, ignore_errors=True)
    python = os.environ.get("COLAB_PYTHON") or sys.executable
    print(f"Setting up {FOLDER.relative_to(ROOT)} (once)", flush=True)
    subprocess.run([python, "-m", "venv", FOLDER], check=True)
    pip = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input"]
    subprocess.run([*pip, "--no-deps", "-r", HERE / "requirements.txt"], check=True)
    subprocess.run([*pip, f"torch=={torch_version()}"], check=True)
    fonts = os.environ | {"MPLCONFIGDIR": str(FOLDER / "share/matplotlib")}
    subprocess.run([PYTHON, "-I", "-c", "import matplotlib.font_manager"], check=True, env=fonts)
    spec = {
        "argv": [str(PYTHON), "-I", str(HERE / "kernel.py"), "-f", "{connection_file}"],
        "display_name": "Like Colab",
        "language": "python",
    }
    kernel = JUPYTER / "kernels/colab/kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps(spec, indent=1), "utf8")
    READY.write_text(json.dumps({"from": fingerprint(), "packages": packages()}, indent=1), "utf8")
    print(f"Made in {time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    make()
