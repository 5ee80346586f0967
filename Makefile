# `make help` says what there is; `make demo` and `make test` are all that a newcomer needs.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PREFIX ?= /usr/local
DESTDIR ?=
SECONDS ?= 300
ROUNDS ?= 800

# Folders are listed besides files: their time changes when a file is added or removed.
SOURCES := Package.swift $(shell find Sources Guard Plugins -not -name '.*')
# lld leaves out the linker's remarks on getpwnam and dlopen in a static executable, which it never calls, and is
# faster. Other flags would rebuild everything: every release build of this file uses these.
RELEASE := -c release --product inquest -Xswiftc -static-executable -Xswiftc -use-ld=lld -Xlinker -s
SHELL_SCRIPTS := .ci/run $(shell grep -lE '^\#!.*\b(ba)?sh\b' Scripts/* Benchmarks/* Fuzz/* Guard/* 2>/dev/null)

.PHONY: help demo test build install man example bench fuzz soak lint coverage clean

help: ## this text
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: ## install what lacks, build, crash a program in a real race, and ask why it died
	@Scripts/install-dependencies demo
	@$(MAKE) --no-print-directory bin/inquest
	@Scripts/demo

test: ## install what lacks, and run all tests
	@Scripts/install-dependencies test
	@Scripts/run-tests

build: ## the static release executable, at bin/inquest
	@Scripts/install-dependencies build
	@$(MAKE) --no-print-directory bin/inquest

bin/inquest: $(SOURCES)
	swift build $(RELEASE)
	mkdir -p bin
	install -m 755 "$$(swift build $(RELEASE) --show-bin-path)/inquest" $@

install: bin/inquest ## copy the executable, its man page and completions below PREFIX= (and DESTDIR=)
	Scripts/install bin/inquest '$(DESTDIR)$(PREFIX)'

man: bin/inquest ## docs/man/inquest.1, from what the executable says of itself
	Scripts/man-page --update bin/inquest

example: ## build Examples/PrintStack, which sees of Inquest what any other package would
	@Scripts/install-dependencies test
	swift build --package-path Examples/PrintStack --scratch-path .build/examples
	.build/examples/debug/PrintStack

bench: build ## compare with gdb, eu-stack, lldb, drgn, strace and PRoot; writes Benchmarks/*.md
	@Scripts/install-dependencies bench
	Benchmarks/run

fuzz: ## fuzz every entry point, SECONDS= in all
	@Scripts/install-dependencies test
	Fuzz/run '$(SECONDS)'

soak: ## storms of births, execs and signals under the tracer, and of writers under the guard, ROUNDS= times
	@Scripts/install-dependencies test
	INQUEST_SOAK='$(ROUNDS)' swift test --disable-xctest --filter SoakTests

lint: ## formatting, shell scripts, words that must not stand
	@Scripts/install-dependencies lint
	swift format lint --strict -r -p Sources $(wildcard Tests/*Tests) Tests/TestSupport Tests/HandrailTrial Fuzz Examples Plugins Package.swift
	shellcheck $(SHELL_SCRIPTS)
	Scripts/lint-words

coverage: ## which lines of Sources the tests reach: a table, and .build/coverage as HTML
	@Scripts/install-dependencies test
	Scripts/coverage

clean: ## remove what was built
	rm -rf .build bin Benchmarks/.work
