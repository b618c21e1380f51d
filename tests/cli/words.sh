# words.sh - what iobench says of facts that it cannot know: /proc or /sys is missing, a call is forbidden, git
# does not tell. Part of cli.sh.
# shellcheck shell=bash

# hidden FOLDER NAME CODE PATTERN WORDS...: with an empty FOLDER the program ends with the code, and a line of its
# output matches.
hidden() {
    local folder=$1 name="words: without $1: $2" want=$3 pattern=$4 code
    shift 4
    limited "${namespace[@]}" sh -c 'mount -t tmpfs none "$0" && exec "$@"' "$folder" "$@" >"$TMP/.out" 2>&1
    code=$?
    verdict "$name" "$([ "$code" = "$want" ] || echo "exit code $code; "
        grep -qE -e "$pattern" "$TMP/.out" || head -c 300 "$TMP/.out" | tr '\n' '|')"
}

# What the build of a tree of its own knows about changes after SCRIPT was run in it: 1, 0, or -1 for nothing.
dirty_after() { # NAME WANTED SCRIPT
    local tree=$TMP/tree dirty=
    rm -rf "$tree"
    mkdir "$tree"
    cp -rL "$ROOT/Makefile" "$ROOT/mk" "$tree"
    (cd "$tree" && git init -q && git add -A && git -c user.name=me -c user.email=me@localhost commit -qm all &&
        git rev-parse HEAD >"$TMP/commit" && eval "$3") >"$TMP/.out" 2>&1 ||
        { not_ok "words: $1" "$(head -n 1 "$TMP/.out")"; return; }
    dirty=$(unset MAKEFLAGS MFLAGS MAKELEVEL
        limited "${MAKE:-make}" -pn -C "$tree" BUILD="$TMP/tree-build" help 2>/dev/null | sed -n 's/^GIT_DIRTY := //p')
    verdict "words: $1" "$([ "$dirty" = "$2" ] || echo "GIT_DIRTY is $dirty")"
}

run_words() {
    local namespace=(unshare -m)
    "${namespace[@]}" true 2>/dev/null || namespace=(unshare -rm)
    if "${namespace[@]}" sh -c 'mount -t tmpfs none /proc && mount -t tmpfs none /sys' 2>"$TMP/.err"; then
        if [ "$SCALE" != 1 ]; then
            skip "words: without /proc" "sanitizers need it"
        else
            hidden /proc list 2 '^iobench list: .* path of this executable: .*; is /proc mounted\?$' "$BIN/iobench" list
            hidden /proc doctor 3 '^problem  unread  +unknown, .* CPU use of other processes, .* available memory' "$BIN/iobench" doctor --wide
        fi
        hidden /sys doctor 3 '^problem  unread  .* frequency governor' "$BIN/iobench" doctor --wide
    else
        skip "words: without /proc, without /sys" "no mount namespace: $(head -n 1 "$TMP/.err")"
    fi
    verdict "words: a process that is over" "$(table_fault 2 '^loadgen: --server-pid: 999999999: no such process$' \
        "$BIN/loadgen" --connect 127.0.0.1:1 --server-pid 999999999)"
    if command -v git >/dev/null; then
        dirty_after "no changes" 0 true
        dirty_after "a change" 1 'echo >>Makefile'
        dirty_after "no repository, so that changes are unknown" -1 'rm -rf .git && cp "$TMP/commit" .commit'
        dirty_after "a repository that git cannot read" -1 'echo nonsense >.git/index'
    else
        skip "words: changes of the source tree" "git is not installed"
    fi
}
