# Makefile - builds, runs, tests and installs iobench. One non-recursive GNU make file.
#
#   make bench [SUITE=quick]   build, run a suite, draw the report (installs what is missing first)
#   make check                 build and run the tests (installs what is missing first)
#   make help                  all targets
#
#   make PLATFORM=windows      cross-build with mingw-w64 into build/windows (make deps-windows first);
#                              in an MSYS2 shell on Windows, `make` alone builds the same there
#   gmake                      on macOS and the BSDs: GNU make 4 (docs/bsd.md)
#
# Knobs: CC=gcc|clang   CONFIG=release|asan|tsan   SUITE=quick   PREFIX=/usr/local   V=1
#        PLATFORM=linux|windows|macos|bsd   DEPS_WINDOWS=where the cross-built libraries are

CONFIG ?= release
# MSYS2 calls the system MINGW64_NT-10.0-... and the like.
HOST := $(shell uname -s | tr A-Z a-z)
HOST := $(if $(filter mingw% ucrt% clang% msys%,$(HOST)),windows,$(HOST))
UNAME := $(HOST)
HOST := $(patsubst darwin,macos,$(patsubst %bsd,bsd,$(UNAME)))
$(if $(filter 3.%,$(MAKE_VERSION)),$(error GNU make $(MAKE_VERSION) is too old; on macOS: brew install make, then gmake))
PLATFORM ?= $(HOST)
SUITE ?= quick
PREFIX ?= /usr/local
DESTDIR ?=
DEPS_WINDOWS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/iobench/windows
CROSS := $(filter windows,$(filter-out $(HOST),$(PLATFORM)))
PKG_CONFIG ?= $(if $(CROSS),PKG_CONFIG_LIBDIR=$(DEPS_WINDOWS)/lib/pkgconfig )pkg-config
ifeq ($(origin CC),default)
CC = $(or $(CC_$(PLATFORM)),$(if $(CROSS),x86_64-w64-mingw32-)gcc)
CC_macos := cc
CC_bsd := cc
endif
Q := $(if $(V),,@)

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
BASE_linux := base/os_posix.c base/os_linux.c
MODELS_linux := threads select poll epoll io_uring libuv
MODEL_DIR_linux := servers/posix
TRANSPORTS_linux := io_uring epoll libuv

BASE_windows := base/os_windows.c base/os_sockets_windows.c
MODELS_windows := threads select wsapoll event-select overlapped-event completion-routine iocp rio libuv
MODEL_DIR_windows := servers/windows
TRANSPORTS_windows := libuv
EXE_windows := .exe

BASE_macos := base/os_posix.c base/os_macos.c base/os_sysctl.c
MODELS_macos := threads select poll kqueue libuv
MODEL_DIR_macos := servers/posix
TRANSPORTS_macos := libuv

BASE_bsd := base/os_posix.c base/os_bsd.c base/os_sysctl.c
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

# The one file of a model, wherever its platform keeps it; event-select is in event_select.c.
model_src = $(firstword $(wildcard $(MODEL_DIR_$(PLATFORM))/$(subst -,_,$(1)).c servers/$(subst -,_,$(1)).c))
MODELS := $(MODELS_$(PLATFORM))
TRANSPORTS := $(TRANSPORTS_$(PLATFORM))
$(if $(MODELS),,$(error PLATFORM=$(PLATFORM): not supported yet; it is one of $(PLATFORMS)))
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

BASE_SRC := base/check.c base/args.c base/address.c $(BASE_$(PLATFORM))
DATA_SRC := base/hist.c base/json.c base/rng.c
LOADGEN_SRC := $(filter-out loadgen/transport_%,$(wildcard loadgen/*.c)) $(TRANSPORTS:%=loadgen/transport_%.c) \
  $(and $(filter io_uring,$(TRANSPORTS)),base/uring.c)
LOADGEN_LIBS = $(LIBUV_LIBS) $(CJSON_LIBS) $(and $(filter io_uring,$(TRANSPORTS)),$(LIBURING_LIBS)) -lm
# What is of another platform ends in its name; macOS and the BSDs answer in the same way.
ENDINGS := linux windows sysctl
ENDING := $(if $(filter macos bsd,$(PLATFORM)),sysctl,$(PLATFORM))
BENCH_SRC := $(filter-out $(patsubst %,\%_%.c,$(filter-out $(ENDING),$(ENDINGS))),$(wildcard bench/*.c bench/*/*.c))
TRUTH_SRC := $(wildcard tests/truth/truth*.c)
FAULT_SRC := $(wildcard tests/truth/fault_*.c)
UNIT_SRC := $(wildcard tests/unit/test_*.c)

