# wine.sh - to be sourced: a Wine prefix and its server, for the lifetime of the sourcing script.
# Invariant: PREFIX is outside the build tree, and one script at a time uses it. All programs in it
# end with the script, however the script ends.

wine_missing() { # prints the missing tools
    local tool
    for tool in wine wineserver flock; do command -v "$tool" >/dev/null || printf '%s ' "$tool"; done
}

# Prints the Wine processes that have the prefix's lock open: all that were started in it inherit it. Fails if
# another script has it open, too, because it uses the prefix or waits for it.
wine_holders() {
    local pid program others=0
    for pid in $(find /proc/[0-9]*/fd -lname "$(sed 's/[][*?\\]/\\&/g' <<<"$WINEPREFIX.lock")" 2>/dev/null | cut -d/ -f3 | sort -u); do
        program=$(readlink "/proc/$pid/exe") || continue # it has ended, as the commands of this function have
        case $program in
        *wine*) echo "$pid" ;;
        *) [ "$pid" = $$ ] || [ "$pid" = "$BASHPID" ] || others=1 ;;
        esac
    done
    return "$others"
}

# Creates the prefix if it does not exist, and starts its server, which then keeps running.
wine_begin() {
    export WINEPREFIX=$1 WINEARCH=win64 WINEDEBUG=-all
    # no offer to download Mono or Gecko, no menus, no debugger that keeps running
    export WINEDLLOVERRIDES='mscoree,mshtml=;winemenubuilder.exe,winedbg.exe=d'
    unset DISPLAY WAYLAND_DISPLAY
    mkdir -p "$WINEPREFIX" || return 1
    # every program started here inherits the lock, so the next user of the prefix waits for all of them
    exec 9>"$WINEPREFIX.lock"
    # a killed run leaves Wine's services behind, without a wineserver that could end them
    local orphans
    if orphans=$(wine_holders) && [ -n "$orphans" ]; then kill -KILL $orphans; fi
    flock -w 900 9 || { echo "wine: $WINEPREFIX is in use" >&2; return 1; }
    trap wine_end EXIT
    # -f keeps it in the foreground: this shell can wait for its child
    wineserver -f -p >/dev/null 2>&1 </dev/null &
    wine_server=$!
    if [ ! -e "$WINEPREFIX/made" ]; then
        wine wineboot -i </dev/null >"$WINEPREFIX/boot.log" 2>&1 &&
            wine winecfg -v win10 </dev/null >>"$WINEPREFIX/boot.log" 2>&1 && touch "$WINEPREFIX/made" || return 1
    fi
    # the first program starts services, which inherit its output: it must not be the pipe of a test
    wine cmd /c exit </dev/null >/dev/null 2>&1
}

wine_end() {
    local left
    wineserver -k 2>/dev/null # also ends all processes of the prefix, unless it had died and been replaced
    wait "$wine_server" 2>/dev/null
    left=$(wine_holders)
    [ -z "$left" ] || kill -KILL $left 2>/dev/null
}
