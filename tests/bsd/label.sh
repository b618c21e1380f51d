#!/usr/bin/env bash
# label.sh - checks that echo-kqueue over a test double cannot be mistaken for the real one: --describe
# names the double, `iobench list` does not list it, and `make install` does not install it.
#
#   BIN=build/bin bash tests/bsd/label.sh NAME TEXT   echo-kqueue-NAME must print TEXT
set -u
name=$1 text=$2
failed=0

check() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@" >/dev/null; then echo "ok label $name $what"; else echo "not ok label $name $what"; failed=1; fi
}

says_what_it_is() {
    "$BIN/tests/echo-kqueue-$name" --describe | grep -q "\"build_type\":\"[^\"]*, $text"
}

is_not_listed() {
    local list
    list=$("$BIN/iobench" list --json) && grep -q '"epoll"' <<<"$list" && ! grep -q kqueue <<<"$list"
}

is_not_installed() {
    local root files
    root=$(mktemp -d) || return 1
    make -s --no-print-directory install DESTDIR="$root" && files=$(find "$root" -type f)
    rm -rf "$root"
    grep -q '/echo-epoll$' <<<"${files:-}" && ! grep -q kqueue <<<"$files"
}

check "says what it is" says_what_it_is
check "is not listed" is_not_listed
check "is not installed" is_not_installed
exit "$failed"
