"""Which files are submissions, and whose: a folder as it is, or the zip that a platform gives.

What stands first in a path, a folder or a file, is one student's. Its name is read as Moodle writes it
(``Ana Paz_1018_assignsubmission_file_``), as Canvas does (``pazana_LATE_12345_67890_x.ipynb``), or as it is; the number
tells students of one name apart. With ``names="file"`` every file is one student's, for ``group-1/student.ipynb``.
"""

from __future__ import annotations

import os
import re
import stat
import time
import zipfile
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tools.grading.messages import clean
from tools.grading.notebook import FILE_LIMIT, Unreadable

MOODLE = re.compile(r"(?P<student>.+?)_(?P<number>\d+)_assignsubmission_")
CANVAS = re.compile(r"(?P<student>[^_]+)_(?:LATE_)?(?P<number>\d+)_\d+_")
NOTEBOOK = re.compile(r"\.ipynb(\.txt|\.json)?$", re.I)
ZIP_LIMIT = 2 * 1024**3  # bytes of a class, unpacked


@dataclass(frozen=True)
class Submission:
    """A file of a student, or the student's folder if there is none.

    Attributes:
        name: its path below the folder of all, with /.
        number: the student's, as the platform wrote it; empty if it wrote none.
        others: what the student handed in beside it, and is not read.
        date: seconds since 1970.
    """

    path: Path
    name: str
    student: str
    number: str = ""
    others: tuple[str, ...] = ()
    date: float = 0.0


def submissions(folder: Path, names: str = "folder") -> list[Submission]:
    """Every notebook below ``folder``, at any depth, and what each student without one handed in.

    Links to folders are not followed.
    """
    whose = lambda path: path.relative_to(folder).parts[0 if names == "folder" else -1]
    paths = sorted(_files(folder), key=lambda path: (whose(path), path.parts))
    found = []
    for owner, group in groupby(paths, key=whose):
        files = list(group)
        read = [path for path in files if NOTEBOOK.search(path.name)] or files[:1]
        others = tuple(clean(path.name) for path in files if path not in read)
        student, number = identity(owner)
        for path in read:
            name = clean(path.relative_to(folder).as_posix())
            found.append(Submission(path, name, student, number, others, path.lstat().st_mtime))
            others = ()  # told once
    return found


def _files(folder: Path) -> list[Path]:
    """The files below a folder, and the folders of students that hold none; no hidden ones."""
    found: list[Path] = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        shown = [Path(place, file) for file in files if not file.startswith(".")]
        found += shown
        if Path(place).parent == folder and not (shown or folders):
            found.append(Path(place))
    return found


def identity(owner: str) -> tuple[str, str]:
    """A student's name and number, from a folder's name or a file's."""
    if known := MOODLE.match(owner) or CANVAS.match(owner):
        return clean(known["student"]), known["number"]
    return clean(NOTEBOOK.sub("", owner)), ""


def unpack(archive: Path, folder: Path) -> None:
    """Unpack the zip of a class, with the dates of its files.

    Raises:
        ValueError: if it is no zip, or holds more than ``ZIP_LIMIT``.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            if sum(each.file_size for each in opened.infolist()) > ZIP_LIMIT:
                raise ValueError(f"{archive}: more than {ZIP_LIMIT // 1024**3} GB when unpacked")
            for each in opened.infolist():
                path = opened.extract(each, folder)  # a name that leads outside is changed
                date = time.mktime((*each.date_time, 0, 0, -1))
                os.utime(path, (date, date))
    except zipfile.BadZipFile as error:
        raise ValueError(f"{archive}: {error}") from error


def read(path: Path) -> bytes:
    """The bytes of a notebook's file; `Unreadable` if it is none, a link, a pipe, a device or too large."""
    if path.is_dir() and not path.is_symlink():
        raise Unreadable("nothing", "")
    if not NOTEBOOK.search(path.name):
        raise Unreadable("kind", clean(path.suffix))
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
