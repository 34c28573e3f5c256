PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BIOME := node_modules/.bin/biome
PARALLEL := --numprocesses 2 --dist loadfile --no-loadscope-reorder
# PyTorch's own index has CPU builds a tenth the size of the default ones. It is tried for
# torch and torchvision alone, without waiting: where it can't be reached, the default builds serve.
CPU_INDEX := https://download.pytorch.org/whl/cpu
# To bytecode, on all cores; pip uses one. What is no Python of this version, such as templates, fails.
COMPILE := $(BIN)/python -m compileall -q -j 0 -x '/tests/' $(VENV)/lib >/dev/null 2>&1 || true

# Those that tests/visitor.py looks for.
BROWSERS := chromium chromium-browser google-chrome google-chrome-stable chrome

.PHONY: run test test-thorough check test-cluster lint format browser nginx clean

run: $(VENV)/.runtime
	$(BIN)/python app.py $(ARGS)

# Tests of one file share a server or a Hub, so they run in one process, the files beside each other.
test: $(VENV)/.development browser lint
	$(BIN)/python -m pytest $(PARALLEL) -m "not thorough"

# What takes longest and breaks least: whole trainings, interrupted and resumed, and long replays.
test-thorough: $(VENV)/.development browser
	$(BIN)/python -m pytest $(PARALLEL) -m thorough

# What one runs while working: no browser, no Hub, nothing that starts processes.
check: lint
	$(BIN)/python -m pytest $(PARALLEL) -m "not browser and not hub and not slow and not thorough"

# Several processes and machines, all of them here: Ray takes 330 MB, so it isn't among the others.
test-cluster: $(VENV)/.cluster nginx
	$(BIN)/python -m pytest tests/cluster

# Biome would colour a log file, too.
lint: $(VENV)/.development node_modules/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIOME) ci --error-on-warnings --colors=off

format: $(VENV)/.development node_modules/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIOME) check --write

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed.")'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	@command -v nvidia-smi >/dev/null || { \
	  echo "No NVIDIA GPU: trying PyTorch's CPU builds first."; \
	  $(BIN)/pip install --quiet --no-deps --timeout 5 --retries 0 --index-url $(CPU_INDEX) \
	    $$(grep -o '^torch[a-z]*==[^ ]*' requirements.txt) 2>/dev/null \
	    || echo "They can't be reached here: taking the default builds."; }
	$(BIN)/pip install --quiet --no-compile -r requirements.txt
	$(COMPILE)
	touch $@

$(VENV)/.development: requirements-dev.txt $(VENV)/.runtime
	$(BIN)/pip install --quiet --no-compile -r requirements-dev.txt
	$(COMPILE)
	touch $@

$(VENV)/.cluster: requirements-ray.txt $(VENV)/.development
	$(BIN)/pip install --quiet --no-compile -r requirements-ray.txt
	$(COMPILE)
	touch $@

# Biome, which lints and formats the page's scripts and styles, comes from npm.
node_modules/.installed: package.json
	@command -v npm >/dev/null && exit 0; \
	SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	if command -v apt-get >/dev/null; then \
	  $$SUDO apt-get -qq update \
	    && $$SUDO apt-get -qq install -y --no-install-recommends nodejs npm ca-certificates >/dev/null; \
	else echo "Please install Node.js 18 or newer, with npm: Biome, the linter of the page's scripts, needs it."; exit 1; fi
	npm install --no-audit --no-fund --loglevel=error >/dev/null
	touch $@

# The browser tests drive the machine's own Chromium or Chrome, or the one that CHROMIUM names.
browser:
	@command -v curl >/dev/null || { echo "Please install curl: the documentation's examples need it."; exit 1; }
	@[ -z "$(CHROMIUM)" ] || exit 0; \
	for name in $(BROWSERS); do \
	  command -v $$name >/dev/null && exit 0; \
	done; \
	SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	if command -v apt-get >/dev/null; then \
	  $$SUDO apt-get -qq update && $$SUDO apt-get -qq install -y --no-install-recommends chromium >/dev/null; \
	else echo "Please install Chromium, or set CHROMIUM to a browser's path."; exit 1; fi

# The tests of deploy/ run the real one.
nginx:
	@command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] && exit 0; \
	SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	if command -v apt-get >/dev/null; then \
	  $$SUDO apt-get -qq update && $$SUDO apt-get -qq install -y --no-install-recommends nginx-light >/dev/null; \
	else echo "Please install nginx: the tests of deploy/ start it."; exit 1; fi

clean:
	rm -rf $(VENV) node_modules
