"""The training loop of both divergences: take steps, record losses, write checkpoints.

All that determines the next step (parameters, optimiser, scheduler, generator, number) is in the
checkpoint, so a run that was killed resumes from its last record with the same results.
"""

import copy
import math
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.lr_scheduler import ReduceLROnPlateau

from nflib.flow import Flow
from nflib.training import checkpoint
from nflib.training.data import Rows
from nflib.training.distributed import all_reduce, random_seed, rank, world_size
from nflib.training.history import History, NonFiniteLoss
from nflib.training.losses import held_out_loss
from nflib.training.options import Options, make_optimiser
from nflib.training.progress_bar import Progress

FIRST_ADVICE = "Look at the data: is it where the flow has a density?"
ADVICE = "Try a smaller lr, or clip the gradient."


def train(
    name: str,
    flow: Flow,
    loss: nn.Module,
    options: Options,
    identity: dict[str, Any],
    held_out: Rows | None = None,
    patience: int | None = None,
    show: Callable[[float], str] = "{:.4f} nats".format,
) -> History:
    """Minimise the mean loss of minibatches; the flow ends with its best parameters.

    Args:
        name: the caller, for messages.  flow: trained in place, a part of ``loss``.
        loss: maps (step, generator) to the losses of this process's part of the minibatch.
        identity: values that identify the run; a checkpoint with others is refused.
        held_out, patience: as in ``fit``, the points prepared.  show: makes text of a loss.
    """
    optimiser, scheduler = make_optimiser(name, flow, options)
    by_loss = isinstance(scheduler, ReduceLROnPlateau)
    if by_loss and held_out is None and name == "fit":
        raise ValueError("fit: scheduler: expected held-out points for ReduceLROnPlateau, got none")
    parameters = [p for p in flow.parameters() if p.requires_grad]
    device, every = parameters[0].device, options.every
    model = DistributedDataParallel(loss) if world_size() > 1 else loss
    generator = torch.Generator(device).manual_seed(random_seed(options.generator))
    autocast = torch.autocast(device.type, torch.bfloat16, enabled=options.autocast)
    stateful: dict[str, Any] = {"flow": flow, "optimiser": optimiser}
    if scheduler is not None:
        stateful["scheduler"] = scheduler
    tensors = flow.state_dict()  # they share memory with the flow
    good, best = copy.deepcopy(tensors), None
    step, history = 0, History()

    identity = {"function": name, "d": flow.d, "flow": checkpoint.fingerprint(flow)} | identity
    identity |= {key: getattr(options, key) for key in ("batch", "every", "lr", "clip", "autocast")}
    identity |= {key: type(each).__name__ for key, each in stateful.items() if each is not flow}
    state = checkpoint.resume(name, options.checkpoint, identity)
    if state is not None:
        for key, each in stateful.items():
            each.load_state_dict(state[key])
        generator.set_state(state["generator"])
        step, best, history = state["step"], state["best"], History(**state["history"])

    was_training = flow.training
    flow.train()
    bar = Progress(options.steps, step, silent=not options.progress or rank() > 0)
    began = time.perf_counter() - (history.seconds or [0.0])[-1]
    try:
        while step < options.steps and not history.out_of_patience(patience):
            next_record = min(step + every - step % every, options.steps)
            means = []
            while step < next_record:
                optimiser.zero_grad()
                with autocast:
                    losses = model(step, generator)
                # DistributedDataParallel takes the mean over processes of the gradients
                (losses.sum() * (world_size() / options.batch)).backward()
                norm = nn.utils.clip_grad_norm_(parameters, options.clip)
                mean = float(all_reduce(losses.sum())) / options.batch
                if math.isfinite(mean):
                    for key, tensor in tensors.items():
                        good[key].copy_(tensor)
                if not math.isfinite(mean + float(norm)):
                    flow.load_state_dict(good)
                    wrong = int(all_reduce((~losses.isfinite()).sum()))
                    raise NonFiniteLoss(
                        f"{name}: step {step}: expected a finite loss, got a loss of {mean:.6g} "
                        f"({wrong} of {options.batch} points are not finite) and a gradient of norm "
                        f"{norm:.6g}. The flow has the last parameters whose loss was finite. "
                        + (FIRST_ADVICE if step == 0 else ADVICE),
                        step,
                        history,
                    )
                optimiser.step()
                if scheduler is not None and not by_loss:
                    scheduler.step()
                step += 1
                means.append(mean)
                bar.advance()

            history.steps.append(step)
            history.train.append(math.fsum(means) / len(means))
            history.seconds.append(time.perf_counter() - began)
            summary = show(history.train[-1])
            if held_out is not None:
                flow.eval()
                with torch.no_grad(), autocast:
                    history.held_out.append(held_out_loss(flow, held_out, options.batch, device))
                flow.train()
                if history.best() == len(history.held_out) - 1:
                    best = copy.deepcopy(tensors)
                summary += f", held out {show(history.held_out[-1])}"
            if by_loss:
                scheduler.step((history.held_out or history.train)[-1])
            if options.checkpoint is not None and rank() == 0:
                state = {key: each.state_dict() for key, each in stateful.items()}
                state |= {"identity": identity, "generator": generator.get_state(), "step": step}
                state |= {"history": asdict(history), "best": best}
                checkpoint.write(options.checkpoint, state)
            bar.show(step, summary)
    finally:
        bar.close()
        flow.train(was_training)
    if best is not None:
        flow.load_state_dict(best)
    return history
