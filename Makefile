# Everything a reader, a student or a maintainer does here. `make help` lists it.

PYTHON ?= python3
VENV := .venv/bin/python
export PYTHONDONTWRITEBYTECODE = 1
PYTEST := $(VENV) -m pytest -q
DRY_RUN := $(VENV) -m tools.publish.dry_run --serve --

PIP := $(VENV) -m pip install --disable-pip-version-check --no-input
NO_NETWORK := NewConnection|ConnectTimeout|NameResolution|Proxy|ReadTimeout|ConnectionReset|Network is unreachable

.DEFAULT_GOAL := help
.PHONY: help book test published check mutants notebooks lab pdf bundle dry-run colab links weight serve sync record bench quality \
        nbgrader door lock clean environment

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s%s\n", $$1, $$2}' Makefile

book: environment ## build both editions into _build/site
	@$(VENV) -m tools.site.build

test: environment ## run everything: library, exercises, publication, pages, notebooks (about half an hour on two cores)
	@echo "== lint";                 $(VENV) -m ruff check && $(VENV) -m ruff format --check
	@echo "== a machine like Colab"; $(VENV) -m tests.publish.colab.colab_environment
	@echo "== library and sources";  OMP_NUM_THREADS=1 $(PYTEST) -n 3 --dist worksteal -m "not site and not browser"
	@echo "== pages, publication";   $(DRY_RUN) $(MAKE) --no-print-directory published

published:
	@echo "== published pages";      OMP_NUM_THREADS=1 $(PYTEST) -n 2 --dist worksteal -m "site or browser"
	@# the English ones, whose code is the same, were executed with their pages, and are as in Colab once a week
	@echo "== notebooks, as in Colab"; $(VENV) -m tests.publish.colab.run _build/dry-run/notebooks --ignore $(CURDIR)/_build/dry-run/notebooks/en

check: environment ## lint and unit tests but the slow ones, in a few minutes
	@$(VENV) -m ruff check && $(VENV) -m ruff format --check
	@OMP_NUM_THREADS=1 $(PYTEST) -n 2 --dist worksteal -m "not site and not browser and not slow"

mutants: _build/mutmut/.ready ## change nflib in every way, one by one: do its tests notice? (hours; ONLY="nflib.bijections.lu*")
	@OMP_NUM_THREADS=1 _build/mutmut/bin/python -m mutmut run $(ONLY)
	@_build/mutmut/bin/python -m mutmut results && _build/mutmut/bin/python -m mutmut export-cicd-stats
	@$(VENV) -c "import json; n = json.load(open('mutants/mutmut-cicd-stats.json')); print(n); \
	    assert n['survived'] < 0.2 * (n['killed'] + n['survived']), 'a fifth of the changes is not noticed'"

notebooks: environment ## write every page and exercise as a plain notebook into _build/notebooks
	@$(VENV) -m tools.notebooks.convert

lab: environment ## open the notebooks in JupyterLab; your copies are in lab/ and are never overwritten
	@$(VENV) -m tools.notebooks.convert --keep lab
	@$(VENV) -m jupyterlab --notebook-dir lab

pdf: book ## print both editions into _build/downloads, and link them from the start page
	@$(VENV) -m tools.site.pdf
	@$(VENV) -m tools.site.build

bundle: book ## put the site and the notebooks into a zip file that needs no network, in _build/downloads
	@$(VENV) -m tools.site.bundle
	@$(VENV) -m tools.site.build

dry-run: environment ## publish to this machine: the steps of publish.yml, then http://127.0.0.1:8765/repo/
	@$(VENV) -m tools.publish.dry_run --serve

colab: environment ## run every published notebook of both editions as Colab would
	@$(DRY_RUN) $(VENV) -m tests.publish.colab.run _build/dry-run/notebooks

links: book ## ask every other site to which the pages link (needs a network)
	@for lang in es en; do \
	    $(dir $(VENV))jupyter-book config sphinx _build/src/$$lang > /dev/null && PYTHONPATH=book/_ext $(VENV) -m sphinx \
	    -q -b linkcheck -D nb_execution_mode=off _build/src/$$lang _build/links/$$lang || broken=1; done; test -z "$$broken"

weight: book ## measure with Lighthouse how soon pages can be read on a slow line (needs npm and Chromium)
	@$(VENV) -m benchmarks.weight

serve: book ## build, then show the site at http://localhost:8000
	@echo "http://localhost:8000 (stop with Ctrl-C)"
	@$(VENV) -m http.server 8000 --bind 127.0.0.1 --directory _build/site

sync: environment ## copy code cells from Spanish to English, write the exercise notebooks anew
	@$(VENV) -m tools.generated_pages.sync
	@$(VENV) -m tools.notebooks.exercises

