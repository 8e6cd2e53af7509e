"""Publishing, on small trees and a repository in a temporary folder: addresses, wheel, branch, workflows, dry run."""

import inspect
import io
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import metadata

import pytest
import yaml
from nfbook import placeholders
from packaging.specifiers import SpecifierSet
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from tools.course import ROOT
from tools.publish import branch, dry_run, publication
from tools.publish.wheel import SOURCES, make_wheel, sha256
from tools.site import address, sitemap
from tools.site import build as site_build
from tools.site.address import SITE, Address, AddressError, fill_folder

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
HERE = Address("https://facultad.github.io/flujos", "facultad/flujos", frozenset({"book.pdf"}))
NOWHERE = Address()
PAGE = f"""<head>
<link rel="canonical" href="{SITE}/es/02.html" />
<link rel="alternate" hreflang="en" href="{SITE}/en/02.html" />
<meta property="og:url" content="{SITE}/es/02.html">
<link rel="stylesheet" href="_static/a.css">
</head>
<!--if repository--><a href="{placeholders.colab("es/02.ipynb")}">Colab</a><!--end if-->
<!--if downloads/book.pdf-->
PDF<!--end if--><!--if downloads/other.pdf-->OTHER<!--end if-->"""


# ------------------------------------------------------------------------------------------ addresses


def test_pages_and_tools_mean_the_same_by_their_marks():
    assert (placeholders.SITE, placeholders.REPOSITORY) == (address.SITE, address.REPOSITORY)
    assert placeholders.BRANCH == branch.BRANCH
    assert str(placeholders.mark("if repository").astext()) == "<!--if repository-->"


def test_a_published_page_has_its_address_its_repository_and_what_can_be_downloaded():
    page = HERE.fill(PAGE, "es/02.html")
    assert page.count("https://facultad.github.io/flujos/") == 3
    assert (
        "github.com/github/" not in page and "/github/facultad/flujos/blob/notebooks/es/02" in page
    )
    assert "PDF" in page and "OTHER" not in page
    assert SITE not in page and "@@" not in page and "<!--" not in page


def test_a_page_that_is_not_published_says_nothing_of_it_and_keeps_its_other_edition():
    page = NOWHERE.fill(PAGE, "es/02.html")
    assert re.findall(r"<(\w+)[^>]*>", page) == ["head", "link", "link"]
    assert 'hreflang="en" href="../en/02.html"' in page and "a.css" in page
    assert "PDF" not in page and "<!--" not in page


def test_the_other_edition_is_found_from_a_page_in_a_folder():
    page = f'<link hreflang="en" href="{SITE}/en/exercises/02.html">'
    assert 'href="../../en/exercises/02.html"' in NOWHERE.fill(page, "es/exercises/02.html")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'<a href="{SITE}/es/">home</a>', "cannot be filled in"),
        ("see @@repository@@", "cannot be filled in"),
        ("<!--if repository-->no end", "has no counterpart"),
        ("no start<!--end if-->", "has no counterpart"),
        ("<!--if weather-->x<!--end if-->", "unknown condition"),
    ],
)
def test_what_cannot_be_filled_in_is_an_error_that_names_the_page(text, said):
    with pytest.raises(AddressError, match=rf"es/02\.html: .*{said}"):
        NOWHERE.fill(text, "es/02.html")


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("facultad.github.io", ""),
        ("ftp://x.org", ""),
        ("https://x.org/a b", ""),
        ("https://x.org/?q", ""),
        ("", "flujos"),
        ("", "a/b/c"),
        ("", "a/b c"),
    ],
)
def test_a_malformed_address_is_refused(url, repository):
    with pytest.raises(AddressError, match=re.escape(repr(url or repository))):
        Address(url, repository)


