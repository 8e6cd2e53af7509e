"""Run notebooks as Colab would, each on a machine of its own: python -m tests.publish.colab.run FOLDER

FOLDER holds the Colab edition (es/, en/ with exercises/ and solutions/) or is a part of it; the wheel that the
notebooks name must be served, as tools/publish/dry_run.py --serve does. Options after FOLDER go to pytest. What is
demanded of a notebook is in colab_plugin.py. After the solutions of a language, nflib's own progress() must say that
all is done.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.publish.colab import colab_environment
from tools.course import ROOT

PROGRESS = """
import sys
sys.path.insert(0, {packages!r})
from nflib.course.check import language, progress
language({lang!r})
table = progress()
print(repr(table).splitlines()[0])
sys.exit(not all("passed" in entry for entry in table.questions.values()))
"""


def run(folder: Path, options: list[str], results: Path) -> int:
    """Run all notebooks below a folder with nbval; return pytest's exit status."""
    command = [
        *(sys.executable, "-m", "pytest", str(folder), "--rootdir", str(folder)),
        *(
            "-c",
            os.devnull,
            "-p",
            "no:cacheprovider",
            "-p",
            "tests.publish.colab.colab_plugin",
            "-q",
        ),
        *("-n", "2", "--dist", "loadfile"),
        *("--nbval-lax", "--nbval-kernel-name", "colab", "--nbval-cell-timeout", "300"),
        *options,
    ]
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "JUPYTER_PATH": str(colab_environment.JUPYTER),
        "COLAB_RESULTS": str(results),
    }
    return subprocess.run(command, env=environment, check=False).returncode


def all_solved(lang: str, results: Path) -> bool:
    """Return whether progress() counts all questions as done, for who took the record from notebook to notebook."""
    with tempfile.TemporaryDirectory() as content:
        record = {}
        for path in sorted((results / lang).glob("*.json")):
            record |= json.loads(path.read_text("utf8"))
        Path(content, "nflib-progress.json").write_text(json.dumps(record), "utf8")
        code = PROGRESS.format(packages=str(results / "packages"), lang=lang)
        told = subprocess.run(
            [colab_environment.PYTHON, "-I", "-c", code],
            cwd=content, capture_output=True, text=True, check=False,
        )  # fmt: skip
        print(f"{lang}/solutions: {told.stdout.strip() or told.stderr.strip()}", flush=True)
        return told.returncode == 0


def main(folder: Path, *options: str) -> int:
    """Make the environment if need be, run, count; return the exit status."""
    colab_environment.make()
    with tempfile.TemporaryDirectory() as results:
        status = run(folder.resolve(), list(options), Path(results))
        done = [
            all_solved(lang, Path(results))
            for lang in ("es", "en")
            if status == 0 and Path(results, lang).is_dir()  # its solutions were run
        ]
    return status or int(not all(done))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
