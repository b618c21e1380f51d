# fuzz.mk - builds and runs the fuzzing targets.

# The fuzzing targets need clang and CONFIG=fuzz; fuzz-build sets both.
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
	if $(have-fuzzer); then $(MAKE_ALL) -s fuzz-targets CONFIG=fuzz CC=clang CFLAGS='$(CFLAGS_fuzz)'; \
	else echo "make: left out: fuzzing, because clang with libFuzzer is missing ($(PACKAGES_FUZZ))"; fi
fuzz: all fuzz-build
	$(Q)BIN=$(BIN) FUZZ_S=$(FUZZ_S) bash tests/fuzz/fuzz.sh
# The linker takes from bench.a only objects whose symbols the target does not define itself.
define fuzz_rule
$$(BIN)/tests/fuzz-$(1): $$(OBJ)/tests/fuzz/fuzz_$(1).o $$(FUZZ_OBJ_$(1)) $$(call objects,tests/fuzz/fuzz.c tests/fuzz/mutate.c) $$(BUILD)/bench.a
	$$(LINK) -fsanitize=fuzzer $$(BUILD)/bench.a $$(LIBUV_LIBS) $$(CJSON_LIBS) $$(ZLIB_LIBS) -lm
endef
$(foreach f,$(FUZZ),$(eval $(call fuzz_rule,$(f))))
$(BUILD)/bench.a: $(call objects,$(filter-out %/main.c,$(BENCH_SRC)) $(BASE_SRC) $(DATA_SRC)) $(OBJ)/version.o
	$(Q)rm -f $@ && $(AR) qcs $@ $^
