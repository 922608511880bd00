# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Both create .venv from the lock (requirements/dev.txt) when it is missing or stale.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
  command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
READY := .venv/.ready
# An emulator's credentials are never the caller's.
CLEAN_AWS := env -u AWS_PROFILE -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_SESSION_TOKEN -u AWS_ENDPOINT_URL

.PHONY: help demo test simulate fuzz-schemas reconcile-large lint package deploy-local format bench lock docs cost clean
help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */\1\t/' | expand -t 16

$(READY): pyproject.toml requirements/dev.txt
	@test -n "$(PYTHON)" || { echo "stream-bridge needs Python 3.11 or newer; none was found on PATH" >&2; exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || { rm -rf .venv && $(PYTHON) -m venv .venv; }
	@echo "installing the locked dependencies into .venv ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)  ## the main job on an embedded AWS, watched live
	@$(CLEAN_AWS) $(BIN)/stream-bridge demo $(ARGS)

test: $(READY)  ## every test
	@$(CLEAN_AWS) $(BIN)/python -m pytest -n $(or $(WORKERS),2) $(ARGS)

simulate: $(READY)  ## seeded runs through faults and crashes: SEED=1 RUNS=1000 WORKERS=2, TRACE=1 for one in full
	@$(BIN)/python -m tests.simulation --seed $(or $(SEED),1) --runs $(or $(RUNS),1000) --workers $(or $(WORKERS),2) $(if $(TRACE),--trace)

fuzz-schemas: $(READY)  ## random schema pairs against random events: PAIRS=30000 SEED=1 (minutes)
	@$(BIN)/python -m tests.schemas.compatibility.fuzz --pairs $(or $(PAIRS),30000) --seed $(or $(SEED),1)

reconcile-large: $(READY)  ## 100,000 items reconciled: all found, none invented, bounded memory (minutes)
	@$(CLEAN_AWS) $(BIN)/python -m benchmarks.reconcile_large $(ARGS)

TEMPLATES := $(filter-out infra/policy-exceptions.yaml,$(wildcard infra/*.yaml))

lint: $(READY)  ## ruff, formatting, mypy --strict, templates, import layers, generated files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/cfn-lint $(TEMPLATES)
	@$(BIN)/python -m pytest -q tests/structure/test_layers.py

package: $(READY)  ## dist/*.zip for Lambda, arm64 and x86_64: CONFIG=bridge.yaml SCHEMAS=event_schemas
	@$(BIN)/python -m infra.packaging $(if $(CONFIG),--config $(CONFIG)) $(if $(SCHEMAS),--schemas $(SCHEMAS)) $(ARGS)

deploy-local: $(READY)  ## infra/ on an embedded AWS: 1,000 changes, a night's state machine, everything gone again
	@$(CLEAN_AWS) $(BIN)/python -m infra.local $(ARGS)

format: $(READY)  ## put the code into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(READY)  ## the configuration reference and the table of schema changes, from the models and the code
	@$(BIN)/python -m bridge.settings.reference > docs/configuration.md.new
	@mv docs/configuration.md.new docs/configuration.md
	@$(BIN)/python -m tests.schemas.compatibility.table

cost: $(READY)  ## docs/cost.md, from benchmarks/prices.yaml
	@$(BIN)/python -m benchmarks.cost_page > docs/cost.md.new
	@mv docs/cost.md.new docs/cost.md

bench: $(READY)  ## the benchmarks, as ratios measured side by side
	@$(BIN)/python -m benchmarks

lock: $(READY)  ## resolve the lock files anew (needs uv)
	@uv pip compile -q --universal --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements/runtime.txt
	@uv pip compile -q --universal --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --extra cli --extra codegen --extra local --extra dev pyproject.toml -o requirements/dev.txt

clean:  ## remove what the targets made
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
