"""The Colab edition: what its notebooks say, link to, fold and ask for; and what a run as in Colab catches."""

import ast
import builtins
import functools
import hashlib
import re
import shutil
import subprocess
import sys
import types
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from tests.book.built_site import SITE as BUILT
from tests.publish.colab import colab_environment, drift
from tests.publish.colab.colab_plugin import INSTALL, Machine, commands
from tools.course import EDITIONS, ROOT
from tools.notebooks.colab import WHEEL, WORDS, Published, set_up, write_colab
from tools.notebooks.convert import RAW, edition
from tools.publish.wheel import make_wheel
from tools.site.serving import serving

SITE, REPOSITORY = "https://owner.github.io/flows", "owner/flows"
WHEEL_ADDRESS = f"{SITE}/wheels/0123456789ab/nflib-0.1.0-py3-none-any.whl#sha256={'0' * 64}"
COLAB = f"https://colab.research.google.com/github/{REPOSITORY}/blob/notebooks/"
LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)|<(https?://[^>]+)>")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The Colab edition, written once."""
    folder = tmp_path_factory.mktemp("colab")
    write_colab(folder, site=SITE, repository=REPOSITORY, wheel=WHEEL_ADDRESS)
    return folder


@pytest.fixture(scope="module")
def notebooks(folder):
    """All its notebooks, by LANG/NAME."""
    paths = sorted(folder.rglob("*.ipynb"))
    return {p.relative_to(folder).with_suffix("").as_posix(): nbformat.read(p, 4) for p in paths}


@pytest.fixture(scope="module")
def plain():
    """The plain notebooks, by LANG/NAME."""
    return {f"{lang}/{name}": nb for lang in EDITIONS for name, nb in edition(lang).items()}


def prose(notebook):
    """All Markdown of a notebook."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code(notebook):
    """The code cells of a notebook."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_every_notebook_is_there_in_both_languages(notebooks, plain):
    assert notebooks.keys() == plain.keys()
    names = {lang: {n[3:] for n in notebooks if n.startswith(lang)} for lang in EDITIONS}
    assert names["es"] == names["en"] >= {"09-images", "exercises/01-motivation", "errata"}


def test_it_is_the_same_each_time(folder, tmp_path):
    write_colab(tmp_path, site=SITE, repository=REPOSITORY, wheel=WHEEL_ADDRESS)
    for path in folder.rglob("*.ipynb"):
        assert path.read_bytes() == (tmp_path / path.relative_to(folder)).read_bytes()


def test_it_begins_with_what_it_is_and_one_set_up_cell(notebooks):
    for name, notebook in notebooks.items():
        lang = name[:2]
        about, set_up, *rest = notebook.cells
        assert (about.id, set_up.id) == ("about", "set-up")
        assert (
            f"({SITE}/{name}.html)" in about.source
            and f"({SITE}/{lang}/index.html)" in about.source
        )
        assert set_up.source.startswith(f"#@title {WORDS[lang]['set_up']}\n")
        assert [c for c in commands(set_up.source) if INSTALL.fullmatch(c) and WHEEL_ADDRESS in c]
        assert not any("%pip" in cell.source or "google.colab" in cell.source for cell in rest)


def test_links_are_complete_and_lead_to_what_there_is(notebooks):
    pages = {f"{lang}/{p.stem}" for lang in EDITIONS for p in (ROOT / "book" / lang).glob("*.md")}
    pages |= {name for name in notebooks if "/exercises/" in name or "/solutions/" in name}
    for name, notebook in notebooks.items():
        for _, *found in LINK.findall(prose(notebook)):
            (address,) = filter(None, found)
            assert address.startswith(("https://", "http://")), (name, address)
            assert name[:2] == address.removeprefix(COLAB)[:2] or not address.startswith(COLAB)
            if address.startswith(COLAB):
                assert address.removeprefix(COLAB).removesuffix(".ipynb") in notebooks, address
            elif address.startswith(SITE):
                page = address.removeprefix(f"{SITE}/").partition("#")[0]
                assert page.removesuffix(".html") in pages, (name, address)


@pytest.mark.site
def test_links_into_pages_lead_to_places_that_are_there(notebooks):
    ids = functools.cache(
        lambda page: set(re.findall(r'\bid="([^"]+)"', Path(BUILT, page).read_text("utf8")))
    )
    anchors = 0
    for name, notebook in notebooks.items():
        for address in re.findall(rf"{SITE}/(\S+?\.html#[^)\s]+)\)", prose(notebook)):
            page, _, anchor = address.partition("#")
            assert anchor in ids(page), f"{name}: {address}"
            anchors += 1
    assert anchors > 100


def test_text_is_that_of_the_plain_notebook_and_nothing_raw_is_left(notebooks, plain):
    unlinked = lambda text: LINK.sub(r"\1", text)
    for name, notebook in notebooks.items():
        text = prose(notebook)
        assert unlinked(text).endswith(unlinked(prose(plain[name])))
        assert not RAW.search(text), name


def test_interactive_figures_are_described_and_linked(notebooks):
    text = prose(notebooks["es/04-change-of-variables"])
    assert (
        f"Se mueve en [la página del curso]({SITE}/es/04-change-of-variables.html#fig-cov-zoom)"
        in text
    )
    assert "Dos paneles. A la izquierda, un cuadrado con su grilla" in text


def test_code_is_that_of_the_plain_notebook_folded_as_there(notebooks, plain):
    for name, notebook in notebooks.items():
        for cell, was in zip(code(notebook)[1:], code(plain[name]), strict=True):
            assert (cell.id, cell.metadata.get("alt")) == (was.id, was.metadata.get("alt"))
            if was.metadata.get("jupyter", {}).get("source_hidden"):
                assert cell.metadata["cellView"] == "form"
                title, _, source = cell.source.partition("\n")
                assert title == f"#@title {was.metadata.get('figure', WORDS[name[:2]]['folded'])}"
                assert source == was.source
            else:
                assert cell.source == was.source and "cellView" not in cell.metadata


def test_only_the_page_that_trains_on_mnist_asks_for_a_gpu(notebooks):
    for name, notebook in notebooks.items():
        colab = notebook.metadata.colab
        assert colab.name == f"{name.rpartition('/')[2]}.ipynb" and colab.provenance == []
        asks = (notebook.metadata.get("accelerator"), colab.get("gpuType"))
        assert asks == (("GPU", "T4") if name[3:] == "10-transformer-flows" else (None, None)), name


@pytest.mark.parametrize(
    ("where", "says"), [("colab", "https://owner.github.io"), ("here", "%pip")]
)
@pytest.mark.parametrize("lang", EDITIONS)
def test_set_up_says_what_to_do_where_nflib_is_missing(notebooks, monkeypatch, lang, where, says):
    real = builtins.__import__

    def without_nflib(name, *rest):
        if name == "nflib":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_nflib)
    if where == "colab":
        monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    source = TransformerManager().transform_cell(notebooks[f"{lang}/02-densities"].cells[1].source)
    ran = []
    pip = types.SimpleNamespace(run_line_magic=lambda *words: ran.append(words))
    with pytest.raises(RuntimeError, match="nflib") as caught:
        exec(compile(ast.parse(source), "set-up", "exec"), {"get_ipython": lambda: pip})
    assert says in str(caught.value) and caught.value.__suppress_context__
    assert len(ran) == (where == "colab")


