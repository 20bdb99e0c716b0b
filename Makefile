# Gendan. Plain `make` prints what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Go's own installer puts it where login shells alone look.
export PATH := $(PATH):/usr/local/go/bin
# A clone that belongs to another account must still build.
export GOFLAGS += -buildvcs=false

# The linter's version is pinned here: a newer one has newer opinions.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
# How long each fuzz test runs, and which benchmarks `make bench` runs.
FUZZTIME ?= 30s
BENCHES  ?= chat callback timers tickets

.PHONY: help
help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## get what is missing, build, and serve the demo at http://127.0.0.1:8080
	@.ci/need go postgres 'redis?' 'ocr?'
	@$(MAKE) build
	@exec bin/gendan serve --demo

# Vet shares the race detector's compilation. The parser and the reader of records are pure functions, and the transcripts play hours
# of talk over both wires: with the detector these three took 13 of 20 minutes on two cores, so `make race` runs them so.
# Nothing is taken from the cache of earlier results: servers and clients outside are what is tested.
.PHONY: test
test: export GENDAN_CONFORMANCE := 1
test: ## all tests, on servers that they start themselves
	@.ci/need go cc postgres redis chromium node ocr
	go vet -race ./...
	go test -race -vet=off -count=1 -timeout 9m $$(go list ./... | grep -vE '/bot/(parse|chatlog|bottest)$$')
	go test -vet=off -count=1 -timeout 9m ./bot/parse ./bot/chatlog ./bot/bottest

.PHONY: race
race: export GENDAN_CONFORMANCE := 1
race: ## all tests with the race detector
	@.ci/need go cc postgres redis chromium node ocr
	go test -race -vet=off -count=1 -timeout 20m ./...

.PHONY: build
build: ## bin/gendan
	@.ci/need go
	go build -o bin/gendan ./cmd/gendan

.PHONY: bench
bench: build ## the benchmarks of docs/benchmarks.md, beside their peers; writes the figures there
	@.ci/need postgres redis
	go -C bot/timer/peers build -o $(CURDIR)/bin/peers .
	@for b in $(BENCHES); do echo "== $$b"; bin/gendan bench $$b --peers bin/peers $(BENCHFLAGS); done | tee bin/bench.txt
	@bin/gendan bench update bin/bench.txt docs/benchmarks.md

.PHONY: conformance
conformance: export GENDAN_CONFORMANCE := 1
conformance: ## the platforms' official npm clients against our simulators (also part of test)
	@.ci/need go node
	go test -count=1 -v ./adapters/wecom/wecomtest/conformance ./adapters/dingtalk/dingtalktest/conformance

.PHONY: lint
lint: ## format, vet, staticcheck
	@.ci/need go
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "run gofmt on: $$unformatted" >&2; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...

.PHONY: golden
golden: ## rewrite the expected answers in the written conversations; read the diff as carefully as code
	@.ci/need go postgres redis chromium ocr chromium ocr
	GENDAN_GOLDEN=1 go test -count=1 ./bot/...
	@git status --short -- '*.chat' '*.golden' '*.jsonl'

.PHONY: fuzz
fuzz: ## every fuzz test for FUZZTIME (30s)
	@.ci/need go postgres redis
	@.ci/fuzz $(FUZZTIME)
