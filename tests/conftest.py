"""What all tests share: one thread, so that times are comparable and workers do not crowd."""

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture
def generator() -> torch.Generator:
    """A source of randomness of the test's own, always in the same state."""
    return torch.Generator().manual_seed(0)
