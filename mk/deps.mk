# deps.mk - installs missing packages.

# Packages are installed as root or with sudo -n; otherwise make prints the command to run. It continues
# without optional packages, but not without required ones.
PACKAGES_REQUIRED := gcc libc6-dev pkg-config libuv1-dev libcjson-dev zlib1g-dev
PACKAGES_OPTIONAL := liburing-dev libcmocka-dev gnuplot-nox
PACKAGES_WINDOWS := gcc-mingw-w64-x86-64 cmake dpkg-dev pkg-config
TOOLS_WINDOWS := x86_64-w64-mingw32-gcc cmake dpkg-source pkg-config
PACKAGES_WINE := wine64 wine
PACKAGES_CHECK := libxml2-utils
PACKAGES_FUZZ := clang libclang-rt-dev
PACKAGES_LINT := clang-format clang-tidy cppcheck clang
# For systems without apt-get: the command that installs the same packages.
PACKAGES_darwin := run: brew install make pkgconf libuv cjson cmocka gnuplot
PACKAGES_freebsd := run: pkg install gmake pkgconf libuv libcjson cmocka gnuplot-lite
PACKAGES_netbsd := run: pkgin install gmake pkgconf libuv cJSON cmocka gnuplot
PACKAGES_openbsd := run: pkg_add gmake libuv cJSON cmocka gnuplot
have-all := $(and $(HAVE_LIBUV),$(HAVE_CJSON),$(HAVE_ZLIB),$(or $(HAVE_LIBURING),$(if $(WANT_LIBURING),,unwanted)),$(HAVE_CMOCKA),$(HAVE_GNUPLOT))

ensure:
	$(if $(have-all),,$(Q)$(MAKE) --no-print-directory deps)

# Sets $as and defines apt(). Prints the command to run if packages cannot be installed; then apt() fails.
as-root = if ! command -v apt-get >/dev/null; then \
    as=no; echo "make: apt-get is missing; $(or $(PACKAGES_$(UNAME)),install the equivalents of: $(1))" >&2; \
  elif [ "$$(id -u)" = 0 ]; then as=; elif sudo -n true 2>/dev/null; then as='sudo -n'; \
  else as=no; echo "make: neither root nor sudo without password; run: sudo apt-get install $(1)" >&2; fi; \
  export DEBIAN_FRONTEND=noninteractive; \
  apt() { [ "$$as" != no ] && $$as apt-get -q -o Dpkg::Use-Pty=0 -o Acquire::Retries=1 "$$@" >>$(BUILD)/deps.log 2>&1; }

# Installs the packages $(2) if one of the tools $(1) is missing. Exits with 2 on failure.
need = missing=; for t in $(1); do command -v $$t >/dev/null || missing=1; done; if [ "$$missing" ]; then \
  mkdir -p $(BUILD); echo "make: installing missing packages (log: $(BUILD)/deps.log)"; $(call as-root,$(2)); \
  apt update; apt install -y --no-install-recommends $(2) || \
  { echo "make: cannot install $(2); see $(BUILD)/deps.log" >&2; exit 2; }; fi

deps:
	@mkdir -p $(BUILD); echo "make: installing missing packages (log: $(BUILD)/deps.log)"
	@$(call as-root,$(PACKAGES_REQUIRED) $(PACKAGES_OPTIONAL)); \
	[ "$$as" = no ] || apt update || echo "make: apt-get update failed; using the existing package lists"; \
	apt install -y --no-install-recommends $(PACKAGES_REQUIRED) || \
	  { $(PKG_CONFIG) --exists libuv libcjson zlib 2>/dev/null || \
	    { echo "make: cannot continue without $(PACKAGES_REQUIRED)" >&2; exit 2; }; }; \
	for p in $(PACKAGES_OPTIONAL); do \
	  apt install -y --no-install-recommends $$p || echo "make: $$p: not installed; continuing without it"; \
	done