SERVERS := $(MODELS:%=$(BIN)/echo-%$(EXE))
PROGRAMS := $(BIN)/iobench$(EXE) $(BIN)/loadgen$(EXE) $(SERVERS)

# ---- how to build --------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wconversion \
  -Wvla -Wformat=2 -Werror
# isnan and isfinite of mingw-w64's math.h warn of their own branches for float.
WARN_windows := -Wno-float-conversion
CFLAGS_release := -O2 -g
CFLAGS_asan := -O1 -g
CFLAGS_tsan := -O1 -g
CFLAGS_fuzz := -O1 -g
CFLAGS ?= $(CFLAGS_$(CONFIG))
# Apart from CFLAGS, so that flags from outside do not take a sanitizer away unseen.
SANITIZE_asan := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SANITIZE_tsan := -fsanitize=thread -fno-omit-frame-pointer
SANITIZE_fuzz := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SANITIZE := $(SANITIZE_$(CONFIG))
CPPFLAGS_linux := -D_GNU_SOURCE
# Windows 10; and printf of the C standard.
CPPFLAGS_windows := -D_WIN32_WINNT=0x0A00 -D__USE_MINGW_ANSI_STDIO=1
CPPFLAGS_macos := -D_DARWIN_C_SOURCE
# NetBSD hides much from -std=c11, and lets select have 256 descriptors if nobody asks for more.
CPPFLAGS_bsd := -D_NETBSD_SOURCE -DFD_SETSIZE=1024
# One file that runs anywhere. MSYS2 has DLLs only of some libraries, and them in its shell's PATH.
LDFLAGS_windows := $(if $(CROSS),-static)
LIBS_windows := -lws2_32 -lwinmm -lpsapi -liphlpapi -luserenv -luser32 -ladvapi32 -ldbghelp -lole32
LIBS = $(LIBS_$(PLATFORM))
# Equal source must give an equal hash wherever it is built.
REPRODUCIBLE := -ffile-prefix-map=$(CURDIR)=.
ALL_CPPFLAGS = -I. $(CPPFLAGS_$(PLATFORM)) $(CPPFLAGS) $(DEFINES) $(PACKAGE_CFLAGS)
ALL_CFLAGS = -std=c11 $(WARN) $(WARN_$(PLATFORM)) $(CFLAGS) $(SANITIZE) $(REPRODUCIBLE) -pthread
BUILD_TYPE = $(CONFIG)
BUILD_DEFINES = -DBUILD_CFLAGS='"-std=c11 $(strip $(CFLAGS) $(SANITIZE))"' -DBUILD_TYPE='"$(BUILD_TYPE)"' \
  -DBUILD_COMPILER='"$(notdir $(firstword $(CC)))"'

CJSON_CFLAGS := $(if $(HAVE_CJSON),$(shell $(PKG_CONFIG) --cflags libcjson))
ZLIB_CFLAGS := $(if $(HAVE_ZLIB),$(shell $(PKG_CONFIG) --cflags zlib))
PACKAGE_CFLAGS = $(LIBUV_CFLAGS) $(CJSON_CFLAGS) $(ZLIB_CFLAGS)
CJSON_LIBS := $(if $(HAVE_CJSON),$(shell $(PKG_CONFIG) --libs libcjson))
ZLIB_LIBS := $(if $(HAVE_ZLIB),$(shell $(PKG_CONFIG) --libs zlib))
LIBUV_CFLAGS := $(if $(HAVE_LIBUV),$(shell $(PKG_CONFIG) --cflags libuv))
LIBUV_LIBS := $(if $(HAVE_LIBUV),$(shell $(PKG_CONFIG) --libs libuv))
LIBURING_LIBS := $(if $(HAVE_LIBURING),$(shell $(PKG_CONFIG) --libs liburing))
CMOCKA_LIBS := $(if $(HAVE_CMOCKA),$(shell $(PKG_CONFIG) --libs cmocka))
LIBURING_VERSION := $(if $(HAVE_LIBURING),$(shell $(PKG_CONFIG) --modversion liburing))
MODEL_LIBS_io_uring := $(LIBURING_LIBS)
MODEL_SRC_io_uring := servers/posix/io_uring_queue.c base/uring.c
MODEL_LIBS_libuv := $(LIBUV_LIBS)
$(foreach m,overlapped-event completion-routine iocp,$(eval MODEL_SRC_$(m) := servers/windows/overlapped.c))
MODEL_SRC_iocp += servers/windows/acceptex.c
MODEL_SRC_rio := servers/windows/rio_accept.c

