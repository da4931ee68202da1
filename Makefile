# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.installed
PI_STAMP := .venv/.pi-installed
BENCH_STAMP := .venv/.bench-installed

.PHONY: setup demo test lint bench pi pi-check pi-wheels clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v[:2] == (3, 11) else f"twinarm simulates on Python 3.11, this is {v[0]}.{v[1]}: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
		-e '.[sim,vision,train,record,gamepad,dev]' --config-settings editable_mode=compat
	touch $@

# On the machine with the servos, as the user who runs the server: base and board, no simulator.
pi: $(PI_STAMP)
	$(BIN)/twinarm install $(if $(BOARD),--board $(BOARD))

$(PI_STAMP): pyproject.toml constraints.txt
	@test -z "$$SUDO_USER" || { echo "run make pi without sudo: the service belongs to who makes it"; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"twinarm needs Python 3.11 or newer, this is {v[0]}.{v[1]}: make pi PYTHON=/path/to/python3.11")'
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
		-e '.[pi]' --config-settings editable_mode=compat
	touch $@

# A Debian root with nothing but Python, what `make pi` makes of it, and wheels for a Pi's processor.
pi-check:
	hardware/install/check.sh $(or $(DEBIAN),bookworm) $(MACHINE)

pi-wheels: $(STAMP)
	hardware/install/wheels.sh

demo: $(STAMP)
	$(BIN)/twinarm demo

# In the order of their names: those of one long test, such as the demo's, are not left to the end.
test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The CPU build of torch first: stable-baselines3 alone would bring gigabytes of CUDA.
$(BENCH_STAMP): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt 'torch==2.13.0'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]' \
		--config-settings editable_mode=compat
	touch $@

bench: $(BENCH_STAMP)
	$(BIN)/twinarm bench sac-update
	$(BIN)/twinarm bench env-rate
	$(BIN)/twinarm bench bridge
	$(BIN)/twinarm bench stop
	$(BIN)/twinarm bench soak
	$(BIN)/twinarm bench fuzz
	$(BIN)/twinarm bench identification
	$(BIN)/twinarm bench perception
	$(BIN)/twinarm bench retargeting
	$(BIN)/twinarm bench teleop
	$(BIN)/twinarm bench time-to-success
	$(BIN)/twinarm bench conv
	$(BIN)/twinarm bench sac-update-depth
	$(BIN)/twinarm bench env-rate-depth
	$(BIN)/twinarm bench time-to-success-depth

clean:
	rm -rf .venv runs build *.egg-info
