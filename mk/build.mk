# build.mk - compiles and links the programs.

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
