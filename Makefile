# Makefile - builds, runs, tests and installs iobench. This file has variables, lists and the main targets;
# it includes mk/*.mk, which have the rules.
#
#   make bench [SUITE=quick]   installs missing packages, builds, runs a suite, writes the report
#   make check                 installs missing packages, builds, runs the tests
#   make help                  lists all targets
#
#   make PLATFORM=windows      cross-builds with mingw-w64 into build/windows; requires make deps-windows;
#                              in an MSYS2 shell on Windows, `make` alone does the same
#   gmake                      must be used on macOS and the BSDs: GNU make 4 (docs/bsd.md)
#
#   make -f SOURCE/Makefile    in an empty folder: builds, tests and writes results there; SOURCE may be read-only
#
# The path of the source tree may contain any character: recipes name only relative paths.
#
# Variables: CC=gcc|clang   CONFIG=release|asan|tsan   SUITE=quick   PREFIX=/usr/local   V=1
#            PLATFORM=linux|windows|macos|bsd   DEPS_WINDOWS=directory of the cross-built libraries

# One word of a shell command.
sh-quote = '$(subst ','\'',$(1))'
# The path in a variable of the environment or the command line: a single $ is no reference.
path-value = $(subst $$$$,$$,$(value $(1)))

# The source tree is another folder if this file was named with -f.
ifneq ($(strip $(MAKEFILE_LIST)),Makefile)
HASH := \#
ELSEWHERE_ERROR := $(shell file=$(call sh-quote,$(MAKEFILE_LIST)); script=$$(dirname "$${file$(HASH) }")/mk/elsewhere.sh; \
  [ ! -e "$$script" ] || sh "$$script")
$(if $(ELSEWHERE_ERROR),$(error $(ELSEWHERE_ERROR)))
endif

CONFIG ?= release
# In MSYS2, uname -s prints for example MINGW64_NT-10.0-19045.
HOST := $(shell uname -s | tr A-Z a-z)
HOST := $(if $(filter mingw% ucrt% clang% msys%,$(HOST)),windows,$(HOST))
UNAME := $(HOST)
HOST := $(patsubst darwin,macos,$(patsubst %bsd,bsd,$(UNAME)))
$(if $(filter 3.%,$(MAKE_VERSION)),$(error GNU make $(MAKE_VERSION) is too old; on macOS: brew install make, then gmake))
PLATFORM ?= $(HOST)
SUITE ?= quick
PREFIX ?= /usr/local
DESTDIR ?=
ifeq ($(origin DEPS_WINDOWS),undefined)
DEPS_WINDOWS := $(or $(value XDG_CACHE_HOME),$(value HOME)/.cache)/iobench/windows
endif
DEPS_WINDOWS_WORD := $(call sh-quote,$(call path-value,DEPS_WINDOWS))
CROSS := $(filter windows,$(filter-out $(HOST),$(PLATFORM)))
PKG_CONFIG ?= $(if $(CROSS),PKG_CONFIG_LIBDIR=$(DEPS_WINDOWS_WORD)/lib/pkgconfig )pkg-config
ifeq ($(origin CC),default)
CC = $(or $(CC_$(PLATFORM)),$(if $(CROSS),x86_64-w64-mingw32-)gcc)
CC_macos := cc
CC_bsd := cc
endif
Q := $(if $(V),,@)
# Builds in parallel, with a job per CPU unless the command line has -j.
MAKE_ALL = $(MAKE) --no-print-directory $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(or $(shell getconf _NPROCESSORS_ONLN 2>/dev/null),1) -Otarget)

# ---- what to build -------------------------------------------------------------------------------

BUILD_windows := build/windows
BUILD_release := $(or $(BUILD_$(PLATFORM)),build)
BUILD_asan := build/asan
BUILD_tsan := build/tsan
BUILD_fuzz := build/fuzz
BUILD := $(or $(BUILD_$(CONFIG)),$(error CONFIG=$(CONFIG): unknown; it is release, asan, tsan or fuzz))
BIN := $(BUILD)/bin
OBJ := $(BUILD)/obj

