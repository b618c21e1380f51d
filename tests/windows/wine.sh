# wine.sh - sourced: a Wine prefix and its server, for as long as the script that sources it lives.
# Invariant: one prefix, PREFIX, outside the build tree and used by one script at a time; all that
# runs in it ends with the script, however that ends.

wine_missing() { # which of what it takes is not there
    local tool
    for tool in wine wineserver flock; do command -v "$tool" >/dev/null || printf '%s ' "$tool"; done
}

# Makes the prefix if it is not there, and starts its server, which then stays warm.
wine_begin() {
    export WINEPREFIX=$1 WINEARCH=win64 WINEDEBUG=-all
    # neither Mono nor Gecko to offer for download, no menus, no debugger that stays
    export WINEDLLOVERRIDES='mscoree,mshtml=;winemenubuilder.exe,winedbg.exe=d'
    unset DISPLAY WAYLAND_DISPLAY
    mkdir -p "$WINEPREFIX" || return 1
    # the lock is held by all that is started here, so that none of it outlives its prefix's next user
    exec 9>"$WINEPREFIX.lock"
    flock -w 900 9 || { echo "wine: $WINEPREFIX is in use" >&2; return 1; }
    trap wine_end EXIT
    # "-f": a child of ours, which we can wait for
    wineserver -f -p >/dev/null 2>&1 </dev/null &
    wine_server=$!
    if [ ! -e "$WINEPREFIX/made" ]; then
        wine wineboot -i </dev/null >"$WINEPREFIX/boot.log" 2>&1 &&
            wine winecfg -v win10 </dev/null >>"$WINEPREFIX/boot.log" 2>&1 && touch "$WINEPREFIX/made" || return 1
    fi
    # the first program starts services, which keep what it has as output: not a test's pipe
    wine cmd /c exit </dev/null >/dev/null 2>&1
}

wine_end() {
    wineserver -k 2>/dev/null # and with it every process of the prefix
    wait "$wine_server" 2>/dev/null
}
