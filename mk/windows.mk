# windows.mk - tests the Windows programs under Wine, and builds libraries for mingw-w64.

# Takes several minutes, so make check does not include it.
check-windows: ensure
	$(Q)$(MAKE_ALL) tests
	$(Q)if ($(call need,$(TOOLS_WINDOWS) wine wineserver,$(PACKAGES_WINDOWS) $(PACKAGES_WINE))); then \
	  $(MAKE) --no-print-directory deps-windows && \
	  $(MAKE_ALL) tests PLATFORM=windows CONFIG=release CC=x86_64-w64-mingw32-gcc && \
	  BIN=$(BIN) WIN=$(BUILD_windows)/bin PREFIX=$(DEPS_WINDOWS_WORD)/prefix MODELS="$(MODELS_windows)" bash tests/windows/run.sh; \
	else echo "skip windows # mingw-w64 or Wine is missing and cannot be installed"; echo "0 passed, 0 failed, 1 skipped"; fi

# Installs the cross compiler, and builds the libraries that have no mingw-w64 packages into DEPS_WINDOWS, once.
deps-windows:
	@$(call need,$(TOOLS_WINDOWS),$(PACKAGES_WINDOWS))
	@bash tests/windows/deps.sh $(DEPS_WINDOWS_WORD)
