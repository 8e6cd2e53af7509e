"""Time nflib against its peers, side by side, as ratios: writes benchmarks/RESULTS.md.

All contenders of an operation take turns in one process, in float32, with the same network sizes and the same batch.
Usage: make bench
"""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

import floors
import nflib_flows
import peer_flows as peers
import peer_splines
import torch
from interleaved import Times, gemm_flops, interleaved

RESULTS = Path(__file__).with_name("RESULTS.md")
OPERATIONS = ("log_prob", "sample", "train")
PLANAR_PEERS = {"normflows": peers.normflows_planar, "pyro": peers.pyro_planar}
REALNVP_PEERS = {
    "normflows": peers.normflows_realnvp,
    "nflows": peers.nflows_realnvp,
    "zuko": peers.zuko_realnvp,
    "pyro": peers.pyro_realnvp,
}
MAF_PEERS = {
    "normflows": peers.normflows_maf,
    "nflows": peers.nflows_maf,
    "zuko": peers.zuko_maf,
    "pyro": peers.pyro_maf,
}
SPLINE_COUPLING_PEERS = {
    "nflows": peer_splines.nflows_spline_coupling,
    "zuko": peer_splines.zuko_spline_coupling,
}
SPLINE_MAF_PEERS = {"nflows": peer_splines.nflows_spline_maf, "zuko": peer_splines.zuko_spline_maf}


def compare(title, mine, others, operations, rounds):
    """Time operations of nflib and its peers; return lines of a table."""
    lines = [f"| {title} | nflib | {' | '.join(others)} | nflib / best peer |"]
    lines.append("|" + " --- |" * (len(others) + 3))
    for operation in operations:
        contenders = {"nflib": mine[operation]}
        contenders |= {name: peer[operation] for name, peer in others.items()}
        times = interleaved(contenders, rounds)
        best = min(times[name].median for name in others)
        cells = [cell(times[name]) for name in contenders]
        ratio = times["nflib"].median / best
        lines.append(f"| {operation} | {' | '.join(cells)} | **{ratio:.2f}** |")
        print(lines[-1], flush=True)
    return lines


def cell(times: Times) -> str:
    """Return "minimum/median" in milliseconds."""
    return f"{times.minimum * 1e3:.3g}/{times.median * 1e3:.3g}"


def planar(d, K, batch, rounds):
    """Time a planar flow: forward, a training step, and the inverse that no peer has."""
    z = torch.randn(batch, d, generator=torch.Generator().manual_seed(1))
    mine = nflib_flows.planar(d, K, z)
    others = {name: build(d, K, z) for name, build in PLANAR_PEERS.items()}
    title = f"planar, K = {K}, d = {d}, batch {batch}"
    lines = compare(title, mine, others, ["forward", "train"], rounds)
    own = ["forward", "forward, compiled", "inverse", "inverse, compiled"]
    times = interleaved({operation: mine[operation] for operation in own}, rounds)
    lines += ["", f"Inverse with log-det (no peer has one for tanh), d = {d}:", ""]
    lines += ["| operation | ms | / forward, compiled |", "| --- | --- | --- |"]
    unit = times["forward, compiled"].median
    lines += [f"| {name} | {cell(t)} | {t.median / unit:.2f} |" for name, t in times.items()]
    return lines


def networks(title, build, others, d, layers, batch, rounds, operations=OPERATIONS):
    """Time a flow of networks, and what log_prob adds to sampling."""
    x = torch.randn(batch, d, generator=torch.Generator().manual_seed(1))
    mine = build(d, layers, x)
    lines = compare(
        f"{title}, d = {d}, {layers} layers, {peers.HIDDEN}, batch {batch}",
        mine,
        {name: other(d, layers, x) for name, other in others.items()},
        operations,
        rounds,
    )
    times = interleaved({w: mine[w] for w in ("sample", "sample with log_prob")}, rounds)
    ratio = times["sample with log_prob"].median / times["sample"].median
    lines += ["", f"Sampling with log_prob takes {ratio:.2f} of sampling alone."]
    return lines


def growth(rounds):
    """Time sampling from a masked autoregressive layer of growing dimension."""
    lines = ["| d | nflib, ms | zuko, ms | ratio |", "| --- | --- | --- | --- |"]
    for d in (16, 32, 64, 128, 256, 512):
        x = torch.randn(64, d)
        contenders = {
            "nflib": nflib_flows.maf(d, 1, x)["sample"],
            "zuko": peers.zuko_maf(d, 1, x)["sample"],
        }
        times = interleaved(contenders, rounds)
        mine, other = times["nflib"].median, times["zuko"].median
        lines.append(f"| {d} | {mine * 1e3:.2f} | {other * 1e3:.2f} | {mine / other:.3f} |")
        print(lines[-1], flush=True)
    return lines