def test_files_to_download_and_pictures_are_left_as_they_are(tmp_path):
    (tmp_path / "downloads").mkdir()
    for name in ("downloads/a.html", "a.png", "a.html"):
        (tmp_path / name).write_text(SITE, "utf8")
    fill_folder(tmp_path, HERE)
    texts = {path.name: path.read_text("utf8") for path in tmp_path.glob("a.*")}
    assert texts == {"a.png": SITE, "a.html": HERE.url}
    assert (tmp_path / "downloads/a.html").read_text("utf8") == SITE


def test_sitemap_names_both_editions_of_each_page(tmp_path):
    for page in ("es/01.html", "en/01.html", "es/only.html", "es/search.html"):
        (tmp_path / page).parent.mkdir(exist_ok=True)
        (tmp_path / page).touch()
    text = sitemap.sitemap(tmp_path, HERE.url)
    listed = [link.removeprefix(HERE.url) for link in re.findall("<loc>(.*?)</loc>", text)]
    assert sorted(listed) == ["/en/01.html", "/es/01.html", "/es/only.html"]
    assert text.count('hreflang="en"') == 2 and text.count('hreflang="es"') == 3


@pytest.fixture
def build(tmp_path):
    """Return a function that builds a page of MyST with the directive ``if`` and returns its article."""

    def build(text, editions=("es", "en")):
        conf = f"""
extensions = ["myst_parser", "nfbook.placeholders"]
myst_enable_extensions = ["colon_fence"]
html_theme = "basic"
def setup(app):
    app.add_config_value("nfbook_editions", {list(editions)!r}, "html")
"""
        (tmp_path / "conf.py").write_text(conf, "utf8")
        (tmp_path / "index.md").write_text(f"# Title\n\n{text}\n", "utf8")
        folders = [str(tmp_path), str(tmp_path), str(tmp_path / "html"), str(tmp_path / "trees")]
        warnings = io.StringIO()
        with docutils_namespace():  # other tests of this process have Sphinx's own directives
            Sphinx(*folders, "html", status=None, warning=warnings).build()
        if said := warnings.getvalue():
            raise ValueError(said)
        return (tmp_path / "html/index.html").read_text("utf8").partition("<h1>")[2]

    return build


CONDITIONAL = ":::{if} downloads/book.pdf\nThe [book](https://x.org).\n\n- a list\n:::\n\nMore."


def test_what_depends_stands_between_marks_in_the_page(build):
    page = build(CONDITIONAL)
    kept = re.search(r"<!--if downloads/book.pdf-->(.*?)<!--end if-->(.*)", page, re.S)
    assert "https://x.org" in kept[1] and "a list" in kept[1] and "More." in kept[2]
    assert "a list" in HERE.fill(page, "index.html")
    assert "a list" not in NOWHERE.fill(page, "index.html")
    assert "More." in NOWHERE.fill(page, "index.html")


def test_what_depends_is_left_out_of_a_build_that_nobody_fills_in(build):
    page = build(CONDITIONAL, editions=())
    assert "a list" not in page and "<!--" not in page and "More." in page


def test_an_unknown_condition_is_an_error(build):
    with pytest.raises(ValueError, match="expected repository or downloads/FILE, got 'weather'"):
        build(":::{if} weather\nSun.\n:::")


# ------------------------------------------------------------------------------------------ wheel


@pytest.mark.slow
def test_equal_sources_give_an_equal_wheel(tmp_path, monkeypatch):
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, tree / name)
    first = make_wheel(tmp_path / "a")
    for file in tree.rglob("*"):  # another checkout: other dates, other rights
        os.utime(file, (1e9, 1e9))
        file.chmod(0o700 if file.is_dir() else 0o600)
    monkeypatch.setattr("tools.publish.wheel.ROOT", tree)
    assert sha256(make_wheel(tmp_path / "b")) == sha256(first)
    assert first.parent.name == sha256(first)[:12]
    (tree / "nflib/__init__.py").write_text('"""Another."""\n', "utf8")
    assert sha256(make_wheel(tmp_path / "c")) != sha256(first)


