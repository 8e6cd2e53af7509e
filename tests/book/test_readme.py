"""The code of the README runs, as somebody would paste it: one block after the other."""

import re

from tools.course import ROOT

CODE = re.compile(r"^```python\n(.*?)^```", re.M | re.S)


def test_the_code_of_the_readme_runs():
    blocks = CODE.findall((ROOT / "README.md").read_text("utf8"))
    names: dict = {}
    for block in blocks:
        exec(re.sub(r"steps=\d+", "steps=3, progress=False", block), names)
    assert len(blocks) >= 3 and names["flow"].log_prob(names["x"], names["c"]).isfinite().all()
