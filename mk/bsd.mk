# bsd.mk - tests the kqueue model on systems without kqueue.

# Builds echo-kqueue with a replacement of kqueue: a test double, with the types of either kind of system,
# or libkqueue if it is installed. Their build_type names the replacement; they are never installed.
# kqueue-test checks the replacement, or the system's own kqueue, for the behaviour that the model needs.
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

# Tests the kqueue model with its replacements.
check-bsd: ensure
	$(Q)$(MAKE_ALL) tests-bsd
	$(Q)BIN=$(BIN) KQUEUES="$(KQUEUES_$(PLATFORM))" bash tests/bsd/run.sh
.PHONY: check-bsd tests-bsd
tests-bsd: tests $(TESTS_KQUEUE)
