# isolab's front door. `make bench` and `make test` are all a newcomer needs; `make help` lists the rest.

SWIFT ?= swift
# What `make bench` is told besides, e.g. make bench BENCH="--full --lanes native,container,vm"
BENCH ?= --quick
SWIFTFLAGS ?=
# How often `make test-repeat` runs the tests, and how many endless loops take processors away meanwhile.
N ?= 10
BUSY ?= 0
# How many documents of each kind `make fuzz` tries.
FUZZ_RUNS ?= 200000
LINTED := Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources

# Formatters pull ICU; a static standard library starts faster and needs no toolchain on the target machine.
RELEASE := -c release --static-swift-stdlib $(SWIFTFLAGS)

export SWIFT_BACKTRACE := enable=no

.DEFAULT_GOAL := help
.PHONY: help bench test test-repeat deps build registry debug lint format docs figures fuzz sanitize install clean

help: ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

bench: deps build ## install what is needed, build for release, measure, write a report (5 to 7 minutes of measuring)
	@$$($(SWIFT) build $(RELEASE) --show-bin-path)/isolab bench $(BENCH)

test: ## install what is needed, build and run every test
	@.ci/install-packages tests
	$(SWIFT) build --build-tests $(SWIFTFLAGS)
	@Tests/run "$$($(SWIFT) build $(SWIFTFLAGS) --show-bin-path)"

test-repeat: ## run the tests that make test built N times in random order, with BUSY loops beside them; see what stays
	@Tests/repeat "$$($(SWIFT) build $(SWIFTFLAGS) --show-bin-path)" $(N) $(BUSY)

deps: ## install the Debian or Ubuntu packages that building, guests and peers need
	@.ci/install-packages

build: ## build the programs for release
	@.ci/build-programs $(SWIFT) $(RELEASE)

registry: ## build the registry server for release (some minutes: Hummingbird and its TLS)
	$(SWIFT) build $(RELEASE) --product isolab-registry

debug: ## build everything for debugging, tests included
	$(SWIFT) build --build-tests $(SWIFTFLAGS)

lint: ## check the format of every Swift file and the house rules
	@.ci/lint $(SWIFT) $(LINTED)

format: ## format every Swift file in place
	$(SWIFT) format -r -i $(wildcard $(LINTED))

docs: ## write the reference of the public API to .build/docs
	@.ci/build-docs $(SWIFT)

figures: deps build ## measure the figures isolab promises, side by side with its peers (about ten minutes)
	$(MAKE) -C Benchmarks figures

fuzz: ## try FUZZ_RUNS hostile documents, layers, runs and requests of every kind (minutes, most of them building)
	@Tests/Fuzz/run $(SWIFT) $(FUZZ_RUNS)

sanitize: ## give hostile paths to the code before execve under AddressSanitizer, as root (seconds; make test does it too)
	@Tests/Sanitizer/run

install: build ## copy the programs to $(PREFIX)/bin (default /usr/local)
	@.ci/install-programs "$$($(SWIFT) build $(RELEASE) --show-bin-path)" "$(or $(PREFIX),/usr/local)"

clean: ## remove what was built
	rm -rf .build Benchmarks/.build