@pytest.mark.parametrize("left_out", ["GITHUB_REPOSITORY", "PAGES_URL"])
def test_a_variable_that_is_missing_is_named(monkeypatch, capsys, left_out):
    monkeypatch.setenv("GITHUB_REPOSITORY", HERE.repository)
    monkeypatch.setenv("PAGES_URL", HERE.url + "/")
    assert publication.place() == Address(HERE.url, HERE.repository)
    monkeypatch.delenv(left_out)
    assert publication.main() == 1
    assert f"the environment lacks {left_out};" in capsys.readouterr().out


def test_binder_gets_the_packages_of_the_lock_file_and_nflib_from_the_branch(tmp_path):
    wheel = tmp_path / "wheels/0123456789ab/nflib-0.1.0-py3-none-any.whl"
    publication.write_binder(tmp_path, wheel)
    requirements = (tmp_path / "binder/requirements.txt").read_text("utf8")
    lock = (ROOT / "requirements.lock").read_text("utf8").splitlines()
    assert {line for line in requirements.splitlines()[1:]} <= {*lock}
    assert requirements.count("==") == len(publication.BINDER_NEEDS)
    script = tmp_path / "binder/postBuild"
    assert " wheels/0123456789ab/nflib-0.1.0-py3-none-any.whl\n" in script.read_text("utf8")
    assert os.access(script, os.X_OK)


# ------------------------------------------------------------------------------------------ branch


@pytest.fixture
def remote(tmp_path, monkeypatch):
    """A bare repository, and a checkout of another to push from."""
    bare, checkout = tmp_path / "remote.git", tmp_path / "checkout"
    person = ["-c", "user.name=x", "-c", "user.email=x@x"]
    for command in (
        ["init", "-q", "--bare", str(bare)],
        ["init", "-q", str(checkout)],
        ["-C", str(checkout), *person, "commit", "-q", "--allow-empty", "-m", "start"],
    ):
        subprocess.run(["git", *command], check=True)
    monkeypatch.setattr(branch.git, "__kwdefaults__", {"cwd": checkout})
    return str(bare)


