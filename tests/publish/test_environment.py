"""The set-up says in one line what is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.dev import environment


def test_an_old_python_is_named(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    with pytest.raises(SystemExit, match=r"^error: Python 3\.11 or newer is needed, .* is 3\.9"):
        environment.main()


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """Pretend that the project is a new clone in a temporary folder."""
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_text("a-package==1\n", "utf8")
    monkeypatch.setattr(environment, "ROOT", str(tmp_path))
    monkeypatch.setattr(environment, "VENV", str(tmp_path / ".venv"))
    monkeypatch.setattr(environment, "READY", str(tmp_path / ".venv/.ready"))
    monkeypatch.setattr(environment, "LOG", str(tmp_path / "_build/environment.log"))
    return tmp_path


def fake_pip(output, status):
    """Return a stand-in for `run`: venv works, pip prints `output`."""

    def run(command, log):
        if "venv" in command:
            Path(command[-1]).mkdir(exist_ok=True)
            return True
        log.write(output)
        return status

    return run


def test_a_missing_network_is_named(fresh, monkeypatch):
    monkeypatch.setattr(environment, "run", fake_pip("NameResolutionError: …", False))
    with pytest.raises(
        SystemExit, match=r"^error: the packages cannot be downloaded; is there a network"
    ) as error:
        environment.main()
    assert "\n" not in str(error.value)
    assert not (fresh / ".venv/.ready").exists()


def test_a_finished_environment_is_not_made_again(fresh, monkeypatch):
    monkeypatch.setattr(environment, "run", fake_pip("", True))
    environment.main()
    monkeypatch.setattr(environment, "run", lambda *_: pytest.fail("made again"))
    environment.main()
    (fresh / "requirements.lock").write_text("a-package==2\n", "utf8")
    with pytest.raises(pytest.fail.Exception):
        environment.main()


def test_an_interrupted_set_up_begins_again(fresh, monkeypatch):
    (fresh / ".venv").mkdir()
    commands = []
    monkeypatch.setattr(environment, "run", lambda command, log: commands.append(command) or True)
    environment.main()
    assert "--clear" in commands[0]


def test_the_script_needs_no_package_of_ours():
    script = Path(environment.__file__)
    command = [sys.executable, "-S", "-c", f"import runpy; runpy.run_path({str(script)!r})"]
    subprocess.run(command, check=True)