.PHONY: all
all: libraries-needed $(PROGRAMS)
	$(if $(strip $(MISSING)),@echo 'make: left out because not installed: $(MISSING); make deps installs it')

.PHONY: libraries-needed
libraries-needed:
	$(if $(HAVE_LIBUV),,$(error libuv: development package not found; run 'make $(if $(CROSS),deps-windows,deps)'))
	$(if $(HAVE_CJSON),,$(error cJSON: development package not found; run 'make $(if $(CROSS),deps-windows,deps)'))
	$(if $(HAVE_ZLIB),,$(error zlib: development package not found; run 'make $(if $(CROSS),deps-windows,deps)'))

objects = $(patsubst %.c,$(OBJ)/%.o,$(1))

# Objects depend on the flags they were built with.
FLAGS_FILE := $(OBJ)/flags
FLAGS_NOW := $(CC) $(CFLAGS) $(SANITIZE) $(CPPFLAGS) $(LDFLAGS) $(HAVE_LIBURING)
$(shell mkdir -p $(OBJ); [ "$$(cat $(FLAGS_FILE) 2>/dev/null)" = "$(FLAGS_NOW)" ] || \
  printf '%s\n' "$(FLAGS_NOW)" > $(FLAGS_FILE))

$(OBJ)/%.o: %.c $(FLAGS_FILE)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC    $<")
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

LINK = @mkdir -p $(@D); $(if $(V),,echo "  LINK  $@";) $(CC) $(ALL_CFLAGS) $(LDFLAGS_$(PLATFORM)) $(LDFLAGS) -o $@ $(filter %.o,$^)

# One binary per model: the same main, the same base, one model file.
define server_rule
$$(BIN)/echo-$(1)$(EXE): $$(call objects,$$(call model_src,$(1)) $$(MODEL_SRC_$(1)) servers/server_main.c servers/describe.c servers/conn.c $$(BASE_SRC))
	$$(LINK) $$(MODEL_LIBS_$(1)) $$(LIBS)
endef
$(foreach m,$(MODELS),$(eval $(call server_rule,$(m))))
$(OBJ)/servers/describe.o: DEFINES += $(BUILD_DEFINES)
# liburing 2.3 does not tell its version in a header.
$(OBJ)/base/uring.o: DEFINES += -DLIBURING_VERSION='"$(LIBURING_VERSION)"'

$(BIN)/loadgen$(EXE): $(call objects,$(LOADGEN_SRC) $(BASE_SRC) $(DATA_SRC)) $(OBJ)/transport_list.o
	$(LINK) $(LOADGEN_LIBS) $(LIBS)
$(OBJ)/loadgen/transports.o: DEFINES += $(BUILD_DEFINES)
$(OBJ)/bench/session/builds.o: DEFINES += $(BUILD_DEFINES)

$(BIN)/iobench$(EXE): $(call objects,$(BENCH_SRC) $(BASE_SRC) $(DATA_SRC)) $(OBJ)/version.o
	$(LINK) $(LIBUV_LIBS) $(CJSON_LIBS) $(ZLIB_LIBS) -lm $(LIBS)

# Writes text $(2) to file $(1) if it says something else.
define write_if_new
$(file >$(1).new,$(2))
$(shell cmp -s $(1).new $(1) || cp $(1).new $(1))
endef

# The transports that this build has, the preferred one first.
define TRANSPORTS_TEXT
#include "loadgen/transport.h"
const struct transport_ops *const transports[] = {$(foreach t,$(TRANSPORTS),&transport_$(t), )NULL};
endef
$(call write_if_new,$(OBJ)/transport_list.c,$(TRANSPORTS_TEXT))

# Regenerated only when the commit or its dirtiness changes.
TOOL_VERSION := 0.1.0
GIT_COMMIT := $(shell git rev-parse HEAD 2>/dev/null || cat .commit 2>/dev/null || echo unknown)
GIT_DIRTY := $(if $(shell git status --porcelain 2>/dev/null | head -n 1),true,false)
define VERSION_TEXT
#include "bench/support/version.h"
const char version_tool[] = "$(TOOL_VERSION)";
const char version_git_commit[] = "$(GIT_COMMIT)";
const bool version_git_dirty = $(GIT_DIRTY);
endef
$(call write_if_new,$(OBJ)/version.c,$(VERSION_TEXT))
$(OBJ)/version.o $(OBJ)/transport_list.o: %.o: %.c
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# ---- test programs -------------------------------------------------------------------------------