def edition(folder, text, wheel):
    """Write a folder as tools/publish/publication.py does, very small."""
    for name, content in (("es/01.ipynb", text), (f"wheels/{wheel}/nflib.whl", wheel)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf8")
    return folder


def commits(remote):
    """Return the commits of the branch, the newest first."""
    command = ["git", "-C", remote, "rev-list", branch.BRANCH]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def test_what_is_published_already_gives_no_commit(remote, tmp_path):
    folder = edition(tmp_path / "new", "one", "aaa")
    first = branch.publish(folder, remote)
    assert commits(remote) == [first]
    assert branch.publish(folder, remote) is None
    second = branch.publish(edition(folder, "two", "aaa"), remote)
    assert commits(remote) == [second, first]


def test_the_branch_has_exactly_what_the_folder_has(remote, tmp_path):
    folder = edition(tmp_path / "new", "one", "aaa")
    (folder / ".gitignore").write_text("*.whl\n", "utf8")
    branch.publish(folder, remote)
    (folder / "es/01.ipynb").rename(folder / "es/02.ipynb")
    branch.publish(folder, remote)
    listed = subprocess.run(
        ["git", "-C", remote, "ls-tree", "-r", "--name-only", branch.BRANCH],
        check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    assert listed == [".gitignore", "es/02.ipynb", "wheels/aaa/nflib.whl"]


def test_wheels_of_earlier_publications_are_kept(remote, tmp_path):
    branch.publish(edition(tmp_path / "march", "one", "aaa"), remote)
    june = edition(tmp_path / "june", "two", "bbb")
    branch.earlier_wheels(remote, june)
    branch.publish(june, remote)
    assert sorted(p.name for p in (june / "wheels").iterdir()) == ["aaa", "bbb"]
    july = tmp_path / "july"
    branch.earlier_wheels(remote, july)
    assert (july / "wheels/aaa/nflib.whl").read_text("utf8") == "aaa"
    assert not (july / "es").exists(), "only wheels are kept"


def test_the_first_publication_has_no_earlier_wheels(remote, tmp_path):
    branch.earlier_wheels(remote, tmp_path)
    assert not (tmp_path / "wheels").exists()


def test_an_older_folder_does_not_take_the_library_from_notebooks_saved_since(
    remote, tmp_path, monkeypatch, capsys
):
    march = edition(tmp_path / "march", "one", "aaa")
    branch.publish(march, remote)
    june = edition(edition(tmp_path / "june", "one", "aaa"), "two", "bbb")
    newest = branch.publish(june, remote)
    monkeypatch.setenv("PUBLISH_REMOTE", remote)
    assert branch.main(march) == 1
    assert "wheels/bbb/nflib.whl, which march/ lacks" in capsys.readouterr().out
    assert commits(remote)[0] == newest


def test_publishing_does_not_make_a_whole_clone_shallow(remote, tmp_path):
    branch.publish(edition(tmp_path / "march", "one", "aaa"), remote)
    branch.publish(edition(tmp_path / "march", "two", "aaa"), remote)
    assert branch.fetch(remote) == commits(remote)[0]
    assert not (tmp_path / "checkout/.git/shallow").exists()


def test_an_empty_folder_is_not_published(remote, tmp_path, capsys):
    assert branch.main(tmp_path) == 1
    assert "run tools/publish/publication.py first" in capsys.readouterr().out


# ------------------------------------------------------------------------------------------ workflows


def jobs(path):
    """Return the jobs of a workflow."""
    return yaml.safe_load(path.read_text("utf8"))["jobs"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_and_say_their_version(path):
    used = re.findall(r"uses: (\S+)(.*)", path.read_text("utf8"))
    assert used
    for action, comment in used:
        if not action.startswith("./"):
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r"  # v\d+\.\d+\.\d+", comment), f"{action}: {comment!r}"


def test_an_action_is_pinned_to_one_version():
    pins = re.findall(r"uses: (\w\S+)@(\S+)", "".join(p.read_text("utf8") for p in WORKFLOWS))
    assert len({action for action, _ in pins}) == len(set(pins))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_may_do_what_it_needs_and_no_more(path):
    content = yaml.safe_load(path.read_text("utf8"))
    assert content["permissions"] == {"contents": "read"}
    more = {name: job["permissions"] for name, job in jobs(path).items() if "permissions" in job}
    expected = {
        "address": {"pages": "read"},
        "pages": {"pages": "write", "id-token": "write"},
        "notebooks": {"contents": "write"},
    }
    assert more == (expected if path.name == "publish.yml" else {})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_owner_repository_or_address_is_written_in_a_workflow(path):
    text = re.sub(r"uses: \S+|npx \S+ \S+", "", path.read_text("utf8"))
    assert set(re.findall(r"https?://[^\s/]+", text)) <= {"https://download.pytorch.org"}
    assert not re.search(r"github\.io|git@|@users\.", text)


def test_pages_come_after_tests_and_notebooks_after_pages():
    content = jobs(ROOT / ".github/workflows/publish.yml")
    needed = {name: job.get("needs") for name, job in content.items()}
    assert needed == {
        "address": None, "test": "address", "build": ["address", "test"], "pages": "build", "notebooks": "pages",
    }  # fmt: skip


def test_pages_are_executed_once_and_a_fork_without_pages_is_told_first():
    publish = jobs(ROOT / ".github/workflows/publish.yml")
    assert "configure-pages" in publish["address"]["steps"][0]["uses"]
    gate = jobs(ROOT / ".github/workflows/test.yml")["gate"]
    steps = [*gate["steps"], *publish["build"]["steps"]]
    kept = [step["with"] for step in steps if step.get("with", {}).get("name") == "executed"]
    cache = str(site_build.cache_folder("es").parent.relative_to(ROOT))
    assert [each["path"] for each in kept] == [cache, cache]


def test_the_matrix_has_what_the_library_promises():
    matrix = jobs(ROOT / ".github/workflows/test.yml")["library"]["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13"]
    promised = (ROOT / "pyproject.toml").read_text("utf8")
    assert re.search(r'requires-python = ">=([\d.]+)"', promised)[1] == matrix["python"][0]
    oldest = re.search(r'"torch>=([\d.]+)"', promised)[1]
    newest = re.search(r"^torch==(\S+)", (ROOT / "requirements.lock").read_text("utf8"), re.M)[1]
    assert matrix["torch"] == [f"{oldest}.0", newest]
    systems = {*matrix["system"], *(row["system"] for row in matrix["include"])}
    assert {name.partition("-")[0] for name in systems} == {"ubuntu", "macos", "windows"}


def test_debian_and_every_python_of_the_matrix_can_install_the_lock_file():
    for line in (ROOT / "requirements.lock").read_text("utf8").splitlines():
        if name := re.match(r"[\w.-]+(?===)", line):
            asks = SpecifierSet(metadata(name[0]).get("Requires-Python") or "")
            for python in ("3.11.2", "3.12.0", "3.13.0"):
                assert asks.contains(python), f"{line} asks for Python {asks}"


def test_make_targets_of_the_workflows_exist():
    wanted = set(re.findall(r"\bmake ([\w-]+)", "".join(p.read_text("utf8") for p in WORKFLOWS)))
    have = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf8"), re.M))
    assert wanted and wanted <= have


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actionlint_has_nothing_to_say(path):
    """Runs where actionlint is on the PATH or named by the variable ACTIONLINT; test.yml runs it always."""
    program = os.environ.get("ACTIONLINT") or shutil.which("actionlint")
    if not program:
        pytest.skip("no actionlint on the PATH, nor in the variable ACTIONLINT")
    done = subprocess.run([program, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# ------------------------------------------------------------------------------------------ dry run


def test_the_workflow_runs_the_two_programs_that_the_dry_run_calls_and_takes_what_they_make():
    content = jobs(ROOT / ".github/workflows/publish.yml")
    steps = {name: job.get("steps", []) for name, job in content.items()}
    ran = [(name, step["run"]) for name in steps for step in steps[name] if "run" in step]
    assert ran == [
        ("build", "make environment"),
        ("build", f".venv/bin/python -m {publication.__name__}"),
        ("notebooks", f"python3 -m {branch.__name__}"),
    ]
    taken = [
        step["with"]["path"]
        for name in steps
        for step in steps[name]
        if "path" in step.get("with", {}) and step["with"].get("name") != "executed"
    ]
    made = [str((publication.PUBLISH / name).relative_to(ROOT)) for name in ("pages", "notebooks")]
    assert taken == [*made, made[1]] and made[1] in inspect.getsource(branch)
    (variables,) = [step["env"] for step in steps["build"] if "env" in step]
    assert variables == {"PAGES_URL": "${{ needs.address.outputs.url }}"}


def test_a_dry_run_that_cannot_begin_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["dry_run"])
    monkeypatch.setattr(dry_run, "DRY", tmp_path)
    monkeypatch.setattr(dry_run, "REMOTE", tmp_path)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(publication, "main", lambda: 1)
    with dry_run.serving(tmp_path) as url:
        monkeypatch.setattr(dry_run, "PORT", int(url.split(":")[2].partition("/")[0]))
        assert dry_run.main() == 1
        assert "Address already in use" in capsys.readouterr().out
    assert dry_run.main() == 1
    assert capsys.readouterr().out == "error: nothing was published\n"


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A small publication, served: a page, a notebook, a wheel; returns its folders of pages and notebooks."""
    pages, notebooks = tmp_path / "pages", tmp_path / "notebooks"
    (pages / "es").mkdir(parents=True)
    (pages / "wheels").mkdir()
    (notebooks / "es").mkdir(parents=True)
    monkeypatch.setattr(dry_run, "PAGES", pages)
    monkeypatch.setattr(dry_run, "NOTEBOOKS", notebooks)
    with dry_run.serving(pages) as url:
        monkeypatch.setattr(dry_run, "URL", url)
        monkeypatch.setattr(dry_run, "HOST", url.removesuffix(dry_run.PREFIX))
        place = Address(url, dry_run.REPOSITORY)
        colab = place.fill(placeholders.colab("es/01.ipynb"), "")
        page = f'<link href="{url}/es/01.html"><a href="{colab}">Colab</a><a href="../es/">x</a>'
        (pages / "es/01.html").write_text(page, "utf8")
        for name in ("index.html", "es/index.html"):
            (pages / name).touch()
        (pages / "sitemap.xml").write_text(f"<loc>{url}/es/01.html</loc>", "utf8")
        (pages / "nflib-1.whl").write_text("wheel", "utf8")
        digest = sha256(pages / "nflib-1.whl")
        cells = [
            dry_run.nbformat.v4.new_code_cell(f"%pip install {url}/nflib-1.whl#sha256={digest}"),
            dry_run.nbformat.v4.new_markdown_cell(f"[page]({url}/es/01.html#here)"),
        ]
        notebook = dry_run.nbformat.v4.new_notebook(cells=cells)
        dry_run.nbformat.write(notebook, notebooks / "es/01.ipynb")
        yield pages, notebooks


def test_dry_run_looks_everything_up(published):
    assert dry_run.look_up_pages() == "3 pages, 3 addresses, 1 in the sitemap, 1 links to Colab"
    assert dry_run.look_up_notebooks() == "1 notebooks, 1 wheel, 1 links"


def spoil(path, old, new):
    """Replace a text in a file."""
    text = path.read_text("utf8")
    assert old in text
    path.write_text(text.replace(old, new), "utf8")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("pages/es/01.html", "../es/", "../en/", "404"),
        ("pages/es/01.html", "../es/", "../../es/", "404"),
        ("pages/es/01.html", "../es/", "/es/", "404"),
        ("pages/es/01.html", "../es/", "../wheels/", "404"),
        ("pages/sitemap.xml", "01.html", "02.html", "404"),
        ("pages/es/01.html", "es/01.ipynb", "es/02.ipynb", "the branch lacks es/02.ipynb"),
        ("pages/es/01.html", "facultad/", "other/", "not an address of this course"),
        ("pages/nflib-1.whl", "wheel", "other", "is not the wheel"),
        ("notebooks/es/01.ipynb", "nflib-1.whl#", "nflib-2.whl#", "404"),
        ("notebooks/es/01.ipynb", "sha256=", "md5=", "names 0 wheels"),
        ("notebooks/es/01.ipynb", "es/01.html", "es/03.html", "404"),
    ],
)
def test_dry_run_finds_what_leads_nowhere(published, tmp_path, file, old, new, said):
    spoil(tmp_path / file, old, new)
    with pytest.raises(dry_run.DryRunError, match=said):
        dry_run.look_up_pages()
        dry_run.look_up_notebooks()


# --------------------------------------------------------------------------- a build


@pytest.mark.parametrize(("words", "builds"), [("Address already in use", 2), ("Exception", 1)])
def test_an_edition_is_built_once_more_where_a_port_was_taken(monkeypatch, tmp_path, words, builds):
    begun = []

    def popen(*arguments, real=subprocess.Popen, **options):
        begun.append(arguments)
        return real([sys.executable, "-c", f"print({words!r}); raise SystemExit(1)"], **options)

    (tmp_path / "editions").mkdir()
    monkeypatch.setattr(site_build, "BUILD", tmp_path)
    monkeypatch.setattr(site_build, "ROOT", tmp_path)
    monkeypatch.setattr(site_build, "fingerprint", lambda lang: "now")
    monkeypatch.setattr(site_build, "cache_folder", lambda lang: tmp_path / "cache")
    monkeypatch.setattr(site_build, "stage", lambda lang, notebooks: tmp_path)
    monkeypatch.setattr(site_build.subprocess, "Popen", popen)
    assert not site_build.build_edition("es", [])
    assert len(begun) == builds