PLATFORMS := linux windows macos bsd
BASE_linux := base/os_posix.c base/os_limits_posix.c base/os_linux.c
GROUPS_linux := base/os_linux_family.c base/os_linux_groups.c base/os_posix_guard.c
MODELS_linux := threads select poll epoll io_uring libuv
MODEL_DIR_linux := servers/posix
TRANSPORTS_linux := io_uring epoll libuv

BASE_windows := base/os_windows.c base/os_sockets_windows.c
MODELS_windows := threads select wsapoll event-select overlapped-event completion-routine iocp rio libuv
MODEL_DIR_windows := servers/windows
TRANSPORTS_windows := libuv
EXE_windows := .exe
GROUPS_windows := base/os_no_family.c base/os_groups_windows.c

BASE_macos := base/os_posix.c base/os_limits_posix.c base/os_macos.c base/os_sysctl.c
MODELS_macos := threads select poll kqueue libuv
MODEL_DIR_macos := servers/posix
TRANSPORTS_macos := libuv

BASE_bsd := base/os_posix.c base/os_limits_posix.c base/os_bsd.c base/os_sysctl.c
MODELS_bsd := $(MODELS_macos)
MODEL_DIR_bsd := servers/posix
TRANSPORTS_bsd := libuv
EXE := $(EXE_$(PLATFORM))

have = $(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null && echo yes)
HAVE_LIBUV := $(call have,libuv)
HAVE_CJSON := $(call have,libcjson)
HAVE_ZLIB := $(call have,zlib)
HAVE_LIBURING := $(call have,'liburing >= 2.3')
HAVE_CMOCKA := $(call have,cmocka)
HAVE_GNUPLOT := $(shell command -v gnuplot >/dev/null 2>&1 && echo yes)

# The source file of a model, for example event_select.c for event-select.
model_src = $(firstword $(wildcard $(MODEL_DIR_$(PLATFORM))/$(subst -,_,$(1)).c servers/$(subst -,_,$(1)).c))
MODELS := $(MODELS_$(PLATFORM))
TRANSPORTS := $(TRANSPORTS_$(PLATFORM))
$(if $(MODELS),,$(error PLATFORM=$(PLATFORM): not supported; use one of $(PLATFORMS)))
$(and $(CROSS),$(filter-out release,$(CONFIG)),$(error CONFIG=$(CONFIG): mingw-w64 has no sanitizers))
WANT_LIBURING := $(filter io_uring,$(MODELS))
ifndef HAVE_LIBURING
MODELS := $(filter-out io_uring,$(MODELS))
TRANSPORTS := $(filter-out io_uring,$(TRANSPORTS))
MISSING += $(and $(WANT_LIBURING),liburing(echo-io_uring,--transport=io_uring))
endif
ifndef HAVE_GNUPLOT
MISSING += gnuplot(plots)
endif
ifndef HAVE_CMOCKA
MISSING += cmocka(unit-tests)
endif

BASE_SRC := base/check.c base/utf8.c base/line.c base/args.c base/address.c $(BASE_$(PLATFORM))
# Of the load generator and iobench, but not of servers.
DATA_SRC := base/hist.c base/json.c base/rng.c $(or $(GROUPS_$(PLATFORM)),base/os_no_family.c base/os_no_groups.c base/os_posix_guard.c)
LOADGEN_SRC := $(filter-out loadgen/transport_%,$(wildcard loadgen/*.c)) $(TRANSPORTS:%=loadgen/transport_%.c) \
  $(and $(filter io_uring,$(TRANSPORTS)),base/uring.c)
LOADGEN_LIBS = $(LIBUV_LIBS) $(CJSON_LIBS) $(and $(filter io_uring,$(TRANSPORTS)),$(LIBURING_LIBS)) -lm
# A source file for some platforms ends in _linux, _windows, _sysctl (macOS and the BSDs) or _none (all
# except Linux). ENDINGS_PLATFORM lists the endings that a platform uses; files with others are left out.
ENDINGS_linux := linux
ENDINGS_windows := windows none
ENDINGS_macos := sysctl none
ENDINGS_bsd := sysctl none
ENDINGS := $(sort $(foreach p,$(PLATFORMS),$(ENDINGS_$(p))))
BENCH_SRC := $(filter-out $(patsubst %,\%_%.c,$(filter-out $(ENDINGS_$(PLATFORM)),$(ENDINGS))),$(wildcard bench/*.c bench/*/*.c))
TRUTH_SRC := $(wildcard tests/truth/truth*.c)
FAULT_SRC := $(wildcard tests/truth/fault_*.c)
UNIT_SRC := $(wildcard tests/unit/test_*.c)

