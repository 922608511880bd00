# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Both create .venv from the lock file (requirements/dev.txt) when it is missing or out of date.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
  command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
READY := .venv/.ready
# Commands for the embedded AWS never see the caller's credentials.
CLEAN_AWS := env -u AWS_PROFILE -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_SESSION_TOKEN -u AWS_ENDPOINT_URL

.PHONY: help demo test simulate mutate chaos fuzz-schemas reconcile-large lint package deploy-local format bench lock docs cost clean
help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */\1\t/' | expand -t 16

$(READY): pyproject.toml requirements/dev.txt
	@test -n "$(PYTHON)" || { echo "stream-bridge needs Python 3.11 or newer, and PATH has none" >&2; exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || { rm -rf .venv && $(PYTHON) -m venv .venv; }
	@echo "installing the locked dependencies into .venv ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)  ## show the main job live, on an embedded AWS
	@$(CLEAN_AWS) $(BIN)/stream-bridge demo $(ARGS)

test: $(READY)  ## run every test
	@$(CLEAN_AWS) $(BIN)/python -m pytest -n $(or $(WORKERS),2) $(ARGS)

simulate: $(READY)  ## run the seeded simulation on fresh seeds: RUNS=1000 WORKERS=2; SEED=1 TRACE=1 shows one run, COVERAGE=1 the lines reached
	@$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED)) --runs $(or $(RUNS),1000) --workers $(or $(WORKERS),2) $(if $(TRACE),--trace) $(if $(COVERAGE),--coverage)

mutate: $(READY)  ## change the code in small ways and see which tests notice: PART=pipeline or sampled; SEED=…, MUTANTS=300 WORKERS=2 FOLDER=core (minutes)
	@$(if $(filter sampled,$(PART)),,$(BIN)/python -m tests.mutation pipeline --workers $(or $(WORKERS),2))
	@$(if $(filter pipeline,$(PART)),,$(CLEAN_AWS) $(BIN)/python -m tests.mutation sampled $(if $(SEED),--seed $(SEED)) --mutants $(or $(MUTANTS),300) --workers $(or $(WORKERS),2) $(if $(FOLDER),--folder $(FOLDER)))

chaos: $(READY)  ## kill real processes behind a faulty proxy of an embedded AWS: MINUTES=5, SEED=drawn (below 10 minutes)
	@$(CLEAN_AWS) $(BIN)/python -m tests.chaos --minutes $(or $(MINUTES),5) $(if $(SEED),--seed $(SEED)) $(ARGS)

fuzz-schemas: $(READY)  ## compare random schema pairs with random events, and hard pairs with every event: PAIRS=30000 HARD=1000 SEED=drawn (minutes)
	@$(BIN)/python -m tests.schemas.compatibility.hard.every
	@$(BIN)/python -m tests.schemas.compatibility.hard.drawn --pairs $(or $(HARD),1000) $(if $(SEED),--seed $(SEED))
	@$(BIN)/python -m tests.schemas.compatibility.fuzz --pairs $(or $(PAIRS),30000) $(if $(SEED),--seed $(SEED))

reconcile-large: $(READY)  ## reconcile 100,000 items: all losses found, none invented, bounded memory (minutes)
	@$(CLEAN_AWS) $(BIN)/python -m benchmarks.reconcile_large $(ARGS)

TEMPLATES := $(filter-out infra/policy-exceptions.yaml,$(wildcard infra/*.yaml))

lint: $(READY)  ## check with ruff, mypy --strict and cfn-lint; test the import layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/cfn-lint $(TEMPLATES)
	@$(BIN)/python -m pytest -q tests/structure/test_layers.py

package: $(READY)  ## build dist/*.zip for Lambda, arm64 and x86_64: CONFIG=bridge.yaml SCHEMAS=event_schemas
	@$(BIN)/python -m infra.packaging $(if $(CONFIG),--config $(CONFIG)) $(if $(SCHEMAS),--schemas $(SCHEMAS)) $(ARGS)

deploy-local: $(READY)  ## deploy infra/ to an embedded AWS: 1,000 changes, the nightly state machine, everything removed again
	@$(CLEAN_AWS) $(BIN)/python -m infra.local $(ARGS)

format: $(READY)  ## format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(READY)  ## write docs/configuration.md and the table of schema changes, from the code
	@$(BIN)/python -m tests.settings.reference > docs/configuration.md.new
	@mv docs/configuration.md.new docs/configuration.md
	@$(BIN)/python -m tests.schemas.compatibility.table

cost: $(READY)  ## write docs/cost.md, from benchmarks/prices.yaml
	@$(BIN)/python -m benchmarks.cost_page > docs/cost.md.new
	@mv docs/cost.md.new docs/cost.md

bench: $(READY)  ## run the benchmarks: ratios measured side by side
	@$(BIN)/python -m benchmarks

lock: $(READY)  ## write the lock files again (needs uv)
	@uv pip compile -q --universal --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements/runtime.txt
	@uv pip compile -q --universal --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --extra cli --extra local --extra dev pyproject.toml -o requirements/dev.txt

clean:  ## remove what the targets created
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
