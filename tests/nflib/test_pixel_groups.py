"""The groups of pixels of chapter 9's coupling flow, and what was counted in MNIST's training images."""

import pytest
import torch

from nflib import Flow, MaskedHistogramAutoregressive, StandardUniform, quantise
from nflib.course.targets import mnist_counts, mnist_couplings, mnist_record
from nflib.course.targets.pixel_groups import PixelGroups
from nflib.course.targets.pixel_groups import pixel_groups as groups_of


@pytest.fixture
def network() -> PixelGroups:
    torch.manual_seed(0)
    network = PixelGroups(4, width=6)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    return network.requires_grad_(False)


def test_groups_go_from_a_coarse_grid_to_the_fine_one_which_ends_in_the_chequerboard():
    group, steps = groups_of()
    assert group.flatten().unique().tolist() == list(range(len(steps))) and len(steps) == 31
    for k, step in enumerate(steps):
        on_grid = torch.zeros(28, 28, dtype=torch.bool)
        on_grid[::step, ::step] = True
        assert bool(on_grid[group <= k].all())
    row, column = torch.meshgrid(torch.arange(28), torch.arange(28), indexing="ij")
    assert torch.equal(group >= 29, (row + column) % 2 == 1)


@pytest.mark.parametrize("k", [0, 3, 15, 16, 20, 28, 30])
def test_theta_of_a_group_reads_all_groups_before_it_and_nothing_else(network, k):
    levels = torch.randint(0, 256, (2, 784), generator=torch.Generator().manual_seed(1))
    digit = torch.eye(10)[:2]
    theta, group = network.of_group(levels, k, digit), network.groups.flatten()
    changed = torch.where(group >= k, 255 - levels, levels)
    assert torch.equal(network.of_group(changed, k, digit), theta)
    for before in range(max(0, k - 2), k):
        changed = torch.where(group == before, 255 - levels, levels)
        assert not torch.equal(network.of_group(changed, k, digit), theta)
    assert not torch.equal(network.of_group(levels, k, digit.flip(0)), theta)


def test_sampling_by_groups_inverts_the_density_and_both_give_its_logarithm(network):
    knots = torch.tensor([0, 1, 100, 200, 256]) / 256
    flow = Flow(StandardUniform(784), MaskedHistogramAutoregressive(network, knots))
    digit = torch.eye(10)[[3, 7, 0]]
    x, log_prob = flow.sample_with_log_prob(3, torch.Generator().manual_seed(2), digit)
    torch.testing.assert_close(flow.log_prob(x, digit), log_prob, rtol=1e-5, atol=1e-2)
    again = flow.from_latent(flow.to_latent(x, digit), digit)
    assert torch.equal(quantise(again, 256), quantise(x, 256))
    theta = torch.cat([network.of_group(quantise(x, 256), k, digit) for k in range(31)], 1)
    order = torch.cat([network.members(k).nonzero()[:, 0] for k in range(31)])
    piece = torch.bucketize(x[:, order], knots[1:-1], right=True)
    heights = ((theta + knots.diff().log()).softmax(-1) / knots.diff()).gather(-1, piece[..., None])
    torch.testing.assert_close(log_prob, heights.log().sum((1, 2)), rtol=1e-4, atol=1e-2)


def test_the_counts_are_of_all_training_images():
    counts, knots = mnist_counts()
    assert counts.shape == (10, 784, 32) and (float(knots[0]), float(knots[-1])) == (0, 1)
    each = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]  # as published
    assert torch.equal(counts.sum(-1), torch.tensor(each)[:, None].expand(10, 784))
    assert counts[:, 0, 0].tolist() == each  # the corner is white in every image


def test_the_couplings_of_the_record_are_complete_and_do_not_learn():
    flow = mnist_couplings()
    assert flow.d == 784 and not any(p.requires_grad for p in flow.parameters())
    record = mnist_record("couplings")
    assert record["curve"][-1][2] < record["curve"][0][2]