SERVERS := $(MODELS:%=$(BIN)/echo-%$(EXE))
PROGRAMS := $(BIN)/iobench$(EXE) $(BIN)/loadgen$(EXE) $(SERVERS)

include mk/build.mk
include mk/tests.mk
include mk/fuzz.mk
include mk/bsd.mk
include mk/windows.mk
include mk/deps.mk
include mk/lint.mk

# ---- main targets --------------------------------------------------------------------------------

NOW := $(shell date -u +%Y%m%dT%H%M%SZ)
# Sets $$name to NOW-SUITE and creates results/$$name.json. If that exists, because two runs began in the same
# second, the name ends in -2, and so on. A result that stays empty is removed.
claim = n=1; name=$(NOW)-$(1); \
  until (set -C; : >"results/$$name.json") 2>/dev/null; do \
    [ -e "results/$$name.json" ] || { echo "make: results/$$name.json: cannot be created" >&2; exit 2; }; \
    n=$$((n + 1)); name=$(NOW)-$(1)-$$n; done; \
  trap '[ -s "results/$$name.json" ] || rm -f "results/$$name.json"' EXIT; trap 'exit 130' INT TERM

# `make` alone installs nothing. bench and check first install missing packages.
.PHONY: bench bench-loadgen bench-loadgen-now check check-now check-windows check-all lint deps deps-windows ensure help install clean

bench: ensure
	$(Q)$(MAKE_ALL) all
	$(Q)$(call claim,$(SUITE)); \
	$(BIN)/iobench run --suite $(SUITE) -o "results/$$name.json" && \
	$(BIN)/iobench report "results/$$name.json" -o "results/$$name.html"

# Measures the speed of the load generator: docs/performance.md.
bench-loadgen: ensure
	$(Q)$(MAKE) --no-print-directory bench-loadgen-now

bench-loadgen-now: all $(BIN)/tests/bench-loadgen
	$(Q)$(call claim,loadgen); \
	$(BIN)/iobench run --suite loadgen $(if $(HAVE_LIBURING),,--server epoll) -o "results/$$name.json" && \
	$(BIN)/tests/bench-loadgen "results/$$name.json" -o "results/$$name-bench.json"

# Tests the regression gate on this machine for hours: docs/gate.md. A stopped run continues where it stopped.
GATE_JOBS ?= results/gate-jobs.jsonl
.PHONY: gate-calibrate
gate-calibrate: ensure
	$(Q)$(MAKE) --no-print-directory all $(BIN)/tests/gate-jobs
	BIN=$(BIN) bash tools/gate-calibrate/calibrate.sh $(call sh-quote,$(call path-value,GATE_JOBS))

check: ensure
	@mkdir -p $(BUILD); command -v xmllint >/dev/null || { $(call as-root,$(PACKAGES_CHECK)); \
	  apt install -y --no-install-recommends $(PACKAGES_CHECK) || echo "make: $(PACKAGES_CHECK): not installed; continuing without it"; }
	$(Q)$(MAKE) --no-print-directory check-now

