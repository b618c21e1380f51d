# build.mk - compiles and links the programs.

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wconversion \
  -Wvla -Wformat=2 -Werror
# isnan and isfinite of mingw-w64's math.h cause this warning in their branches for float.
WARN_windows := -Wno-float-conversion
CFLAGS_release := -O2 -g
CFLAGS_asan := -O1 -g
CFLAGS_tsan := -O1 -g
CFLAGS_fuzz := -O1 -g
CFLAGS ?= $(CFLAGS_$(CONFIG))
# Separate from CFLAGS, so that a user's CFLAGS do not disable a sanitizer.
SANITIZE_asan := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SANITIZE_tsan := -fsanitize=thread -fno-omit-frame-pointer
SANITIZE_fuzz := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SANITIZE := $(SANITIZE_$(CONFIG))
CPPFLAGS_linux := -D_GNU_SOURCE
# The API of Windows 10, and printf as in standard C.
CPPFLAGS_windows := -D_WIN32_WINNT=0x0A00 -D__USE_MINGW_ANSI_STDIO=1
CPPFLAGS_macos := -D_DARWIN_C_SOURCE
# NetBSD hides many declarations with -std=c11. Its default limit of select is 256 descriptors.
CPPFLAGS_bsd := -D_NETBSD_SOURCE -DFD_SETSIZE=1024
# Cross-built programs are static, so that one file runs anywhere. MSYS2 has static libraries only of some
# packages, and its shell has the DLLs in PATH.
LDFLAGS_windows := $(if $(CROSS),-static)
LIBS_windows := -lws2_32 -lwinmm -lpsapi -liphlpapi -luserenv -luser32 -ladvapi32 -ldbghelp -lole32 -lshell32
LIBS = $(LIBS_$(PLATFORM))
# Builds in different directories must be identical. The compilers, too, take the path of this folder from PWD.
REPRODUCIBLE := -ffile-prefix-map="$$PWD"=.
ALL_CPPFLAGS = -I. $(CPPFLAGS_$(PLATFORM)) $(CPPFLAGS) $(DEFINES) $(PACKAGE_CFLAGS)
ALL_CFLAGS = -std=c11 $(WARN) $(WARN_$(PLATFORM)) $(CFLAGS) $(SANITIZE) $(REPRODUCIBLE) -pthread
BUILD_TYPE = $(CONFIG)
# A string constant of C, as a word of a shell command.
c-string = $(call sh-quote,"$(subst ",\",$(subst \,\\,$(1)))")
BUILD_DEFINES = -DBUILD_CFLAGS=$(call c-string,-std=c11 $(strip $(CFLAGS) $(SANITIZE))) -DBUILD_TYPE=$(call c-string,$(BUILD_TYPE)) \
  -DBUILD_COMPILER=$(call c-string,$(notdir $(firstword $(CC))))

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
	$(if $(strip $(MISSING)),@echo 'make: left out because libraries are missing: $(MISSING); run make deps')

.PHONY: libraries-needed
libraries-needed:
	$(if $(HAVE_LIBUV),,$(error libuv: development package not found; run 'make $(if $(CROSS),deps-windows,deps)'))
	$(if $(HAVE_CJSON),,$(error cJSON: development package not found; run 'make $(if $(CROSS),deps-windows,deps)'))
	$(if $(HAVE_ZLIB),,$(error zlib: development package not found; run 'make $(if $(CROSS),deps-windows,deps)'))

objects = $(patsubst %.c,$(OBJ)/%.o,$(1))

# Objects depend on this file, so that they are rebuilt if the flags change.
FLAGS_FILE := $(OBJ)/flags
FLAGS_NOW := $(CC) $(CFLAGS) $(SANITIZE) $(CPPFLAGS) $(LDFLAGS) $(HAVE_LIBURING)
$(shell mkdir -p $(OBJ) 2>/dev/null)
$(if $(shell [ -w $(OBJ) ] && echo yes),,$(error \
  $(CURDIR)/$(OBJ): cannot write here; to build elsewhere, run in an empty folder: make -f $(call sh-quote,$(CURDIR)/Makefile)))

