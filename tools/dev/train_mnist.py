"""Train the flow of digits, ``nflib.image_flow`` on MNIST, and write it as a small file with the record of how.

The loss is −log p(x | label), the label left out of one image in ten, so that the same network is a model of images
without labels, too. The file holds a moving average of the parameters. All that is chosen is chosen by the last 2,000
of the 60,000 images for training, which are not trained on; the test images are not read.

``fit`` runs from record to record. After each, the folder has
    state.pt    its checkpoint (parameters, their average, optimiser, schedule, generator): the same command goes on
                from it after an interruption at any moment, and at most the steps since the last record are repeated;
    flow.pt     the average in float16 and the sizes of the network, for ``nflib.course.targets.mnist_flow``;
    record.json the command's numbers, versions, CPU seconds, the curve and the SHA-256 of flow.pt.

MNIST's files are found as ``load_mnist(full=True)`` does.
Usage: OMP_NUM_THREADS=1 python -m tools.dev.train_mnist FOLDER [--steps 30000] [--device cuda] …
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import platform
import time
import warnings
from pathlib import Path

import torch
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import Dataset

from nflib import Flow, bits_per_dim, dequantise, fit, image_flow
from nflib.course.targets import Digits
from tools.dev.mnist_shared import LABELS, Q, context_of, d, log_prob, parts, write, write_weights

HELD_OUT = 2000


class Images(Dataset):
    """Images and labels, ten times over: copy k of image i is without its label if i ends in the digit k."""

    def __init__(self, digits: Digits) -> None:
        self.v, self.labels = digits.images, context_of(digits.labels)

    def __len__(self) -> int:
        return 10 * len(self.v)

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        copy_of, i = divmod(number, len(self.v))
        return self.v[i], self.labels[i] * (copy_of != i % 10)


class AveragedAdamW(torch.optim.AdamW):
    """AdamW that also keeps a moving average of each parameter, in its state and so in the checkpoint."""

    def step(self, closure=None):
        loss = super().step(closure)
        for p in self.param_groups[0]["params"]:
            state = self.state[p]
            decay = min(0.999, (1 + float(state["step"])) / (10 + float(state["step"])))
            state.setdefault("average", p.detach().clone()).lerp_(p.detach(), 1 - decay)
        return loss


def averaged(flow: Flow, optimiser: AveragedAdamW) -> Flow:
    """Return a copy of the flow with the averages of its parameters."""
    average = copy.deepcopy(flow)
    with torch.no_grad():
        for mean, p in zip(average.parameters(), flow.parameters(), strict=True):
            mean.copy_(optimiser.state[p].get("average", p))
    return average


def bits(flow: Flow, v: Tensor, labels: Tensor) -> float:
    """Return the mean bits per dimension of images, given their labels."""
    return float(bits_per_dim(log_prob(flow, v, labels), d, Q).mean())


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", default="cpu")
    sizes = {"patch": 4, "bins": 48, "width": 176, "depth": 5, "heads": 4, "hidden": 320}
    for name, default in {"steps": 30000, "batch": 32, "every": 600, "seed": 0, **sizes}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    for name, default in {"lr": 1.5e-3, "decay": 0.01, "clip": 300.0}.items():
        parser.add_argument(f"--{name}", type=float, default=default)
    return parser.parse_args()


def main() -> None:
    a = options()
    a.folder.mkdir(parents=True, exist_ok=True)
    train, held_out = parts()[0].split(60_000 - HELD_OUT, HELD_OUT)
    data = Images(train)
    sizes = {name: getattr(a, name) for name in ("patch", "bins", "width", "depth", "heads")}
    sizes |= {"hidden": (a.hidden, a.hidden), "context": LABELS}
    generator = torch.Generator().manual_seed(a.seed)
    counts = torch.bincount(data.v.flatten(), minlength=Q)
    flow = image_flow((1, 28, 28), counts, **sizes, generator=generator).to(a.device)
    optimiser = AveragedAdamW(
        flow.parameters(), a.lr, (0.9, 0.98), weight_decay=a.decay, fused=True
    )
    cosine = lambda k: (
        min(1, (k + 1) / 100) * (0.51 + 0.49 * math.cos(math.pi * min(1, k / a.steps)))
    )
    scheduler = LambdaLR(optimiser, cosine)

    file, run = a.folder / "record.json", vars(a) | {"folder": None}
    state = a.folder / "state.pt"
    record = {"options": run, "cpu_seconds": 0.0, "curve": []}
    if file.exists():
        record = json.loads(file.read_text("utf8"))
        if record["options"] != run:
            raise SystemExit(
                f"{file}: this folder has a run with other options: {record['options']}"
            )
    record |= {
        "parameters": sum(p.numel() for p in flow.parameters()),
        "threads": torch.get_num_threads(),
    }
    record |= {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    done = record["curve"][-1]["steps"] if record["curve"] else 0
    while done < a.steps:
        began, done = time.process_time(), min(done + a.every, a.steps)
        before = state.stat().st_mtime if state.exists() else None
        with warnings.catch_warnings():
            # u in float32 cannot hold an image whose pixels need more than its digits: no error of the density
            warnings.filterwarnings("ignore", "fit: .*inver")
            history = fit(
                flow,
                data,
                prepare=lambda v, g: dequantise(v, Q, g),
                steps=done,
                batch=a.batch,
                every=a.every,
                optimiser=optimiser,
                scheduler=scheduler,
                clip=a.clip,
                generator=torch.Generator().manual_seed(a.seed),
                checkpoint=state,
                progress=False,
            )
        seconds = time.process_time() - began
        if (
            state.stat().st_mtime == before
        ):  # cut off between a checkpoint and its record: by the clock, then
            seconds = history.seconds[-1] - sum(history.seconds[-2:-1])
        record["cpu_seconds"] += seconds
        average = averaged(flow, optimiser)
        row = {"steps": done, "cpu_seconds": round(record["cpu_seconds"], 1)}
        row["train_bits"] = float(bits_per_dim(torch.tensor(-history.train[-1]), d, Q))
        row["held_out_bits"] = bits(average, held_out.images, held_out.labels)
        if done == a.steps:
            none = torch.full_like(held_out.labels, -1)
            row["held_out_bits_without_label"] = bits(average, held_out.images, none)
        record["curve"].append(row)
        record["sha256"] = write_weights(a.folder / "flow.pt", average.state_dict(), sizes=sizes)
        write(file, json.dumps(record, indent=1).encode())
        print(
            *(f"{k} {v:.4f}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()),
            flush=True,
        )


if __name__ == "__main__":
    main()
