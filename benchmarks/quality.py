"""Train flows on laws with a known truth, and measure the distance, in nats or bits: writes benchmarks/QUALITY.md.

Two processes of one thread each share the fits. Each fit has its seed; on one machine a second run
gives the same numbers. Ctrl-C keeps what is done: the next run goes on from there, and the
table is written only when it is whole.
Usage: make quality, or python benchmarks/quality.py [--quick] [--output FILE]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import platform
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import quality_fits
import quality_images
import quality_laws
import torch
from quality_cases import DIGITS, LONGEST_FIRST, QUICK, SEED, TITLES, Case, cases

import nflib
from tools.course import ROOT

RESULTS = Path(__file__).with_name("QUALITY.md")


def measure(number: int, quick: bool) -> tuple[int, dict]:
    """Train and measure one case with one thread; the result has the seconds it took."""
    torch.set_num_threads(1)
    case = cases()[number]
    wall, cpu = time.perf_counter(), time.process_time()
    result = case.fit(**(QUICK[case.section] if quick else {}))
    seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    return number, result | seconds


def measure_missing(done: dict[str, dict], quick: bool, keep: Callable[[], None]) -> None:
    """Put the cases that are missing into ``done``, the longest first, and print each result."""
    rows = cases()
    missing = [n for n, case in enumerate(rows) if case.key not in done]
    missing.sort(key=lambda n: (LONGEST_FIRST.index(rows[n].section), -rows[n].size))
    with multiprocessing.get_context("spawn").Pool(2, ignore_interrupt) as processes:
        results = processes.imap_unordered(partial(measure, quick=quick), missing)
        for number, result in results:
            done[rows[number].key] = result
            keep()
            print(
                f"[{len(done)}/{len(rows)}] {rows[number].key}: {result['value']:.4f} "
                f"({result['cpu']:.0f} s)",
                flush=True,
            )


def ignore_interrupt() -> None:
    """Leave Ctrl-C to the parent, which ends the processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def fingerprint(quick: bool) -> str:
    """Hash all that decides the numbers, so that kept results of other code are not used."""
    library = [
        p
        for p in sorted((ROOT / "nflib").rglob("*.py"))
        if {"course", "targets"} & {*p.parts} != {"course"}
    ]
    own = [Path(module.__file__) for module in (quality_fits, quality_laws)]
    sources = [p.read_bytes() for p in (*library, *own)]
    identity = f"{torch.__version__} {platform.machine()} {quick} {SEED}".encode()
    return hashlib.sha256(b"".join([identity, *sources])).hexdigest()[:16]


def reached(case: Case, result: dict) -> str:
    """Compare with the first reference; a reference in NLL is compared with the NLL."""
    if not case.references:
        return ""
    name, number = case.references[0]
    value = float(result["extra"]) if name.endswith("NLL") else result["value"]
    return "yes" if value <= number else "**no**"


def table(done: dict[str, dict], quick: bool) -> str:
    """Write the whole page in Markdown."""
    cpu, wall = (sum(r[kind] for r in done.values()) for kind in ("cpu", "wall"))
    lines = [
        "# How near to the truth",
        "",
        "Written by `make quality`"
        + (" with `--quick`: **the numbers mean nothing**." if quick else ".")
        + f" nflib {nflib.__version__}, torch {torch.__version__}, {platform.machine()}, two "
        "processes of one thread.",
        f"Every row is one run with seed {SEED}, none picked among several, or tells of all its "
        "seeds. ± is one standard error over the test points, not over seeds: another seed may differ by much more.",
        "*Reached* compares with the first reference of the row, without slack. "
        f"All fits together took {cpu:.0f} s of CPU ({wall:.0f} s by the clock, one after the "
        "other).",
    ]
    for section, (title, text, extra) in TITLES.items():
        unit = "bits/dim" if section == DIGITS else "KL, nats"
        cells = ["law", "model", "parameters", unit, "±", *([extra] if extra else [])]
        cells += ["reference", "reached", "CPU s"]
        lines += ["", f"## {title}", "", text, "", row(cells), row(["---"] * len(cells))]
        for case in cases():
            if case.section != section:
                continue
            r = done[case.key]
            cells = [case.law, case.model, f"{r['parameters']:,}"]
            cells += [
                f"**{r['value']:.4f}**",
                f"{r['error']:.4f}",
                *([r["extra"]] if extra else []),
            ]
            cells.append(", ".join(f"{name} {number:g}" for name, number in case.references) or "–")
            lines.append(row([*cells, reached(case, r) or "–", f"{r['cpu']:.0f}"]))
    return "\n".join([*lines, "", quality_images.section()])


def row(cells: list[str]) -> str:
    """Write a line of a table in Markdown."""
    return f"| {' | '.join(cells)} |"


def main(arguments: list[str] | None = None) -> int:
    """Measure the missing cases, then write the table; return 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a few steps of each fit, for tests")
    parser.add_argument("--output", type=Path, help="instead of benchmarks/QUALITY.md")
    options = parser.parse_args(arguments)
    output = options.output or (ROOT / "_build/QUALITY-quick.md" if options.quick else RESULTS)
    kept_file = output.with_suffix(".json") if options.output else ROOT / "_build/quality.json"
    identity = fingerprint(options.quick)
    done: dict[str, dict] = {}
    if kept_file.exists():
        kept = json.loads(kept_file.read_text("utf8"))
        done = kept["done"] if kept["identity"] == identity else {}
        print(f"going on after {len(done)} of {len(cases())} fits", flush=True)

    def keep() -> None:
        kept_file.parent.mkdir(exist_ok=True)
        scratch = kept_file.with_suffix(".tmp")
        scratch.write_text(json.dumps({"identity": identity, "done": done}, indent=1), "utf8")
        scratch.replace(kept_file)

    try:
        measure_missing(done, options.quick, keep)
    except KeyboardInterrupt:
        print(f"\nstopped with {len(done)} of {len(cases())} fits done; the same call goes on")
        return 130
    output.parent.mkdir(exist_ok=True)
    output.write_text(table(done, options.quick), "utf8")
    kept_file.unlink()
    print(f"written: {output}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