# Writes the text $(2) to the file $(1) unless it has that content already.
define write_if_new
$(file >$(1).new,$(2))
$(shell cmp -s $(1).new $(1) || cp $(1).new $(1))
endef
$(call write_if_new,$(FLAGS_FILE),$(FLAGS_NOW))

$(OBJ)/%.o: %.c $(FLAGS_FILE)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC    $<")
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

LINK = @mkdir -p $(@D); $(if $(V),,echo "  LINK  $@";) $(CC) $(ALL_CFLAGS) $(LDFLAGS_$(PLATFORM)) $(LDFLAGS) -o $@ $(filter %.o,$^)

# Each model is a binary of its own: the common main and base, and the source file of the model.
define server_rule
$$(BIN)/echo-$(1)$(EXE): $$(call objects,$$(call model_src,$(1)) $$(MODEL_SRC_$(1)) servers/server_main.c servers/describe.c servers/conn.c $$(BASE_SRC))
	$$(LINK) $$(MODEL_LIBS_$(1)) $$(LIBS)
endef
$(foreach m,$(MODELS),$(eval $(call server_rule,$(m))))
$(OBJ)/servers/describe.o: DEFINES += $(BUILD_DEFINES)
# The headers of liburing 2.3 do not contain its version.
$(OBJ)/base/uring.o: DEFINES += -DLIBURING_VERSION='"$(LIBURING_VERSION)"'

$(BIN)/loadgen$(EXE): $(call objects,$(LOADGEN_SRC) $(BASE_SRC) $(DATA_SRC)) $(OBJ)/transport_list.o
	$(LINK) $(LOADGEN_LIBS) $(LIBS)
$(OBJ)/loadgen/transports.o: DEFINES += $(BUILD_DEFINES)
$(OBJ)/bench/session/builds.o: DEFINES += $(BUILD_DEFINES)

$(BIN)/iobench$(EXE): $(call objects,$(BENCH_SRC) $(BASE_SRC) $(DATA_SRC)) $(OBJ)/version.o
	$(LINK) $(LIBUV_LIBS) $(CJSON_LIBS) $(ZLIB_LIBS) -lm $(LIBS)

# The transports of this build, the default first.
define TRANSPORTS_TEXT
#include "loadgen/transport.h"
const struct transport_ops *const transports[] = {$(foreach t,$(TRANSPORTS),&transport_$(t), )NULL};
endef
$(call write_if_new,$(OBJ)/transport_list.c,$(TRANSPORTS_TEXT))

# Rewritten only if the commit changes, or whether the tree has uncommitted changes.
TOOL_VERSION := 0.1.0
# Git must find the repository by itself: in a hook its variables may mean another one. A repository around the source
# tree says nothing about it. Status would write the index.
IN_REPOSITORY := unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_COMMON_DIR GIT_OBJECT_DIRECTORY GIT_PREFIX; \
  cd -P ./mk/.. && prefix=$$(git rev-parse --show-prefix 2>/dev/null) && [ -z "$$prefix" ]
GIT_COMMIT := $(shell $(IN_REPOSITORY) && git rev-parse --verify --quiet HEAD || cat .commit 2>/dev/null || echo unknown)
GIT_DIRTY := $(shell $(IN_REPOSITORY) && s=$$(git --no-optional-locks status --porcelain 2>/dev/null) && \
  { [ -z "$$s" ]; echo $$?; } || echo -1)
define VERSION_TEXT
#include "bench/support/version.h"
const char version_tool[] = "$(TOOL_VERSION)";
const char version_git_commit[] = "$(GIT_COMMIT)";
const int version_git_dirty = $(GIT_DIRTY);
endef
$(call write_if_new,$(OBJ)/version.c,$(VERSION_TEXT))
$(OBJ)/version.o $(OBJ)/transport_list.o: %.o: %.c
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<