TESTS_linux := $(BIN)/tests/conformance $(BIN)/tests/fault-server $(BIN)/tests/truth $(BIN)/tests/loadgen-cached-clock \
  $(BIN)/tests/bench-loadgen $(BIN)/tests/gate-jobs
TESTS_macos := $(BIN)/tests/conformance
TESTS_bsd := $(BIN)/tests/conformance
TESTS_windows := $(BIN)/tests/handles.exe $(BIN)/tests/echo-rio-double.exe
TESTS := $(TESTS_$(PLATFORM))
CONFORMANCE_SRC := $(wildcard tests/conformance/*.c)
SUPPORT_SRC := $(wildcard tests/support/*.c)
$(BIN)/tests/conformance: $(call objects,$(CONFORMANCE_SRC) $(SUPPORT_SRC) base/rng.c $(BASE_SRC))
	$(LINK) $(CJSON_LIBS) -lm
$(BIN)/tests/fault-server: $(call objects,$(FAULT_SRC) base/rng.c $(BASE_SRC))
	$(LINK) -lm
$(BIN)/tests/truth: $(call objects,$(TRUTH_SRC) $(SUPPORT_SRC) base/rng.c $(BASE_SRC))
	$(LINK) $(CJSON_LIBS) -lm
# loadgen but for one thing that it does wrong.
$(BIN)/tests/loadgen-cached-clock: $(call objects,tests/truth/cached_clock.c $(filter-out %/transport_epoll.c,$(LOADGEN_SRC)) $(BASE_SRC) $(DATA_SRC)) $(OBJ)/transport_list.o
	$(LINK) $(LOADGEN_LIBS)

$(BIN)/tests/bench-loadgen: $(call objects,$(wildcard tools/bench-loadgen/*.c)) $(BUILD)/bench.a
	$(LINK) $(BUILD)/bench.a $(LIBUV_LIBS) $(CJSON_LIBS) -lm

$(BIN)/tests/gate-jobs: $(call objects,$(wildcard tools/gate-calibrate/*.c)) $(BUILD)/bench.a
	$(LINK) $(BUILD)/bench.a $(LIBUV_LIBS) $(CJSON_LIBS) $(ZLIB_LIBS) -lm

$(BIN)/tests/handles.exe: $(call objects,tests/windows/handles.c)
	$(LINK) $(LIBS) -lntdll
# echo-rio with a test double of registered I/O, which Wine lacks.
$(BIN)/tests/echo-rio-double.exe: $(call objects,tests/windows/rio_double.c servers/windows/rio.c $(MODEL_SRC_rio) servers/server_main.c servers/describe.c servers/conn.c $(BASE_SRC))
	$(LINK) $(LIBS)

# echo-kqueue without a kqueue: over a test double, whose types can be those of other systems, and over
# libkqueue where that is. They say so where others say release, and are never installed. kqueue-test
# asks either, or the system's own kqueue, what the model relies on.
KQUEUES_linux := double other-types $(and $(call have,libkqueue),libkqueue)
KQUEUE_FLAGS_double := -Itests/bsd/include
KQUEUE_FLAGS_other-types := -Itests/bsd/include -DKQUEUE_OTHER_TYPES
KQUEUE_FLAGS_libkqueue = $(shell $(PKG_CONFIG) --cflags libkqueue)
KQUEUE_SRC_double := tests/bsd/kqueue_double.c
KQUEUE_SRC_other-types := tests/bsd/kqueue_double.c
KQUEUE_LIBS_libkqueue = $(shell $(PKG_CONFIG) --libs libkqueue)
KQUEUE_IS_double := kqueue API over epoll
KQUEUE_IS_other-types := kqueue API over epoll
KQUEUE_IS_libkqueue = kqueue API of libkqueue $(shell $(PKG_CONFIG) --modversion libkqueue)
kqueue_objects = $(patsubst %.c,$(OBJ)/kqueue-$(1)/%.o,$(2) $(KQUEUE_SRC_$(1)))
define kqueue_rule
$$(OBJ)/kqueue-$(1)/%.o: DEFINES += $$(KQUEUE_FLAGS_$(1)) $$(BUILD_DEFINES)
$$(OBJ)/kqueue-$(1)/%.o: BUILD_TYPE = $$(CONFIG), $$(KQUEUE_IS_$(1))
$$(OBJ)/kqueue-$(1)/%.o: %.c $$(FLAGS_FILE)
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo "  CC    $$< ($(1))")
	$$(Q)$$(CC) $$(ALL_CPPFLAGS) $$(ALL_CFLAGS) -MMD -MP -c -o $$@ $$<
$$(BIN)/tests/echo-kqueue-$(1): $$(call kqueue_objects,$(1),servers/posix/kqueue.c servers/describe.c) $$(call objects,servers/server_main.c servers/conn.c $$(BASE_SRC))
	$$(LINK) $$(KQUEUE_LIBS_$(1))
$$(BIN)/tests/kqueue-test-$(1): $$(call kqueue_objects,$(1),tests/bsd/kqueue_test.c) $$(call objects,tests/support/harness.c $$(BASE_SRC))
	$$(LINK) $$(KQUEUE_LIBS_$(1)) -lm
TESTS_KQUEUE += $$(BIN)/tests/echo-kqueue-$(1) $$(BIN)/tests/kqueue-test-$(1)
endef
$(foreach k,$(KQUEUES_$(PLATFORM)),$(eval $(call kqueue_rule,$(k))))
$(BIN)/tests/kqueue-test: $(call objects,tests/bsd/kqueue_test.c tests/support/harness.c $(BASE_SRC))
	$(LINK) -lm

# Unit tests see everything of loadgen and bench but their mains.
# Those that make files, streams or PATHs as POSIX has them are for POSIX alone.
UNITS_not_windows := counters foreign gate_formats gate_output json_file schema suite table
UNITS := $(filter-out $(UNITS_not_$(PLATFORM)),$(UNIT_SRC:tests/unit/test_%.c=%))
UNIT_OBJ := $(call objects,$(filter-out %/main.c,$(LOADGEN_SRC) $(BENCH_SRC)) $(BASE_SRC) $(DATA_SRC)) $(OBJ)/version.o \
  $(OBJ)/transport_list.o
$(BIN)/tests/unit-%$(EXE): $(OBJ)/tests/unit/test_%.o $(BUILD)/units.a
	$(LINK) $(BUILD)/units.a $(CMOCKA_LIBS) $(ZLIB_LIBS) $(LOADGEN_LIBS) $(LIBS)
$(BUILD)/units.a: $(UNIT_OBJ)
	$(Q)rm -f $@ && $(AR) qcs $@ $^
.SECONDARY: $(UNIT_SRC:%.c=$(OBJ)/%.o)
ifdef HAVE_CMOCKA
TESTS += $(UNITS:%=$(BIN)/tests/unit-%$(EXE))
endif

.PHONY: tests
tests: all $(TESTS)

# Fuzzing targets; they take clang and CONFIG=fuzz, which is what fuzz-build sees to.
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_TARGETS := $(FUZZ:%=$(BIN)/tests/fuzz-%)
FUZZ_OBJ_children := $(OBJ)/tests/fuzz/children_models.o
FUZZ_S ?= 900
.PHONY: fuzz-targets fuzz-build fuzz
fuzz-targets: $(FUZZ_TARGETS)
have-fuzzer = echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' | \
  clang -x c -fsanitize=fuzzer,address - -o $(BUILD)/have-fuzzer 2>/dev/null
fuzz-build:
	@mkdir -p $(BUILD); $(have-fuzzer) || { $(call as-root,$(PACKAGES_FUZZ)); \
	  for p in $(PACKAGES_FUZZ); do apt install -y --no-install-recommends $$p || true; done; }; \
	if $(have-fuzzer); then $(MAKE) -s --no-print-directory fuzz-targets CONFIG=fuzz CC=clang CFLAGS='$(CFLAGS_fuzz)'; \
	else echo "make: fuzzing is left out: no clang with libFuzzer ($(PACKAGES_FUZZ))"; fi
fuzz: all fuzz-build
	$(Q)BIN=$(BIN) FUZZ_S=$(FUZZ_S) bash tests/fuzz/fuzz.sh
# What the targets define themselves, they do not take from bench.a.
define fuzz_rule
$$(BIN)/tests/fuzz-$(1): $$(OBJ)/tests/fuzz/fuzz_$(1).o $$(FUZZ_OBJ_$(1)) $$(call objects,tests/fuzz/fuzz.c tests/fuzz/mutate.c) $$(BUILD)/bench.a
	$$(LINK) -fsanitize=fuzzer $$(BUILD)/bench.a $$(LIBUV_LIBS) $$(CJSON_LIBS) $$(ZLIB_LIBS) -lm
endef
$(foreach f,$(FUZZ),$(eval $(call fuzz_rule,$(f))))
$(BUILD)/bench.a: $(call objects,$(filter-out %/main.c,$(BENCH_SRC)) $(BASE_SRC) $(DATA_SRC)) $(OBJ)/version.o
	$(Q)rm -f $@ && $(AR) qcs $@ $^

# ---- what people type ----------------------------------------------------------------------------

NOW := $(shell date -u +%Y%m%dT%H%M%SZ)
# All that `make` alone needs was there before; bench and check install first.
.PHONY: bench bench-loadgen bench-loadgen-now check check-now check-windows check-all lint deps deps-windows ensure help install clean

bench: ensure
	$(Q)$(MAKE) --no-print-directory all
	$(BIN)/iobench run --suite $(SUITE) -o results/$(NOW)-$(SUITE).json
	$(BIN)/iobench report results/$(NOW)-$(SUITE).json -o results/$(NOW)-$(SUITE).html

# The load generator, measured by itself: docs/performance.md.
bench-loadgen: ensure
	$(Q)$(MAKE) --no-print-directory bench-loadgen-now

bench-loadgen-now: all $(BIN)/tests/bench-loadgen
	$(BIN)/iobench run --suite loadgen $(if $(HAVE_LIBURING),,--server epoll) -o results/$(NOW)-loadgen.json
	$(BIN)/tests/bench-loadgen results/$(NOW)-loadgen.json -o results/$(NOW)-loadgen-bench.json

# The regression gate, tried on this machine for hours: docs/gate.md. It goes on where it was stopped.
GATE_JOBS ?= results/gate-jobs.jsonl
.PHONY: gate-calibrate
gate-calibrate: ensure
	$(Q)$(MAKE) --no-print-directory all $(BIN)/tests/gate-jobs
	BIN=$(BIN) bash tools/gate-calibrate/calibrate.sh $(GATE_JOBS)

check: ensure
	@mkdir -p $(BUILD); command -v xmllint >/dev/null || { $(call as-root,$(PACKAGES_CHECK)); \
	  apt install -y --no-install-recommends $(PACKAGES_CHECK) || echo "make: $(PACKAGES_CHECK): not installed; going on without it"; }
	$(Q)$(MAKE) --no-print-directory check-now

check-now: tests $(if $(filter release,$(CONFIG)),fuzz-build)
	$(Q)BIN=$(BIN) CONFIG=$(CONFIG) MODELS="$(MODELS)" MISSING="$(MISSING)" bash tests/run.sh

# The Windows programs, under Wine. It takes minutes, so check leaves them out.
check-windows: ensure
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)if ($(call need,$(TOOLS_WINDOWS) wine wineserver,$(PACKAGES_WINDOWS) $(PACKAGES_WINE))); then \
	  $(MAKE) --no-print-directory deps-windows && \
	  $(MAKE) --no-print-directory tests PLATFORM=windows CONFIG=release CC=x86_64-w64-mingw32-gcc && \
	  BIN=$(BIN) WIN=$(BUILD_windows)/bin PREFIX="$(DEPS_WINDOWS)/prefix" MODELS="$(MODELS_windows)" bash tests/windows/run.sh; \
	else echo "skip windows # mingw-w64 and Wine are not here, and cannot be installed"; echo "0 passed, 0 failed, 1 skipped"; fi

# The kqueue model, without a system that has kqueue.
check-bsd: ensure
	$(Q)$(MAKE) --no-print-directory tests-bsd
	$(Q)BIN=$(BIN) KQUEUES="$(KQUEUES_$(PLATFORM))" bash tests/bsd/run.sh
.PHONY: check-bsd tests-bsd
tests-bsd: tests $(TESTS_KQUEUE)

# The release run, then the same under ASan+UBSan, the load generator under TSan, Windows, kqueue.
check-all: check
	$(Q)$(MAKE) --no-print-directory check-now CONFIG=asan
	$(Q)$(MAKE) --no-print-directory check-now CONFIG=tsan
	$(Q)$(MAKE) --no-print-directory check-windows
	$(Q)$(MAKE) --no-print-directory check-bsd

# Installs what is missing: as root, else through sudo -n, else it says what to run. Without the
# optional packages the rest goes on; without the required ones it ends here.
PACKAGES_REQUIRED := gcc libc6-dev pkg-config libuv1-dev libcjson-dev zlib1g-dev
PACKAGES_OPTIONAL := liburing-dev libcmocka-dev gnuplot-nox
PACKAGES_WINDOWS := gcc-mingw-w64-x86-64 cmake dpkg-dev pkg-config
TOOLS_WINDOWS := x86_64-w64-mingw32-gcc cmake dpkg-source pkg-config
PACKAGES_WINE := wine64 wine
PACKAGES_CHECK := libxml2-utils
PACKAGES_FUZZ := clang libclang-rt-dev
PACKAGES_LINT := clang-format clang-tidy cppcheck clang
# Where there is no apt-get: who installs, and what it calls the same packages.
PACKAGES_darwin := run: brew install make pkgconf libuv cjson cmocka gnuplot
PACKAGES_freebsd := run: pkg install gmake pkgconf libuv libcjson cmocka gnuplot-lite
PACKAGES_netbsd := run: pkgin install gmake pkgconf libuv cJSON cmocka gnuplot
PACKAGES_openbsd := run: pkg_add gmake libuv cJSON cmocka gnuplot
have-all := $(and $(HAVE_LIBUV),$(HAVE_CJSON),$(HAVE_ZLIB),$(or $(HAVE_LIBURING),$(if $(WANT_LIBURING),,unwanted)),$(HAVE_CMOCKA),$(HAVE_GNUPLOT))

ensure:
	$(if $(have-all),,$(Q)$(MAKE) --no-print-directory deps)

# Sets $as and apt(), or says what to run; then it is for the rest to go on or not.
as-root = if ! command -v apt-get >/dev/null; then \
    as=no; echo "make: no apt-get here; $(or $(PACKAGES_$(UNAME)),install the equivalents of: $(1))" >&2; \
  elif [ "$$(id -u)" = 0 ]; then as=; elif sudo -n true 2>/dev/null; then as='sudo -n'; \
  else as=no; echo "make: not root, and no sudo without a password; run: sudo apt-get install $(1)" >&2; fi; \
  export DEBIAN_FRONTEND=noninteractive; \
  apt() { [ "$$as" != no ] && $$as apt-get -q -o Dpkg::Use-Pty=0 -o Acquire::Retries=1 "$$@" >>$(BUILD)/deps.log 2>&1; }

# Installs the packages $(2) if one of the tools $(1) is missing; ends with 2 if it cannot.
need = missing=; for t in $(1); do command -v $$t >/dev/null || missing=1; done; if [ "$$missing" ]; then \
  mkdir -p $(BUILD); echo "make: installing what is missing (log: $(BUILD)/deps.log)"; $(call as-root,$(2)); \
  apt update; apt install -y --no-install-recommends $(2) || \
  { echo "make: cannot install $(2); see $(BUILD)/deps.log" >&2; exit 2; }; fi

deps:
	@mkdir -p $(BUILD); echo "make: installing what is missing (log: $(BUILD)/deps.log)"
	@$(call as-root,$(PACKAGES_REQUIRED) $(PACKAGES_OPTIONAL)); \
	[ "$$as" = no ] || apt update || echo "make: apt-get update failed; trying with the lists there are"; \
	apt install -y --no-install-recommends $(PACKAGES_REQUIRED) || \
	  { $(PKG_CONFIG) --exists libuv libcjson zlib 2>/dev/null || \
	    { echo "make: cannot go on without $(PACKAGES_REQUIRED)" >&2; exit 2; }; }; \
	for p in $(PACKAGES_OPTIONAL); do \
	  apt install -y --no-install-recommends $$p || echo "make: $$p: not installed; going on without it"; \
	done

# The cross compiler, and the libraries that mingw-w64 has no packages of, built once into DEPS_WINDOWS.
deps-windows:
	@$(call need,$(TOOLS_WINDOWS),$(PACKAGES_WINDOWS))
	@bash tests/windows/deps.sh "$(DEPS_WINDOWS)"

# ---- lint ----------------------------------------------------------------------------------------

LINT_C := $(wildcard base/*.c servers/*.c servers/*/*.c loadgen/*.c bench/*.c bench/*/*.c tests/*/*.c tools/*/*.c)
LINT_C_WINDOWS := $(filter %_windows.c servers/windows/% tests/windows/%,$(LINT_C))
# Without headers here; tests/bsd/compile.sh compiles them with those of macOS.
LINT_C_BSD := base/os_macos.c base/os_bsd.c base/os_sysctl.c
LINT_H := $(wildcard base/*.h servers/*.h servers/*/*.h loadgen/*.h bench/*/*.h tests/*/*.h tools/*/*.h)
LINT_FLAGS = -std=c11 -I. $(if $(KQUEUES_$(PLATFORM)),-Itests/bsd/include) $(CPPFLAGS_$(PLATFORM)) $(PACKAGE_CFLAGS) $(BUILD_DEFINES) -DLIBURING_VERSION='"0"'
LINT_FLAGS_WINDOWS = -target x86_64-w64-mingw32 -std=c11 -I. $(CPPFLAGS_windows) -isystem $(DEPS_WINDOWS)/include

