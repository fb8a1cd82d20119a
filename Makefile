# Everything that is done with Steno's repository. `make` alone lists it.
#
# `demo` and `test` do all of their own set-up: they find a Python, make a virtual environment and
# install Steno there. PYTHON=python3.12 chooses the Python; its environment is then .venv-3.12.

SHELL := /bin/sh
# Hundreds of processes are started by tests and benches; each would compile all of Steno again.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.SUFFIXES:
# A recipe that fails leaves no stamp behind, so the next `make` does it again.
.DELETE_ON_ERROR:

# A Python may be a wrapper that only complains, and on Debian it may lack `ensurepip`: each is tried.
fits := import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
ifdef PYTHON
python := $(shell $(PYTHON) -c '$(fits)' 2>/dev/null && echo $(PYTHON))
VENV ?= .venv-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
else
python := $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c '$(fits)' 2>/dev/null && { echo $$p; break; }; done)
VENV ?= .venv
endif
py := $(VENV)/bin/python
pip := $(py) -m pip --quiet --disable-pip-version-check
steno := $(py) -m steno_tui

help:  ## list what can be made
	@awk -F ':.*  ## ' '/^[a-z-]+:.*  ## / { printf "%-15s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Setting up --------------------------------------------------------------------------------------

# The stamps are newer than pyproject.toml as long as what is installed fits it.
$(VENV)/installed: pyproject.toml
	@[ -n "$(python)" ] || { echo "Steno needs Python 3.11, 3.12 or 3.13 with its venv module, and" \
		"none was found. Install one (Debian, Ubuntu: apt install python3 python3-venv) or name" \
		"one: make PYTHON=/path/to/python" >&2; exit 1; }
	@echo "Setting up $(VENV) with $(python); this is done once ..."
	@$(py) -c '' 2>/dev/null || $(python) -m venv --clear $(VENV)
	@$(pip) install --editable .
	@touch $@

# Dependency groups need pip 25.1; new Pythons bring older ones.
$(VENV)/developed: $(VENV)/installed
	@echo "Installing what the tests need ..."
	@$(pip) install --upgrade 'pip>=25.1'
	@$(pip) install --editable '.[whisper]' --group dev
	@touch $@

# The other major version that users may have. It lies beside what is installed; a test runs with it.
$(VENV)/hub-0.36/installed: $(VENV)/developed
	@$(pip) install --upgrade --target $(@D) 'huggingface_hub>=0.36,<1' && touch $@ || \
		echo "huggingface_hub 0.36 cannot be had: tests with it are left out." >&2

# What whisperx's tests need lies outside: 8 GB, shared by all clones.
STENO_WHISPERX_ENV ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/steno
whisperx := $(VENV)-whisperx

setup: $(VENV)/developed $(VENV)/hub-0.36/installed  ## make the environment for work on Steno

# Using -------------------------------------------------------------------------------------------

# The demo has folders and a daemon of its own, so that a Steno in use is left alone. They lie in
# /tmp because a socket's path may have 107 bytes only. It names the backends that need no model.
demo: $(VENV)/installed  ## transcribe the sample recording and print its subtitles
	@home=$$(mktemp -d /tmp/steno-demo.XXXXXX) || exit; \
	export STENO_CONFIG_DIR=$$home/config STENO_DATA_DIR=$$home/data; \
	export STENO_STATE_DIR=$$home/state STENO_RUNTIME_DIR=$$home/run; \
	export STENO_TRANSCRIPTION_SPLITTER=pocketsphinx STENO_TRANSCRIPTION_ALIGNER=pocketsphinx; \
	trap '$(steno) stop --now >/dev/null; rm -rf "$$home"' EXIT; trap 'exit 130' INT TERM HUP; \
	mkdir -p demo-output; \
	$(steno) transcribe tests/data/sample.flac -o demo-output -f srt,vtt,txt --overwrite \
		--backend pocketsphinx \
		>$$home/written || { code=$$?; cat $$home/state/stenod.out 2>/dev/null; exit $$code; }; \
	echo; cat demo-output/sample.srt; \
	echo "The subtitles lie in"; sed 's/^/  /' $$home/written

