# windows.mk - tests the Windows programs under Wine, and brings what mingw-w64 lacks.

# The Windows programs, under Wine. It takes minutes, so check leaves them out.
check-windows: ensure
	$(Q)$(MAKE_ALL) tests
	$(Q)if ($(call need,$(TOOLS_WINDOWS) wine wineserver,$(PACKAGES_WINDOWS) $(PACKAGES_WINE))); then \
	  $(MAKE) --no-print-directory deps-windows && \
	  $(MAKE_ALL) tests PLATFORM=windows CONFIG=release CC=x86_64-w64-mingw32-gcc && \
	  BIN=$(BIN) WIN=$(BUILD_windows)/bin PREFIX="$(DEPS_WINDOWS)/prefix" MODELS="$(MODELS_windows)" bash tests/windows/run.sh; \
	else echo "skip windows # mingw-w64 and Wine are not here, and cannot be installed"; echo "0 passed, 0 failed, 1 skipped"; fi

# The cross compiler, and the libraries that mingw-w64 has no packages of, built once into DEPS_WINDOWS.
deps-windows:
	@$(call need,$(TOOLS_WINDOWS),$(PACKAGES_WINDOWS))
	@bash tests/windows/deps.sh "$(DEPS_WINDOWS)"
