"""Settings of all tests: one thread, so that times are comparable and workers do not crowd."""

import pytest
import torch

torch.set_num_threads(1)


def pytest_collection_modifyitems(items):
    """Start the slow tests first: what waits for a sandbox then waits beside the rest, not after it."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_runtest_setup(item):
    """Skip the tests of the built site where there is none."""
    if item.get_closest_marker("site"):
        from tests.book.built_site import PAGES

        if not PAGES:
            pytest.skip("the site is not built; run: make book")


@pytest.fixture
def generator() -> torch.Generator:
    """A source of randomness of the test's own, always in the same state."""
    return torch.Generator().manual_seed(0)
