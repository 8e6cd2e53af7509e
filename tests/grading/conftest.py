"""A sandbox for the tests that grade for real."""

import pytest

from tools.grading.sandbox import Sandbox, missing
from tools.grading.supervisor import try_out


@pytest.fixture(scope="session")
def sandbox():
    """Return a sandbox that works here, or skip and say why there is none."""
    if why := missing():
        pytest.skip(f"no bubblewrap{why}")
    for own_user in (True, False):
        if not (why := try_out(Sandbox(own_user=own_user))):
            return Sandbox(own_user=own_user)
    pytest.skip(f"bubblewrap does not work here: {why}")
