# npm.sh - packages of npm that are not ours, for tests only. Part of cli.sh.
# shellcheck shell=bash

# npm_ready NAME FOLDER MODULES: installs what the lock file in tests/cli/FOLDER says into MODULES, once, and
# puts the folder's script there. Fails, after skipping NAME, where that cannot be had.
npm_ready() {
    local from=$HERE/$2 modules=$3
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        skip "$1" "node or npm is missing"
        return 1
    fi
    mkdir -p "$modules" && cp "$from"/package*.json "$from"/*.mjs "$modules/"
    cmp -s "$from/package-lock.json" "$modules/.installed" && return
    if ! (cd "$modules" && timeout 60 npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1 </dev/null); then
        skip "$1" "npm cannot fetch it; see build/${modules##*/}/npm.log"
        return 1
    fi
    cp "$from/package-lock.json" "$modules/.installed"
}
