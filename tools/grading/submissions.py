"""Which files are submissions, and whose.

The student's name is, in this order: what stands before ``_123_assignsubmission_file_`` in any part
of the path, as Moodle writes it; the first folder below SUBMISSIONS, as in nbgrader's
``student/assignment/file.ipynb`` and in one folder a student; the file's name without its ending.
With ``names="file"`` the folders are not asked, for ``group-1/student.ipynb``.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from tools.grading.notebook import FILE_LIMIT, Unreadable

MOODLE = re.compile(r"^(.+?)_\d+_assignsubmission_")
ENDINGS = (".ipynb", ".ipynb.txt", ".ipynb.json")


@dataclass(frozen=True)
class Submission:
    """A file: its student and its path below the folder of all, with /."""

    path: Path
    name: str
    student: str


def submissions(folder: Path, names: str = "folder") -> list[Submission]:
    """Every notebook below ``folder``, at any depth; links to folders are not followed."""
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for file in sorted(files):
            if file.lower().endswith(ENDINGS) and not file.startswith("."):
                path = Path(place, file)
                name = os.fsencode(path.relative_to(folder)).decode("utf-8", "replace")
                found.append(Submission(path, name, student(name.split("/"), names)))
    return found


def student(parts: list[str], names: str = "folder") -> str:
    """The student's name, from the parts of a path."""
    for part in parts:
        if moodle := MOODLE.match(part):
            return moodle[1]
    if names == "folder" and len(parts) > 1:
        return parts[0]
    return re.sub(r"\.ipynb(\.\w+)?$", "", parts[-1], flags=re.I)


def read(path: Path) -> bytes:
    """The bytes of a file; `Unreadable` if it is a link, a pipe, a device or too large."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Unreadable("link" if path.is_symlink() else "open", error.strerror or "") from None
    with open(file, "rb") as opened:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise Unreadable("open", "not a file")
        data = opened.read(FILE_LIMIT + 1)
    if len(data) > FILE_LIMIT:
        raise Unreadable("large", f"{FILE_LIMIT // 1024**2} MB")
    return data