@pytest.mark.parametrize(
    "wheel", ["", "nflib.whl", WHEEL_ADDRESS.partition("#")[0], "https://x/y-1.whl#sha256=00"]
)
def test_a_wheel_without_its_hash_is_refused(tmp_path, wheel):
    assert WHEEL.fullmatch(WHEEL_ADDRESS)
    with pytest.raises(ValueError, match="sha256"):
        write_colab(tmp_path, site=SITE, repository=REPOSITORY, wheel=wheel)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("x = 7 % 3  # %pip install x\ns = '''\n%pip\n'''", 0),
        ("%pip install mpmath", 1),
        ("!pip install mpmath", 1),
        ("files = !ls", 1),
        ("%load_ext autoreload\n%autoreload 2", 2),
        ("%%bash\nls", 1),
        ("if True:\n    %matplotlib inline", 1),
        ("get_ipython().system('ls')", 1),
        ("print?", 1),
    ],
)
def test_commands_are_found_in_a_cell(source, found):
    assert len(commands(source)) == found


@pytest.mark.parametrize(
    ("installed", "now", "says"),
    [
        (["nflib"], ["numpy==2.1.3"], ""),
        (["nflib"], ["numpy==2.4.6"], "packages of Colab were changed"),
        (["nflib", "numpy"], ["numpy==2.1.3"], "nflib alone"),
        ([], ["numpy==2.1.3"], "nothing"),
    ],
)
def test_only_nflib_may_be_installed(tmp_path, monkeypatch, installed, now, says):
    for name in installed:
        metadata = tmp_path / f"machines/1/packages/{name}-1.dist-info/METADATA"
        metadata.parent.mkdir(parents=True)
        metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (tmp_path / "machines/1").mkdir(parents=True, exist_ok=True)
    (tmp_path / "ready.json").write_text('{"packages": ["numpy==2.1.3"]}')
    monkeypatch.setattr(colab_environment, "READY", tmp_path / "ready.json")
    monkeypatch.setattr(colab_environment, "packages", lambda: now)
    notebook = types.SimpleNamespace(machines=tmp_path / "machines")
    test = types.SimpleNamespace(parent=notebook, path=Path("es/02-densities.ipynb"))
    said = Machine.demand(test)
    assert says in said and bool(said) == bool(says)


# A run as in Colab, on notebooks that must fail there: each names the test of its notebook that fails, and how.

