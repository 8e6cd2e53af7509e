"""Paths of points in time: every path is drawn, its start in one ink and its end in another."""

import matplotlib.pyplot as plt
import numpy as np
import torch

from nflib.course import plotting


def test_trajectories_show_every_path_from_its_start_to_its_end():
    t, x = torch.tensor([0.0, 0.5, 1.0]), torch.tensor([[0.0, 1.0], [2.0, 1.5], [3.0, -1.0]])
    axis = plotting.trajectories(t, x, labels=("time", "place"))
    assert len(axis.lines) == 2
    for line, path in zip(axis.lines, x.T, strict=True):
        assert np.allclose(line.get_xdata(), t) and np.allclose(line.get_ydata(), path)
    starts, ends = axis.collections
    assert np.allclose(starts.get_offsets(), [[0, 0], [0, 1]])
    assert np.allclose(ends.get_offsets(), [[1, 3], [1, -1]])
    assert not np.allclose(starts.get_facecolors(), ends.get_facecolors())
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("time", "place")
    plt.close("all")
