# lint.mk - checks formatting, layers and platform rules, and runs static analysis.

LINT_C := $(wildcard base/*.c servers/*.c servers/*/*.c loadgen/*.c bench/*.c bench/*/*.c tests/*/*.c tools/*/*.c)
LINT_C_WINDOWS := $(filter %_windows.c servers/windows/% tests/windows/%,$(LINT_C))
# Their headers are missing on Linux; tests/bsd/compile.sh compiles them with the headers of macOS.
LINT_C_BSD := base/os_macos.c base/os_bsd.c base/os_sysctl.c
LINT_H := $(wildcard base/*.h servers/*.h servers/*/*.h loadgen/*.h bench/*/*.h tests/*/*.h tools/*/*.h)
LINT_FLAGS = -std=c11 -I. $(if $(KQUEUES_$(PLATFORM)),-Itests/bsd/include) $(CPPFLAGS_$(PLATFORM)) $(PACKAGE_CFLAGS) $(BUILD_DEFINES) -DLIBURING_VERSION='"0"'
LINT_FLAGS_WINDOWS = -target x86_64-w64-mingw32 -std=c11 -I. $(CPPFLAGS_windows) -isystem $(DEPS_WINDOWS_WORD)/include

lint: ensure
	@$(call need,clang-format clang-tidy cppcheck clang,$(PACKAGES_LINT))
	clang-format --dry-run -Werror $(LINT_C) $(LINT_H)
	@bash tools/layers/layers.sh
	@if grep -nE '^ *# *(el)?if.*(_WIN32|__linux__|__APPLE__|BSD)' $(filter-out base/%,$(LINT_C) $(LINT_H)); then \
	  echo "lint: platform conditionals are allowed in base/ only" >&2; exit 1; fi
	@# on Windows it is -1
	@if grep -nE '(^|[^!])isnan\([^()]*\) *[!=]= *[^ 0]|[!=]= *isnan\(' $(LINT_C); then \
	  echo "lint: isnan() is not 1 on every system: compare !isnan()" >&2; exit 1; fi
	cppcheck -j "$$(nproc)" --quiet --error-exitcode=1 --inline-suppr --std=c11 --language=c -I. \
	  --include=$(firstword $(wildcard /usr/include/cjson/cJSON.h /usr/local/include/cjson/cJSON.h)) \
	  '-D_Noreturn=__attribute__((noreturn))' --enable=warning,performance,portability \
	  --suppress=missingIncludeSystem $(LINT_C)
	@# one file per call: several files cause false findings about va_list
	printf '%s\n' $(filter-out $(LINT_C_WINDOWS) $(LINT_C_BSD),$(LINT_C)) | \
	  xargs -P "$$(nproc)" -I FILE clang-tidy --quiet FILE -- $(LINT_FLAGS) 2>/dev/null
	@if [ -e /usr/x86_64-w64-mingw32/include/windows.h ] && [ -e $(DEPS_WINDOWS_WORD)/stamp ]; then \
	  printf '%s\n' $(LINT_C_WINDOWS) | xargs -P "$$(nproc)" -I FILE clang-tidy --quiet FILE -- $(LINT_FLAGS_WINDOWS) 2>/dev/null; \
	else echo "lint: skipped clang-tidy for $(LINT_C_WINDOWS): needs Windows headers; run make deps-windows"; fi
	@mkdir -p build/workflows && cp tools/workflows/package*.json build/workflows; \
	if (cd build/workflows && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1); then \
	  for f in .github/workflows/*.yml; do build/workflows/node_modules/.bin/action-validator $$f || exit 1; done; \
	else echo "lint: skipped .github/workflows: npm cannot install the checker; see build/workflows/npm.log"; fi
	$(MAKE_ALL) CC=clang BUILD_release=build/clang tests-bsd