check-now:
	$(Q)$(MAKE_ALL) tests
	$(if $(filter release,$(CONFIG)),$(Q)$(MAKE) --no-print-directory fuzz-build)
	$(Q)BIN=$(BIN) CONFIG=$(CONFIG) MODELS="$(MODELS)" MISSING="$(MISSING)" LONG=$(LONG) bash tests/run.sh

# All tests in the release build, again under ASan+UBSan and TSan as far as a sanitizer makes a difference, the
# Windows programs under Wine, and the kqueue model. If one part fails, the others still run.
CHECK_ALL = check "check-now CONFIG=asan" "check-now CONFIG=tsan" check-windows check-bsd
check-all: ensure
	$(Q)$(call each-part,$(CHECK_ALL))
each-part = failed=; for part in $(1); do \
    echo "make: $$part"; $(MAKE) --no-print-directory $$part || failed="$$failed, $$part"; done; \
  [ -z "$$failed" ] || { echo "make: failed:$${failed\#,}" >&2; exit 1; }

# All tests, including slow ones that rarely find an error; tests/run.sh lists them.
.PHONY: check-long
check-long: ensure
	$(Q)$(call each-part,"check LONG=1" "check-now CONFIG=asan LONG=1" "check-now CONFIG=tsan LONG=1")

# ---- install -------------------------------------------------------------------------------------

INSTALL_TO := $(call path-value,DESTDIR)$(call path-value,PREFIX)
BINDIR := $(call sh-quote,$(INSTALL_TO)/bin)
LIBEXEC := $(call sh-quote,$(INSTALL_TO)/libexec/iobench)
SHARE := $(call sh-quote,$(INSTALL_TO)/share/iobench)
install: all
	install -d $(BINDIR) $(LIBEXEC) $(SHARE)/suites $(SHARE)/plot
	install $(BIN)/iobench $(BINDIR)
	install $(BIN)/loadgen $(SERVERS) $(LIBEXEC)
	install -m 644 bench/suites/*.json $(SHARE)/suites
	install -m 644 plot/*.gp plot/palette.txt plot/report.html plot/report.css $(SHARE)/plot
	install -m 644 results/iobench-*.schema.json $(SHARE)

clean:
	rm -rf build

help:
	@echo "make                   build all programs whose libraries are installed, into $(BIN)"
	@echo "make bench             run a suite (SUITE=$(SUITE)) and write the report (*)"
	@echo "make bench-loadgen     measure the speed of the load generator (4 minutes) (*)"
	@echo "make gate-calibrate    test the regression gate on this machine; takes hours, and can be continued (*)"
	@echo "make check             run the tests (*)"
	@echo "make check-windows     test the Windows programs under Wine (*)"
	@echo "make check-bsd         test the kqueue model with a test double (*)"
	@echo "make check-all         check, in a release build and under ASan+UBSan; tests of the load generator"
	@echo "                       under TSan; check-windows; check-bsd (*)"
	@echo "make check-long        check with the slow tests: each truth case for each transport, also with"
	@echo "                       sanitizers (*)"
	@echo "make fuzz              fuzz all parsers for FUZZ_S=$(FUZZ_S) seconds each; make check does so for 10"
	@echo "make lint              clang-format, layers, platform rule, cppcheck, clang-tidy, workflows, clang build (*)"
	@echo "make deps              install libraries and tools (Debian packages)"
	@echo "make deps-windows      install mingw-w64 (Debian package), and build its libraries into"
	@printf '%23s%s\n' '' $(DEPS_WINDOWS_WORD)
	@echo "make PLATFORM=windows  build for Windows into build/windows"
	@printf '%s%s%s\n' 'make install           install into PREFIX=' $(call sh-quote,$(call path-value,PREFIX)) ', below DESTDIR if that is set'
	@echo "make clean             remove build/"
	@echo "make -f SOURCE/Makefile  in an empty folder: build and test there, with a source tree that is not written to"
	@echo ""
	@echo "(*) first installs missing packages and builds"
	@echo "variables: CC=gcc|clang CONFIG=release|asan|tsan SUITE=quick|default|load|... V=1"

-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
