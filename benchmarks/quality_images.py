"""The section of QUALITY.md on the flow of digits that comes with nflib, out of records: nothing is measured here.

The records are mnist-flow.json (training), mnist-flow.evaluation.json beside this file (``tools.dev.evaluate_mnist``)
and chapter 10's numbers. Usage: python benchmarks/quality_images.py     writes the section anew into QUALITY.md.
"""

from __future__ import annotations

import json
from pathlib import Path

from tools.course import ROOT

COURSE = ROOT / "nflib/course"
PAGE = Path(__file__).with_name("QUALITY.md")
TITLE = "## Digits 28×28: the flow that comes with nflib"


def records() -> dict[str, dict]:
    """Return the records: training, evaluation, references by counts, numbers of chapter 10."""
    files = {
        "training": COURSE / "data/mnist-flow.json",
        "evaluation": Path(__file__).with_name("mnist-flow.evaluation.json"),
        "references": COURSE / "data/mnist-baselines.json",
        "page": COURSE / "numbers/10.json",
    }
    return {name: json.loads(file.read_text("utf8")) for name, file in files.items()}


def rows() -> list[tuple[str, float, str, str, bool]]:
    """Return what was measured: name, value, its format, and what is required of it, met or not."""
    of = records()
    e, references = of["evaluation"], of["references"]["10000"]
    methods, seconds = e["methods"], of["training"]["cpu_seconds"]
    batch = lambda how: methods[f"batch 50, method sequential{how}"]["cpu"]
    plain, led = e["judge"]["guidance 0"][0], e["judge"]["guidance 1"][0]
    told = {
        name: sum(each) / len(each) for name, each in e["twosample"].items() if "cpu" not in name
    }
    differing = sum(
        row.get("differing_levels", 0) for row in methods.values() if isinstance(row, dict)
    )
    bits, size = e["bits"], (COURSE / "data/mnist-flow.pt").stat().st_size / 1e6
    histograms = references["by-digit-right"]
    limit = lambda name, value, form, low, moon="": (
        name,
        value,
        form,
        f"≤ {low:g}{moon}",
        value <= low,
    )
    least = lambda name, value, form, low, moon="": (
        name,
        value,
        form,
        f"≥ {low:g}{moon}",
        value >= low,
    )
    return [
        limit("bits/dim, label dropped", bits["without_label"][0], ".4f", 1.03, "; moonshot 0.970"),
        ("bits/dim, given the label", bits["given_label"][0], ".4f", "–", True),
        ("bits/dim of its own samples", bits["own_samples_given_label"][0], ".4f", "–", True),
        limit("one thread, CPU hours", seconds / 3600, ".2f", 3),
        limit("file, MB", size, ".2f", 5),
        limit(
            "small model of chapter 10's page, bits/dim",
            of["page"]["tfl-bits"],
            ".3f",
            1.22,
            "; moonshot 1.10",
        ),
        least(
            "right class by Bayes",
            e["bayes"]["accuracy"][0],
            ".3f",
            histograms,
            " (class histograms); moonshot .932",
        ),
        least("samples recognised", plain, ".3f", 0.80, "; moonshot .93"),
        least("samples recognised, guidance 1", led, ".3f", 0.95, "; moonshot .99"),
        limit("two samples, AUROC", told["guidance 0"], ".3f", 0.62, "; moonshot .55"),
        ("two samples, AUROC, guidance 1", told["guidance 1"], ".3f", "–", True),
        ("two samples, AUROC, test against test", told["test images"], ".3f", "–", True),
        limit(
            "−log p, AUROC of digits without their lower half", e["maimed"]["auroc"], ".3f", 0.15
        ),
        limit("levels that differ between ways to sample", differing, ".0f", 0),
        limit(
            "log_prob of a sample, relative gap, float64", e["exact"]["torch.float64"], ".0e", 1e-8
        ),
        ("the same, float32, which has 7 digits", e["exact"]["torch.float32"], ".0e", "–", True),
        least(
            "cache, times faster than without, batch 50",
            batch(", cache False") / batch(""),
            ".1f",
            3,
            "; moonshot 10",
        ),
    ]


def section() -> str:
    """Return the section in Markdown."""
    of = records()
    sizes, seconds = of["training"]["parameters"], of["training"]["cpu_seconds"]
    text = (
        f"{sizes:,} parameters in float16, {seconds:.0f} s of one thread by `tools/dev/train_mnist.py`, as "
        f"nflib/course/data/mnist-flow.json records; measured on {of['evaluation']['images']:,} test images and "
        f"{of['evaluation']['samples']:,} samples by `tools/dev/evaluate_mnist.py`, one seed. A model of levels has no "
        "Jensen gap: its bits are not those of a smooth flow at the same price."
    )
    lines = [
        TITLE,
        "",
        text,
        "",
        "| number | measured | required | reached |",
        "| --- | --- | --- | --- |",
    ]
    for name, value, form, required, met in rows():
        reached = "–" if required == "–" else "yes" if met else "**no**"
        lines.append(f"| {name} | **{value:{form}}** | {required} | {reached} |")
    return "\n".join([*lines, ""])


def main() -> None:
    before, _, _ = PAGE.read_text("utf8").partition(TITLE)
    PAGE.write_text(f"{before.rstrip()}\n\n{section()}", "utf8")


if __name__ == "__main__":
    main()