record: environment ## record the numbers of our own run that pages quote (minutes; ONLY="06" for a chapter)
	@OMP_NUM_THREADS=1 $(VENV) -m tools.notebooks.own_numbers $(ONLY)

bench: _build/peers/.ready ## time nflib against its peers, side by side; writes benchmarks/RESULTS.md
	@$(VENV) benchmarks/planar_timing.py
	@PYTHONPATH=. _build/peers/bin/python benchmarks/peer_timing.py

quality: environment ## train flows on laws with a known truth (about a quarter of an hour); writes benchmarks/QUALITY.md
	@OMP_NUM_THREADS=1 PYTHONPATH=. $(VENV) benchmarks/quality.py

nbgrader: _build/nbgrader/.ready ## hand out, grade and export one exercise with nbgrader, in an environment of its own
	@$(PYTEST) tests/grading/test_nbgrader.py

# Environments of their own, which see the packages of .venv
_build/peers/.ready: NEEDS := -r benchmarks/requirements.txt
_build/nbgrader/.ready: NEEDS := nbgrader==0.9.6
_build/mutmut/.ready: NEEDS := mutmut==3.8.1
_build/peers/.ready _build/nbgrader/.ready _build/mutmut/.ready: _build/%/.ready: .venv/.ready benchmarks/requirements.txt
	@rm -rf _build/$* && $(VENV) -m venv _build/$*
	@$(VENV) -c "import sysconfig; print(sysconfig.get_path('purelib'))" > \
	    "$$(_build/$*/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/book.pth"
	@_build/$*/bin/pip install -q --disable-pip-version-check $(NEEDS) && touch $@

door: environment ## build both editions with today's Sphinx and no Jupyter Book, into _build/door
	@test -d _build/door/env || $(VENV) -m venv _build/door/env
	@_build/door/env/bin/pip install -q --disable-pip-version-check -r requirements-door.txt
	@# cells run in the course's own environment
	@JUPYTER_PATH=$(CURDIR)/_build/door/env/share/jupyter $(VENV) -m ipykernel install --prefix _build/door/env
	@$(VENV) -m tools.dev.door
	@rm -rf _build/door/es _build/door/en
	@for lang in es en; do echo "== $$lang"; OMP_NUM_THREADS=1 _build/door/env/bin/sphinx-build -W --keep-going \
	    _build/src/$$lang _build/door/$$lang || exit 1; done

lock: ## resolve requirements.in anew, in a scratch environment, into requirements.lock
	@rm -rf _build/lock && $(PYTHON) -m venv _build/lock
	@_build/lock/bin/pip install --disable-pip-version-check -q -U setuptools -r requirements.in
	@echo "# Written by 'make lock' from requirements.in; do not edit." > requirements.lock
	@_build/lock/bin/pip freeze --all | sed 's/+cpu$$//' | grep -vE '^(pip|nvidia|cuda|triton)' >> requirements.lock

clean: ## remove what was built (not .venv, not lab/)
	@rm -rf _build mutants .pytest_cache .ruff_cache *.egg-info

environment: .venv/.ready ## set up .venv, once, with PYTHON (default: python3)

# nflib is installed from this very folder: where the tree was moved, or its Python is gone, .venv is not ready
ifneq ($(shell test -x $(VENV) && cat .venv/.ready 2>/dev/null),$(CURDIR))
.PHONY: .venv/.ready
endif
.venv/.ready: requirements.lock pyproject.toml
	@test -x $(VENV) -a -e $@ || rm -rf .venv  # a set-up that was interrupted begins again
	@test -d .venv || $(PYTHON) -c "import sys; sys.version_info >= (3, 11) or sys.exit('error: Python 3.11 or newer ' \
	    'is needed, and $(PYTHON) is %d.%d; try: make PYTHON=python3.12' % sys.version_info[:2])"
	@echo "Setting up .venv (once; several minutes and about 2 GB on disk)"
	@mkdir -p _build && rm -f $@
	@test -d .venv || $(PYTHON) -m venv .venv > _build/environment.log 2>&1 || { rm -rf .venv; \
	    echo "error: $(PYTHON) -m venv does not work here; on Debian or Ubuntu: apt install python3-venv"; exit 1; }
	@{ $(PIP) --retries 2 -r requirements.lock && $(PIP) --no-deps --no-build-isolation -e . && echo "$(CURDIR)" > $@; \
	    } 2>&1 | tee _build/environment.log | awk '/^Collecting/ {printf "."; fflush()} END {print ""}'
	@test -e $@ || { grep -qE "$(NO_NETWORK)" _build/environment.log && \
	    echo "error: the packages cannot be downloaded; is there a network? (details: _build/environment.log)" || \
	    echo "error: the packages cannot be installed; the reason is at the end of _build/environment.log"; exit 1; }