lint: ensure
	@$(call need,clang-format clang-tidy cppcheck clang,$(PACKAGES_LINT))
	clang-format --dry-run -Werror $(LINT_C) $(LINT_H)
	@if grep -nE '_WIN32|__linux__|__APPLE__|BSD' $(filter-out base/%,$(LINT_C) $(LINT_H)); then \
	  echo "lint: a platform conditional outside base/" >&2; exit 1; fi
	cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --language=c -I. \
	  --include=$(firstword $(wildcard /usr/include/cjson/cJSON.h /usr/local/include/cjson/cJSON.h)) \
	  '-D_Noreturn=__attribute__((noreturn))' --enable=warning,performance,portability \
	  --suppress=missingIncludeSystem $(LINT_C)
	@# one file a call: several in one give false findings about va_list
	printf '%s\n' $(filter-out $(LINT_C_WINDOWS) $(LINT_C_BSD),$(LINT_C)) | \
	  xargs -P "$$(nproc)" -I FILE clang-tidy --quiet FILE -- $(LINT_FLAGS) 2>/dev/null
	@if [ -e /usr/x86_64-w64-mingw32/include/windows.h ] && [ -e "$(DEPS_WINDOWS)/stamp" ]; then \
	  printf '%s\n' $(LINT_C_WINDOWS) | xargs -P "$$(nproc)" -I FILE clang-tidy --quiet FILE -- $(LINT_FLAGS_WINDOWS) 2>/dev/null; \
	else echo "lint: without clang-tidy on $(LINT_C_WINDOWS): no headers of Windows; make deps-windows brings them"; fi
	@mkdir -p build/workflows && cp tools/workflows/package*.json build/workflows; \
	if (cd build/workflows && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1); then \
	  for f in .github/workflows/*.yml; do build/workflows/node_modules/.bin/action-validator $$f || exit 1; done; \
	else echo "lint: without a look at .github/workflows: npm cannot bring its checker; see build/workflows/npm.log"; fi
	$(MAKE) --no-print-directory CC=clang BUILD_release=build/clang tests-bsd

# ---- install -------------------------------------------------------------------------------------

LIBEXEC := $(DESTDIR)$(PREFIX)/libexec/iobench
SHARE := $(DESTDIR)$(PREFIX)/share/iobench
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(LIBEXEC) $(SHARE)/suites $(SHARE)/plot
	install $(BIN)/iobench $(DESTDIR)$(PREFIX)/bin
	install $(BIN)/loadgen $(SERVERS) $(LIBEXEC)
	install -m 644 bench/suites/*.json $(SHARE)/suites
	install -m 644 plot/*.gp plot/palette.txt $(SHARE)/plot
	install -m 644 results/iobench-*.schema.json $(SHARE)

clean:
	rm -rf build

help:
	@echo "make               build what the installed libraries allow, into $(BIN)"
	@echo "make bench         install what is missing, build, run a suite (SUITE=$(SUITE)), draw the report"
	@echo "make gate-calibrate try the regression gate on this machine (hours; goes on where it was stopped)"
	@echo "make bench-loadgen install what is missing, build, measure the load generator itself (4 minutes)"
	@echo "make check         install what is missing, build, run the tests"
	@echo "make check-windows install what is missing, test the Windows programs under Wine"
	@echo "make check-bsd     test the kqueue model over a test double"
	@echo "make check-all     check, again under ASan+UBSan, the load generator under TSan, check-windows, check-bsd"
	@echo "make fuzz          fuzz every reader for FUZZ_S=$(FUZZ_S) seconds; check does it for 10"
	@echo "make lint          clang-format, clang-tidy, cppcheck, the platform rule, a build with clang"
	@echo "make deps          install the libraries and tools (Debian packages)"
	@echo "make deps-windows  install mingw-w64, build libuv, cJSON, zlib and cmocka for it into $(DEPS_WINDOWS)"
	@echo "make PLATFORM=windows  build for Windows into build/windows"
	@echo "make install       PREFIX=$(PREFIX), DESTDIR="
	@echo "make clean         remove build/"
	@echo "knobs: CC=gcc|clang CONFIG=release|asan|tsan SUITE=quick|default|load|... V=1"

-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
