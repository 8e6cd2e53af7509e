"""Checkpoints are whole at every moment, and hold data only."""

import os
import random

import pytest
import torch

from nflib.training import checkpoint
from tests.nflib.killed_processes import kill_after_a_write


def test_what_is_read_is_what_was_written(tmp_path, generator):
    state = {
        "a": torch.randn(3, generator=generator, dtype=torch.float64),
        "b": [1, -0.1, float("inf"), None, "x", (True, torch.tensor([2]))],
        "c": torch.optim.Adam([torch.zeros(2)], lr=0.5).state_dict(),
    }
    checkpoint.write(tmp_path / "a.pt", state)
    again = checkpoint.read(tmp_path / "a.pt")
    assert torch.equal(again.pop("a"), state.pop("a"))
    assert str(again) == str(state)
    assert os.listdir(tmp_path) == ["a.pt"]


class Code:
    """A pickle of it does something when it is loaded: it makes a folder."""

    def __reduce__(self):
        return os.mkdir, ("it ran",)


def test_what_is_not_data_is_not_written(tmp_path):
    checkpoint.write(tmp_path / "a.pt", {"step": 1})
    for no_data in (Code(), lambda: 0):
        with pytest.raises(TypeError, match=r"^checkpoint.write: state: expected tensors, numbers"):
            checkpoint.write(tmp_path / "a.pt", {"step": 2, "no data": no_data})
    assert checkpoint.read(tmp_path / "a.pt") == {"step": 1}


@pytest.mark.parametrize("content", ["code", "half", "empty", "text"])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.pt"
    checkpoint.write(path, {"a": torch.zeros(100)})
    whole = path.read_bytes()
    if content == "code":
        torch.save(Code(), path)
    else:
        path.write_bytes(
            {"half": whole[: len(whole) // 2], "empty": b"", "text": b"hello"}[content]
        )
    with pytest.raises(ValueError, match=r"^checkpoint.read: path: expected a checkpoint .*a\.pt"):
        checkpoint.read(path)
    assert not (tmp_path / "it ran").exists()


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_checkpoint(tmp_path, monkeypatch, failing):
    def fail(*_):
        raise OSError("disk full")

    checkpoint.write(tmp_path / "a.pt", {"step": 1})
    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(OSError, match="disk full"):
        checkpoint.write(tmp_path / "a.pt", {"step": 2})
    assert checkpoint.read(tmp_path / "a.pt") == {"step": 1}


def write_for_ever(path):
    step = 0
    while True:
        step += 1
        checkpoint.write(path, {"step": step, "values": torch.full((300_000,), step)})


@pytest.mark.slow
def test_a_checkpoint_is_whole_whenever_its_writer_is_killed(tmp_path):
    path, chance = tmp_path / "a.pt", random.Random(0)
    for _ in range(8):
        process = kill_after_a_write(path, chance, write_for_ever, path)
        assert process.exitcode < 0
        state = checkpoint.read(path)
        assert bool((state["values"] == state["step"]).all())
