# Everyday habits. `make help` lists them.
#
# Each target sets up what it needs on a fresh machine that has the Rust toolchain. CARGO can name another
# cargo; everything else goes through it, so a shared target folder or a wrapper works.

CARGO   ?= cargo
NEXTEST ?= 0.9.143
SHELL   := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

.PHONY: help setup fmt fmt-check lint doc unit doctest test soak bench deny

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)$$/  make \1\t\2/' | expand -t 20

setup: ## Install what the checks need: rustfmt, clippy, cargo-nextest, tmux, PostgreSQL
	@bash .ci/setup "$(NEXTEST)"

fmt: ## Format all code
	$(CARGO) fmt --all

fmt-check:
	$(CARGO) fmt --all --check

lint: fmt-check ## Formatting, and clippy with warnings denied
	$(CARGO) clippy --workspace --all-targets -- -D warnings

doc: ## Build the API documentation with warnings denied
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps

unit: setup ## Run all tests but the documentation's
	$(CARGO) nextest run --workspace

doctest: ## Run the examples in the documentation
	$(CARGO) test --workspace --doc

test: setup lint doc unit doctest ## Everything that must pass before a change lands

# How much of the endless part of the proof is played.
SEEDS   ?= 2000
ROUNDS  ?= 40

soak: setup ## Play SEEDS random simulations and kill the server ROUNDS times
	SAYFLOW_SIM_FROM="$${SAYFLOW_SIM_FROM:-$$(date +%s)}" SAYFLOW_SIM_SEEDS="$(SEEDS)" SAYFLOW_MODEL_CASES=20000 \
		SAYFLOW_SOAK_ROUNDS="$(ROUNDS)" $(CARGO) nextest run --workspace --profile soak -E 'test(/^(model|sim|soak)::/)'

bench: ## Measure the engine, the server, the search and whole processes in release mode; ARGS="webhook --strict" chooses
	$(CARGO) build --release --package sayflow --package sayflow-benches
	"$${CARGO_TARGET_DIR:-target}/release/sayflow-benches" $(ARGS)
	@if [ -z "$(ARGS)" ]; then python3 benches/latency.py "$${CARGO_TARGET_DIR:-target}/release/sayflow"; fi

deny: ## Check licences, sources and duplicate crates (needs cargo-deny)
	$(CARGO) deny check licenses bans sources
