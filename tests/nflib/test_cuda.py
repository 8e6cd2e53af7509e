"""On a GPU: both directions never make the host wait, and run as a captured graph."""

import copy

import pytest
import torch

from nflib import Flow, PlanarStack, StandardNormal
from tests.nflib.bijection_cases import CASES, Case, moved, points, seeded

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")

deep = lambda: moved(PlanarStack(64, 32, seeded()))
DEEP = Case("planar-stack-deep", deep, 64, StandardNormal(64))
every_bijection = pytest.mark.parametrize("case", [*CASES, DEEP], ids=lambda case: case.name)
dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)


@pytest.fixture
def no_waiting():
    """A function after whose call every operation that waits for the GPU is an error."""
    yield lambda: torch.cuda.set_sync_debug_mode("error")
    torch.cuda.set_sync_debug_mode("default")


def calls(case, dtype):
    """The flow's three ways to be used, each with points on the GPU, already there."""
    flow = Flow(copy.deepcopy(case.base), case.make()).to("cuda", dtype)
    z = points(case, 32, dtype=dtype).cuda()
    x = flow.bijection.forward(z)[0].detach()
    return [(flow.bijection.forward, z), (flow.bijection.inverse, x), (flow.log_prob, x)]


@every_bijection
@dtypes
def test_the_host_never_waits(case, dtype, no_waiting):
    for call, at in calls(case, dtype):
        call(at)  # libraries are loaded at their first use
        torch.cuda.synchronize()
        no_waiting()
        at.requires_grad_()
        results = call(at)
        results = results if isinstance(results, tuple) else (results,)
        sum(result.sum() for result in results).backward()
        torch.cuda.set_sync_debug_mode("default")


@every_bijection
def test_a_captured_graph_computes_the_same(case):
    for call, at in calls(case, torch.float32):
        with torch.no_grad():
            expected = call(at)
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                call(at)  # a graph is captured after a first call, on a stream of its own
            torch.cuda.current_stream().wait_stream(side)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                captured = call(at)
            graph.replay()
        torch.testing.assert_close(captured, expected)