SET_UP_CELL = "{set-up}"
MUST_FAIL = {
    "a-file-of-the-repository": (['open("../../book/references.bib")'], "Cell 0", "FileNotFoundError"),
    "a-file-of-nflib": ([SET_UP_CELL, 'open("nflib/flow.py")'], "Cell 1", "FileNotFoundError"),
    "a-package-that-colab-lacks": (["import jupytext"], "Cell 0", "No module named 'jupytext'"),
    "nflib-before-the-set-up": (["import nflib", SET_UP_CELL], "Cell 0", "No module named 'nflib'"),
    "a-stray-pip": ([SET_UP_CELL, "%pip install mpmath"], "commands", "refused, not run"),
    "a-stray-shell-command": (["!pip install mpmath"], "commands", "refused, not run"),
    "autoreload": (["%load_ext autoreload\n%autoreload 2"], "commands", "autoreload"),
    "an-error-of-pip": (
        ["%pip install -q --no-deps {server}/absent-1-py3-none-any.whl#sha256=" + "0" * 64],
        "Cell 0", "pip could not do it",
    ),
    "another-package": (
        [SET_UP_CELL, "import subprocess, sys",
         'subprocess.run([sys.executable, "-m", "pip", "install", "{server}/other-1-py3-none-any.whl"])'],
        "machine", "other",
    ),
    "a-wheel-with-another-hash": (["{wrong}"], "Cell 0", "Revise la conexión"),
    "solutions/unsolved": (None, "machine", "did not pass at once"),
}  # fmt: skip


@pytest.fixture
def server(tmp_path):
    """A server of this version's wheel, and of the wheel of another package; its address."""
    made, wheels = make_wheel(tmp_path / "made"), tmp_path / "wheels"
    wheels.mkdir()
    shutil.copy(made, wheels)
    with zipfile.ZipFile(wheels / "other-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("other.py", "")
        wheel.writestr(
            "other-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: other\nVersion: 1\n"
        )
        wheel.writestr(
            "other-1.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr("other-1.dist-info/RECORD", "")
    with serving(wheels) as address:
        yield address, made


def write_tiny_notebooks(folder, server, texts):
    """Write the notebooks of MUST_FAIL, and one that works, beside the files that two of them look for."""
    (folder / "solutions").mkdir(parents=True)
    for there in (folder.parents[1] / "book/references.bib", folder / "nflib/flow.py"):
        there.parent.mkdir()
        there.touch()
    for name, (sources, *_) in (MUST_FAIL | {"works": ([SET_UP_CELL, "import nflib"],)}).items():
        if sources is None:
            unsolved = nbformat.read(ROOT / "exercises/es/02-densities.ipynb", 4)
            sources = [SET_UP_CELL, *(cell.source for cell in code(unsolved))]
        sources = [texts.get(s, s.replace("{server}", server)) for s in sources]
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        for cell in cells:
            if "install -q --no-deps" in cell.source:
                cell.id = "set-up"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / f"{name}.ipynb")


def failures(report):
    """Failures by notebook and by test, from pytest's report in XML."""
    failed = {}
    for case in ElementTree.parse(report).iter("testcase"):
        notebook = case.get("classname").removesuffix(".ipynb").replace("solutions.", "solutions/")
        for failure in case.findall("failure"):
            failed.setdefault(notebook, {})[case.get("name")] = failure.text
    return failed


@pytest.mark.slow
@pytest.mark.skipif(
    not colab_environment.is_ready(),
    reason="no _build/colab (tests/publish/colab/colab_environment.py makes it)",
)
def test_what_would_fail_in_colab_fails_here(server, tmp_path, subtests):
    server, wheel = server
    addresses = Published(f"{server}/repo", REPOSITORY, "es")
    digests = {
        SET_UP_CELL: hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "{wrong}": "0" * 64,
    }
    texts = {
        source: set_up("x", f"{server}/{wheel.name}#sha256={digest}", addresses)
        for source, digest in digests.items()
    }
    folder, report = tmp_path / "repository/notebooks/es", tmp_path / "report.xml"
    write_tiny_notebooks(folder, server, texts)
    run = [sys.executable, "-m", "tests.publish.colab.run", folder]
    ran = subprocess.run(
        [*run, f"--junitxml={report}", "--color=no"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    failed = failures(report)
    with subtests.test("what works"):
        assert "works" not in failed
    for name, (_, where, how) in MUST_FAIL.items():
        with subtests.test(name):
            assert how in failed[name][where], failed[name]


# --------------------------------------------------------------------------- what time changes


def test_a_release_that_colab_no_longer_has_is_named(monkeypatch):
    monkeypatch.setenv("COLAB_TORCH", "2.11.0")
    same = drift.PINS.read_text("utf8").replace("ipykernel==6.17.1", "ipykernel==6.17.9")
    torch = (
        "torch @ https://example.org/whl/torch-{}%2Bcu130-cp313-cp313-linux_x86_64.whl#sha256=0\n"
    )
    assert drift.differences(torch.format("2.11.1") + same) == []
    later = torch.format("2.12.0") + same.replace("numpy==2.1", "numpy==2.4")
    assert drift.differences(later) == [
        "numpy: 2.1 here, 2.4 in Colab",
        "torch: 2.11 here, 2.12 in Colab",
    ]
    assert drift.differences(same)[-1] == "torch: 2.11 here, none in Colab"