# Half of the time tests wait for processes, disks and sockets.
processes := $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))

test: $(VENV)/developed $(VENV)/hub-0.36/installed  ## run all tests but the long ones of `torture`, two on each processor
	@$(py) -m pytest -m "not torture and not pictures" --numprocesses $(processes) --dist loadfile

test-311 test-312 test-313:
	@$(MAKE) --no-print-directory test PYTHON=python$(subst test-3,3.,$@)

# WITHOUT_ROOM=pass: where the disk has no room for whisperx, that is said, and is no failure.
test-whisperx: $(VENV)/developed  ## run the tests with whisperx, in an environment of 8 GB in ~/.cache
	@$(py) tests/heavy/environment.py $(whisperx) '$(STENO_WHISPERX_ENV)' || { code=$$?; \
		[ $$code = 75 ] && [ "$(WITHOUT_ROOM)" = pass ] && exit; exit $$code; }; \
	$(whisperx)/bin/python -m pytest tests/heavy

torture: $(VENV)/developed  ## run the long fault tests
	@$(py) -m pytest -m torture --timeout 7200

bench: $(VENV)/developed  ## run every benchmark; each prints ratios measured side by side
	@status=0; for one in bench/*.py; do echo "== $$one"; $(py) $$one || status=1; done; exit $$status

# Judging -----------------------------------------------------------------------------------------

check: lint types boundaries generated  ## all of these

lint: $(VENV)/developed  ## ruff: rules and format
	@$(py) -m ruff check .
	@$(py) -m ruff format --check .

types: $(VENV)/developed  ## mypy, strict, over code and tests
	@$(py) -m mypy

boundaries: $(VENV)/developed  ## import-linter's contracts
	@$(VENV)/bin/lint-imports

stale := || { echo 'A generated page differs from the code; "make docs" writes it anew.' >&2; exit 1; }

generated: $(VENV)/developed  ## generated pages and catalogues against the code
	@$(py) -m steno.config | diff -u config.example.toml - $(stale)
	@$(py) -m steno_tui.reference | diff -u docs/cli.md - $(stale)
	@$(py) -m steno.reference | diff -u docs/errors.md - $(stale)
	@$(py) -m steno.api.manual | diff -u docs/http.md - $(stale)
	@STENO_LANGUAGE=C $(py) -m steno_tui.live.reference | diff -u docs/live.md - $(stale)
	@$(py) tui/catalogue.py --check
	@$(py) -m pytest -q -m pictures --numprocesses 2 tests/tui/live/test_pictures.py

docs: $(VENV)/installed  ## write the generated pages
	$(py) -m steno.config > config.example.toml
	$(py) -m steno_tui.reference > docs/cli.md
	$(py) -m steno.reference > docs/errors.md
	$(py) -m steno.api.manual > docs/http.md
	STENO_LANGUAGE=C $(py) -m steno_tui.live.reference > docs/live.md

# One process for each language, which is that of the process.
pictures := cd tests && $(abspath $(py)) -m tui.live.pictures

pictures: $(VENV)/developed  ## draw Steno live anew: the tests' snapshots and the README's pictures
	@$(pictures) --readme ../docs/pictures tui/live/snapshots/en
	@$(pictures) --language zh_CN tui/live/snapshots/zh_CN

texts: $(VENV)/developed  ## collect the messages for translators and compile what they wrote
	@$(py) tui/catalogue.py

clean:  ## remove environments, caches and what the demo wrote
	rm -rf .venv .venv-* build dist demo-output
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup demo test test-311 test-312 test-313 test-whisperx torture bench check lint \
	types boundaries generated docs pictures texts clean
