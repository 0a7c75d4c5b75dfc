# `make book` builds the book, `make test` checks everything; both need only Python 3.11 to 3.13 and, once, the network.
.DEFAULT_GOAL := help

PY ?=
PORT ?= 8000
VENV ?= .venv
PYTHON = $(VENV)/bin/python
SITE := _build/html/index.html
CHAPTERS := $(shell sed -n -e 's/^root: \(.*\)/\1.md/p' -e 's/^ *- file: \(.*\)/\1.md/p' _toc.yml)

# The reader's own Jupyter and IPython settings change no output, and nothing is written outside this folder.
export IPYTHONDIR := $(CURDIR)/_build/ipython
export JUPYTER_NO_CONFIG := 1
export JUPYTER_PREFER_ENV_PATH := 1
export JUPYTER_PLATFORM_DIRS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Each cell of the committed notebooks, run again and compared with its stored output.
NBVAL := book/notebooks --nbval --nbval-current-env --nbval-sanitize-with tests/nbval.cfg

# Outputs and pages made from other code are forgotten.
FRESH = $(PYTHON) book/_tools/fresh.py _build vethkernel book/_ext book/_live book/_static _config.yml requirements.txt

# A candidate must run, be new enough and be able to make environments: a shim may do none of these.
CANDIDATES = $(or $(PY),python3.13 python3.12 python3.11 python3)
NEW_ENOUGH = import sys; sys.exit(sys.version_info < (3, 11))

$(VENV)/ready: requirements.txt pyproject.toml
	@python=; old=; \
	for p in $(CANDIDATES); do \
	    "$$p" -c '$(NEW_ENOUGH)' 2>/dev/null || continue; \
	    old=$$p; \
	    if "$$p" -c 'import venv, ensurepip' 2>/dev/null; then python=$$p; break; fi; \
	done; \
	if [ -z "$$old" ]; then \
	    echo "No suitable Python: I tried $(CANDIDATES) and need 3.11, 3.12 or 3.13."; \
	    echo "Install one (https://www.python.org/downloads/) or name it: make PY=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; \
	elif [ -z "$$python" ]; then \
	    echo "$$old cannot make a virtual environment: its modules venv and ensurepip are missing."; \
	    echo "On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version) and installing $$(grep -c == $<) pinned packages: about half a minute, once."; \
	"$$python" -m venv --clear $(VENV) && $(PYTHON) -m pip install -qq --requirement $< && \
	$(PYTHON) -m pip install -qq --no-deps --no-build-isolation --editable . || { \
	    echo "The packages could not be installed. Is the network there? Then run the same command again."; exit 1; }
	@mkdir -p $(VENV)/etc/ipython  # a kernel on this machine's own loopback need not warn that it does not encrypt
	@echo 'c.IPKernelApp.log_level = "ERROR"' > $(VENV)/etc/ipython/ipython_kernel_config.py
	@touch $@

## book: build the whole book, every cell run
.PHONY: book
book: $(VENV)/ready
	@$(FRESH)
	$(VENV)/bin/jupyter-book build . -W -n --keep-going
	@$(PYTHON) book/_tools/live_files.py _build
	@echo; echo "The book is ready: file://$(CURDIR)/$(SITE)"; echo "(make serve opens it at http://127.0.0.1:$(PORT)/)"

## serve: show the built book at http://127.0.0.1:8000/ (PORT=8000) and open it
.PHONY: serve
serve: book
	@(sleep 1; $(PYTHON) -m webbrowser -t http://127.0.0.1:$(PORT)/ >/dev/null 2>&1) & \
	echo "Stop with Ctrl-C."; exec $(PYTHON) -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

## notebooks: make book/notebooks/*.ipynb, with outputs, from the chapters
.PHONY: notebooks
notebooks: $(VENV)/ready
	$(PYTHON) book/_tools/make_notebooks.py $(CHAPTERS)

## classroom: one archive for teachers, dist/veth-classroom-VERSION.zip, that works offline in plain Jupyter
.PHONY: classroom
classroom: $(VENV)/ready
	$(PYTHON) book/_tools/classroom.py $(CHAPTERS)

## epub: the book as one file for readers of e-books, dist/veth-VERSION.epub
## pdf: the book as one file to print, dist/veth-VERSION.pdf (needs Chromium)
.PHONY: epub pdf
epub pdf: $(VENV)/ready
	@$(FRESH)
	$(PYTHON) book/_tools/editions.py $@

## test: lint, types, units, transcripts, the ledger, and every notebook cell compared with its stored output
.PHONY: test
test: $(VENV)/ready
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest tests $(NBVAL)

## linkcheck: ask every page that the book links to elsewhere whether it is there (needs the network)
.PHONY: linkcheck
linkcheck: $(VENV)/ready
	$(VENV)/bin/jupyter-book build . --builder linkcheck --path-output _build/linkcheck

## bench: the speed of a ping through two namespaces
.PHONY: bench
bench: $(VENV)/ready
	$(PYTHON) tests/bench.py

## mutations: break the port in each way of tests/mutations.toml and say what notices (W=carrier: those with the word)
.PHONY: mutations
mutations: $(VENV)/ready
	$(PYTHON) tests/mutations.py $(W)

N ?= 1000
SEED ?= 1
## fuzz-live: N=1000 random sessions, drawn from SEED=1, on the model and on this machine's own kernel (Linux, as root)
.PHONY: fuzz-live
fuzz-live: $(VENV)/ready
	$(PYTHON) tests/fuzz_live.py $(N) $(SEED)

## clean: remove all that these commands made
.PHONY: clean
clean:
	rm -rf _build .venv* .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
	find vethkernel tests book -name __pycache__ -type d -prune -exec rm -rf {} +

## help: this list
.PHONY: help
help:
	@sed -n 's/^## \([a-z-]*\): /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do \
	    printf '  make %-10s %s\n' "$$name" "$$what"; done
