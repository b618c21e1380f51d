# tests.mk - builds the test programs.

TESTS_linux := $(BIN)/tests/conformance $(BIN)/tests/fault-server $(BIN)/tests/truth $(BIN)/tests/loadgen-cached-clock \
  $(BIN)/tests/no-pinning $(BIN)/tests/in-terminal $(BIN)/tests/bench-loadgen $(BIN)/tests/gate-jobs
TESTS_macos := $(BIN)/tests/conformance
TESTS_bsd := $(BIN)/tests/conformance
TESTS_windows := $(BIN)/tests/handles.exe $(BIN)/tests/sleeper.exe $(BIN)/tests/echo-rio-double.exe
TESTS := $(TESTS_$(PLATFORM))
CONFORMANCE_SRC := $(wildcard tests/conformance/*.c)
SUPPORT_SRC := $(wildcard tests/support/*.c)
$(BIN)/tests/conformance: $(call objects,$(CONFORMANCE_SRC) $(SUPPORT_SRC) base/rng.c $(BASE_SRC))
	$(LINK) $(CJSON_LIBS) -lm
$(BIN)/tests/fault-server: $(call objects,$(FAULT_SRC) base/rng.c $(BASE_SRC))
	$(LINK) -lm
$(BIN)/tests/truth: $(call objects,$(TRUTH_SRC) $(SUPPORT_SRC) base/rng.c $(BASE_SRC))
	$(LINK) $(CJSON_LIBS) -lm
# loadgen with one deliberate error.
$(BIN)/tests/loadgen-cached-clock: $(call objects,tests/truth/cached_clock.c $(filter-out %/transport_epoll.c,$(LOADGEN_SRC)) $(BASE_SRC) $(DATA_SRC)) $(OBJ)/transport_list.o
	$(LINK) $(LOADGEN_LIBS)

$(BIN)/tests/no-pinning: $(call objects,tests/cli/no_pinning.c)
	$(LINK)
$(BIN)/tests/in-terminal: $(call objects,tests/cli/in_terminal.c)
	$(LINK)

$(BIN)/tests/bench-loadgen: $(call objects,$(wildcard tools/bench-loadgen/*.c)) $(BUILD)/bench.a
	$(LINK) $(BUILD)/bench.a $(LIBUV_LIBS) $(CJSON_LIBS) -lm

$(BIN)/tests/gate-jobs: $(call objects,$(wildcard tools/gate-calibrate/*.c)) $(BUILD)/bench.a
	$(LINK) $(BUILD)/bench.a $(LIBUV_LIBS) $(CJSON_LIBS) $(ZLIB_LIBS) -lm

$(BIN)/tests/handles.exe: $(call objects,tests/windows/handles.c)
	$(LINK) $(LIBS) -lntdll
$(BIN)/tests/sleeper.exe: $(call objects,tests/windows/sleeper.c)
	$(LINK) $(LIBS)
# echo-rio with a test double of registered I/O, which Wine lacks.
$(BIN)/tests/echo-rio-double.exe: $(call objects,tests/windows/rio_double.c servers/windows/rio.c $(MODEL_SRC_rio) servers/server_main.c servers/describe.c servers/conn.c $(BASE_SRC))
	$(LINK) $(LIBS)

# Unit tests are linked with all of loadgen and bench except the main files. Tests that use files, streams
# or PATH of POSIX are not built for Windows.
UNITS_not_windows := address counters family files_write footprint foreign gate_formats gate_output json_file os_limits outside schema suite table utf8 workspace
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