def floor(title, pieces, operation, best_peer, rounds):
    """Time each piece of the arithmetic alone, beside the whole operation and the best peer."""
    times = interleaved({**pieces, "whole": operation, "peer": best_peer}, rounds)
    peer = times.pop("peer").median
    lines = [f"| {title}: pieces | ms | / best peer |", "| --- | --- | --- |"]
    lines += [f"| {name} | {cell(t)} | {t.median / peer:.2f} |" for name, t in times.items()]
    whole = times.pop("whole").median
    least = sum(t.median for t in times.values())
    lines.append(f"| sum of the pieces, / best peer | | {least / peer:.2f} |")
    lines.append(
        f"| whole / its matrix products | | {whole / next(iter(times.values())).median:.2f} |"
    )
    print(*lines, sep="\n", flush=True)
    return [*lines, ""]


def all_floors(rounds):
    """Time the pieces of each operation whose ratio to the best peer is limited by its arithmetic."""
    lines = []
    for d, batch in ((64, 4096), (784, 1024), (2, 10_000)):
        z = torch.randn(batch, d)
        build = peers.pyro_planar if d == 2 else peers.normflows_planar  # the faster one there
        ours, peer = nflib_flows.planar(d, 32, z)["forward"], build(d, 32, z)["forward"]
        lines += floor(f"planar, d = {d}", floors.planar(d, 32, batch), ours, peer, rounds)
    x = torch.randn(1024, 64)
    for name, ours, peer, pieces in (
        ("RealNVP", nflib_flows.realnvp, peers.normflows_realnvp, (32, 64, 8)),
        ("MAF", nflib_flows.maf, peers.pyro_maf, (64, 128, 5)),
    ):
        whole, best = (build(64, pieces[-1], x) for build in (ours, peer))
        for operation in ("log_prob", "train"):
            parts = floors.networks(*pieces, 1024, trains=operation == "train")
            title = f"{name}, {operation}"
            lines += floor(title, parts, whole[operation], best[operation], rounds)
    return lines


def main():
    """Time everything and write the tables."""
    torch.manual_seed(0)
    most = min(2, os.cpu_count() or 1)
    torch.set_num_threads(most)
    names = ("normflows", "nflows", "zuko", "pyro-ppl")
    lines = [
        "# nflib against its peers",
        "",
        "Written by `make bench`. Milliseconds, minimum/median over interleaved rounds in one process, float32.",
        f"torch {torch.__version__}, {torch.get_num_threads()} threads, {platform.machine()}, "
        f"{gemm_flops() / 1e9:.0f} GFLOP/s in a large matrix product;",
        ", ".join(f"{name} {version(name)}" for name in names) + ".",
        "",
    ]
    for d, batch in ((64, 4096), (784, 1024), (2, 10_000)):
        lines += [*planar(d, 32, batch, rounds=15), ""]
    for threads in range(1, most + 1):
        torch.set_num_threads(threads)
        lines += [f"With {threads} {'thread' if threads == 1 else 'threads'}:", ""]
        for title, build, others, layers, rounds, operations in (
            ("RealNVP", nflib_flows.realnvp, REALNVP_PEERS, 8, 15, OPERATIONS),
            (
                "spline couplings",
                nflib_flows.spline_coupling,
                SPLINE_COUPLING_PEERS,
                4,
                7,
                OPERATIONS,
            ),
            ("MAF", nflib_flows.maf, MAF_PEERS, 5, 9, OPERATIONS),
            ("spline MAF", nflib_flows.spline_maf, SPLINE_MAF_PEERS, 4, 5, ("log_prob", "train")),
        ):
            lines += networks(title, build, others, 64, layers, 1024, rounds, operations)
            lines.append("")
    lines += [
        "Sampling from one masked autoregressive layer, batch 64, as the dimension grows:",
        "",
    ]
    lines += [*growth(rounds=5), ""]
    lines += [
        "Where the time goes. The pieces are the arithmetic alone, on tensors of the same sizes, in its",
        "fastest eager form; their sum, beside the best peer, is a floor for any way of writing the work so.",
        "",
        *all_floors(rounds=25),
    ]
    RESULTS.write_text("\n".join(lines), "utf8")
    print(f"written: {RESULTS}")


if __name__ == "__main__":
    main()
