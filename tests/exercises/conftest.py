"""Fixtures of the tests of exercises: the language in force, and a student's empty folder."""

import pytest

from nflib.course.language import LANGUAGES, language


@pytest.fixture(params=LANGUAGES)
def lang(request):
    """Each language in turn; the one before comes back."""
    before = language()
    yield language(request.param)
    language(before)


@pytest.fixture
def beginner(monkeypatch, tmp_path):
    """A student who starts: an empty folder, no record of progress, checks that are not strict."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nflib.course.check.record._memory", {})
    monkeypatch.setattr("nflib.course.check.record.notes", [])
    for name in ("NFLIB_CHECK", "NBGRADER_EXECUTION"):
        monkeypatch.delenv(name, raising=False)
