PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# PyTorch's own index has CPU builds a tenth the size of the default ones. It is tried for
# torch and torchvision alone, without waiting: where it can't be reached, the default builds serve.
CPU_INDEX := https://download.pytorch.org/whl/cpu

.PHONY: run test lint browser clean

run: $(VENV)/.runtime
	$(BIN)/python app.py $(ARGS)

test: $(VENV)/.development browser lint
	$(BIN)/python -m pytest

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed.")'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	@command -v nvidia-smi >/dev/null || { \
	  echo "No NVIDIA GPU: trying PyTorch's CPU builds first."; \
	  $(BIN)/python -c 'import sys; [print(line.split(";")[0]) for line in open("requirements.txt") \
	    if line.startswith("torch") and ("<" in line) == (sys.version_info < (3, 11))]' > $(VENV)/torch.txt; \
	  $(BIN)/pip install --quiet --no-deps --timeout 5 --retries 0 --index-url $(CPU_INDEX) \
	    -r $(VENV)/torch.txt 2>/dev/null \
	    || echo "They can't be reached here: taking the default builds."; }
	$(BIN)/pip install --quiet -r requirements.txt
	touch $@

$(VENV)/.development: requirements-dev.txt $(VENV)/.runtime
	$(BIN)/pip install --quiet -r requirements-dev.txt
	touch $@

# The browser tests drive the machine's own Chromium or Chrome, or the one that CHROMIUM names.
browser:
	@[ -z "$(CHROMIUM)" ] || exit 0; \
	for name in chromium chromium-browser google-chrome; do \
	  command -v $$name >/dev/null && exit 0; \
	done; \
	SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	if command -v apt-get >/dev/null; then \
	  $$SUDO apt-get -qq update && $$SUDO apt-get -qq install -y --no-install-recommends chromium >/dev/null; \
	else echo "Please install Chromium, or set CHROMIUM to a browser's path."; exit 1; fi

clean:
	rm -rf $(VENV)
