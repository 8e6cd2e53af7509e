"""What all tests share: one thread, so that times are comparable and workers do not crowd."""

import pytest
import torch

pytest_plugins = ["browsing"]  # the fixtures browser, host, context, page

torch.set_num_threads(1)


@pytest.fixture
def generator() -> torch.Generator:
    """A source of randomness of the test's own, always in the same state."""
    return torch.Generator().manual_seed(0)
