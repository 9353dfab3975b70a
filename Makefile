# The commands of the project. `make help` lists them. Each installs the Debian packages it needs
# when they are missing, and starts at once when they are not.

PACKAGES = g++ cmake ninja-build ccache pkg-config ca-certificates \
  libboost1.81-dev libssl-dev libsimdjson-dev libconcurrentqueue-dev libtomlplusplus-dev \
  libsodium-dev libcli11-dev libspdlog-dev libfmt-dev libsqlite3-dev libsystemd-dev prometheus-cpp-dev libgtest-dev

JOBS ?= $(shell nproc)
# Many tests wait for the venue's own times most of theirs: one more than there are processors.
TEST_JOBS ?= $(shell expr $(JOBS) + 1)
ARGS ?=
PREFIX ?= /usr/local

.PHONY: help packages build test demo sanitize conformance bench soak fuzz kill-loop scale mutants install deb deb-test clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

packages:
	@scripts/install-packages $(PACKAGES)

build: packages ## the release programs, in build/bin/
	@cmake --preset release >build.log 2>&1 || { cat build.log; rm -f build.log; exit 1; }
	@rm -f build.log
	@cmake --build --preset release -j $(JOBS)

demo: build ## a scripted leader, three followers, real processes over TLS; ARGS="--json" for JSON
	@build/bin/copyd demo $(ARGS)

test: build ## all tests of the release build
	@ctest --test-dir build --output-on-failure --timeout 300 -j $(TEST_JOBS)

sanitize: packages ## the tests under ASan+UBSan, then those with threads under TSan
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev -j $(JOBS)
	@ctest --test-dir build/dev --output-on-failure --timeout 600 -j $(TEST_JOBS)
	@cmake --preset tsan >/dev/null
	@cmake --build --preset tsan -j $(JOBS) --target tests_with_threads
	@ctest --test-dir build/tsan --output-on-failure --timeout 600 -j $(TEST_JOBS) -L threads

kill-loop: build ## kills the daemon while it copies; ARGS="--kills 200 --seed 2 --inject --json"
	@case "$(ARGS)" in *--inject*) command -v strace >/dev/null || scripts/install-packages strace;; esac
	@build/bin/kill_loop $(ARGS)

scale: build ## 1,000 accounts: weight a minute, start to ready, memory; ARGS="--followers 100 --json"
	@build/bin/scale $(ARGS)

conformance: build ## public Node clients, unchanged, against venue-sim; ARGS="--client ccxt"
	@{ command -v node && command -v npm; } >/dev/null || scripts/install-packages nodejs npm
	@cd tests/conformance && { [ node_modules/.package-lock.json -nt package-lock.json ] || \
	  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; }
	@node tests/conformance/run.mjs $(ARGS) build/bin/venue-sim

bench: packages ## how fast it is, next to a bare responder and to bots on client libraries; ARGS=--quick
	@scripts/install-packages libbenchmark-dev
	@{ command -v node && command -v npm; } >/dev/null || scripts/install-packages nodejs npm
	@cd bench/peers && { [ node_modules/.package-lock.json -nt package-lock.json ] || \
	  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; }
	@cmake --preset bench >/dev/null
	@cmake --build --preset bench -j $(JOBS) --target path_bench fill_to_wire
	@build/bench/bin/path_bench --benchmark_min_time=0.1 \
	  --benchmark_out=build/bench/path_bench.json --benchmark_out_format=json
	@build/bench/bin/fill_to_wire --peers --burst --hostile --output build/bench $(ARGS)

soak: packages ## 20 minutes of trades to 100 followers: memory, losses, tail; ARGS="--minutes 5"
	@cmake --preset bench >/dev/null
	@cmake --build --preset bench -j $(JOBS) --target fill_to_wire
	@build/bench/bin/fill_to_wire --soak --output build/bench $(ARGS)

fuzz: packages ## libFuzzer on everything that is parsed; ARGS="--seconds 600", ARGS=--merge
	@scripts/install-packages clang libclang-rt-14-dev
	@cmake --preset fuzz >/dev/null
	@cmake --build --preset fuzz -j $(JOBS) --target fuzzers
	@scripts/fuzz $(ARGS)

mutants: packages ## deliberate faults, each of which the tests must notice; ARGS="--list"
	@scripts/install-packages git patch
	@tests/mutants/run --jobs $(JOBS) $(ARGS)

install: build ## programs, unit, pages, completions; DESTDIR=… PREFIX=/usr/local
	@DESTDIR=$(DESTDIR) cmake --install build --prefix $(PREFIX) --strip

deb: build ## the Debian package, in build/package/
	@scripts/install-packages dpkg-dev
	@packaging/make-deb build build/package

deb-test: deb ## lintian, promtool, and the package installed, run by systemd and purged in copies of this system
	@scripts/install-packages lintian strace
	@for part in unit pages; do tests/package/check $$part . build || [ $$? = 77 ] || exit 1; done
	@tests/package/run build/package/copyd_*.deb

clean: ## removes everything that was built
	rm -rf build
