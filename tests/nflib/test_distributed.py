"""Two processes under torchrun against one with the same global batch."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import TensorDataset

import nflib
from nflib import Exp, Flow, Linear, NonFiniteLoss, Planar, StandardNormal, fit, fit_to_density
from nflib.training import checkpoint as file
from nflib.training.distributed import all_reduce, broadcast, shard


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def make_flow() -> Flow:
    planar = [Planar(2, seeded(k)) for k in range(2)]
    return Flow(StandardNormal(2), Linear(torch.eye(2), torch.zeros(2)), *planar).double()


def points(n: int) -> torch.Tensor:
    return torch.randn(n, 2, generator=seeded(1), dtype=torch.float64) * 2 + 1


def noisy(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return x + 0.1 * torch.rand(x.shape, generator=generator, dtype=x.dtype)


def results(folder: Path, seed: int) -> dict:
    """Run the fits that one process and several must agree on; only process 0's seed matters."""
    common = {"steps": 30, "every": 10, "lr": 0.02, "progress": False}
    done = {}
    for name, batch in (("fit", 16), ("unequal", 15), ("fewer", 1)):
        flow, x = make_flow(), points(61)
        history = fit(
            flow, x, x[:7] / 2, batch=batch, prepare=noisy, generator=seeded(seed), **common
        )
        done[name] = (flow.state_dict(), history.train, history.held_out)
    flow, counts = make_flow(), torch.arange(61) % 3
    options = {
        "batch": 16,
        "weights": counts,
        "held_out_weights": counts[:7],
        "generator": seeded(seed),
    }
    options["scheduler"] = partial(ReduceLROnPlateau, patience=0, threshold=0.1)
    history = fit(flow, TensorDataset(points(61)), points(7) / 2, **options, **common)
    done["weighted"] = (flow.state_dict(), history.train, history.held_out)
    for stop in (10, 30):
        flow = make_flow()
        history = fit_to_density(
            flow,
            lambda x: -0.5 * (x - 1).square().sum(-1),
            batch=33,
            generator=seeded(seed),
            checkpoint=folder / "reverse.pt",
            clip=0.5,
            **common | {"steps": stop},
        )
        done[f"reverse {stop}"] = (flow.state_dict(), history.train, [])
    positive = Flow(StandardNormal(1), Linear(torch.eye(1)), Exp())
    try:
        fit(positive, torch.tensor([[1.0], [1.0], [-1.0]]), **common)
    except NonFiniteLoss as error:
        done["stopped"] = str(error)
    return done


def flat(run) -> torch.Tensor:
    state, train, held_out = run
    return torch.cat([*(v.flatten() for v in state.values()), torch.tensor(train + held_out)])


@pytest.mark.slow
def test_two_processes_match_one_with_the_same_global_batch(tmp_path):
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2"]
    command += ["--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1"]
    folder = tmp_path / "two"
    folder.mkdir()
    here = str(Path(nflib.__file__).parents[1])  # the processes are to run the same nflib
    path = os.pathsep.join(filter(None, [here, os.getenv("PYTHONPATH")]))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    environment |= {"GLOO_SOCKET_IFNAME": "lo", "MASTER_ADDR": "127.0.0.1"}
    subprocess.run([*command, __file__, str(folder)], check=True, env=environment, timeout=300)
    one, two = results(tmp_path, seed=0), [file.read(folder / f"{k}.pt") for k in range(2)]
    assert one.keys() == two[0].keys()
    stopped = [run.pop("stopped") for run in (one, *two)]
    assert stopped[0].startswith("fit: step 0: ") and "(1 of 3 points" in stopped[0]
    assert len(set(stopped)) == 1
    for name in one:
        assert torch.equal(flat(two[0][name]), flat(two[1][name]))
        # rounding, enlarged where Adam divides by the size of a small gradient
        torch.testing.assert_close(flat(two[0][name]), flat(one[name]), rtol=1e-8, atol=1e-9)
    assert sorted(os.listdir(folder)) == ["0.pt", "1.pt", "reverse.pt"]


def test_one_process_takes_all():
    x = torch.arange(5)
    assert shard(x).tolist() == x.tolist() and int(all_reduce(x.sum())) == 10
    assert broadcast("a") == "a"


if __name__ == "__main__":
    dist.init_process_group("gloo")
    torch.set_num_threads(1)
    folder, rank = Path(sys.argv[1]), dist.get_rank()
    file.write(folder / f"{rank}.pt", results(folder, seed=rank))
    assert int(all_reduce(torch.tensor(rank + 1))) == 3
    assert shard(torch.arange(5)).tolist() == ([0, 2, 4], [1, 3])[rank]
    nn.parallel.DistributedDataParallel(make_flow())  # what fit wrapped is free again
    dist.destroy_process_group()
