# outside.sh - text of others: descriptions and errors of servers, results and suites, arguments and names
# of files. It reaches terminals and logs as text: no controls, no bytes that are not UTF-8, no commands of
# GitHub; and its drawings, pages and XML stay well-formed. Part of cli.sh.
# shellcheck shell=bash

# The same text as JSON and as bytes: an apostrophe at the start, commands, escapes, U+009B, a mark of
# direction, the end of a CDATA section, a script, a line end.
OUTSIDE_JSON="'::error ::x\\u001b[31m\\u009b1m\\u202e##[error]y]]><script>alert(1)</script>\`id\`|\\u4e2d\\n::group::z"
OUTSIDE_NAME=$'::error ::\033[31m\302\233##[error]'
OUTSIDE_BYTES=$'::error ::x\033[31m\302\2331m\342\200\256##[error]y\377]]><script>`id`'

# What is wrong in FILE for a terminal or a log; empty if nothing is.
unsafe_text() { # FILE...
    local file
    for file in "$@"; do
        LC_ALL=C grep -anE $'[\001-\010\013-\037\177]|\302[\200-\237]|\342\200[\213\216\217\250-\256]|\342\201[\240-\257]|\330\234|\357\273\277' "$file" |
            head -n 1 | cat -v | sed 's/^/a control character: /'
        ! command -v iconv >/dev/null || iconv -f UTF-8 -t UTF-8 "$file" >/dev/null 2>&1 || echo "$(basename "$file") is not UTF-8"
        # our own annotations have a title
        grep -anE '^[[:space:]]*::|##\[' "$file" | grep -v '^[0-9]*:::[a-z]* title=iobench ' | head -n 1 | sed 's/^/a command: /'
    done
}

# said NAME CODE COMMAND...: under GitHub Actions the command ends with CODE, and prints only text. A run may
# also find nothing trustworthy on a busy machine: "0|3".
said() {
    local name=$1 want=$2 code
    shift 2
    GITHUB_ACTIONS=true limited "$@" >"$TMP/.out" 2>"$TMP/.err"
    code=$?
    verdict "$name" "$([[ $code =~ ^($want)$ ]] || echo "exit code $code: $(head -n 1 "$TMP/.err" | cat -v)"; unsafe_text "$TMP/.out" "$TMP/.err")"
}

# Servers with hostile words: a description, errors before and after they are ready.
hostile_servers() {
    local iobench=$FAKES/build/bin/iobench out=$TMP/hostile-server.json
    cp "$BIN/echo-epoll" "$FAKES/build/bin"
    "$BIN/echo-epoll" --describe >"$TMP/describe"
    sed "s/\"summary\":\"[^\"]*\"/\"summary\":\"OUTSIDE\"/; s/\"help\":\"[^\"]*\"/\"help\":\"OUTSIDE\"/g" "$TMP/describe" >"$TMP/described"
    local text
    text=$(<"$TMP/described")
    printf '%s\n' "${text//OUTSIDE/"$OUTSIDE_JSON"}" >"$TMP/described"
    printf '#!/bin/bash\nexec cat "%s"\n' "$TMP/described" >"$FAKES/build/bin/echo-described"
    printf '#!/bin/bash\necho %q >&2; exit 1\n' "$OUTSIDE_BYTES" >"$FAKES/build/bin/echo-mute"
    cp "$FAKES/build/bin/echo-mute" "$FAKES/build/bin/echo-::error ::"
    cp "$TMP/tiny.json" "$FAKES/bench/suites/$OUTSIDE_NAME.json"
    fake echo-wailing <<<"echo ${OUTSIDE_BYTES@Q} >&2; exit 1"
    chmod +x "$FAKES"/build/bin/echo-*
    said "list: a hostile description is text" 0 "$iobench" list
    verdict "list: a hostile description is shown" "$(grep -q "^described .*'::error" "$TMP/.out" || echo "said: $(grep described "$TMP/.out" | cat -v)")"
    verdict "list: a hostile name begins no line" "$(grep -q '^> ::error :: ' "$TMP/.out" || echo "said: $(grep -F ::error "$TMP/.out" | head -n 1)")"
    said "list --json: a hostile description is text" 0 "$iobench" list --json
    said "run: hostile errors of a server are text" 3 "$iobench" run --suite "$TMP/tiny.json" --repeats 1 --server wailing -o "$out"
    verdict "run: hostile errors of a server are shown" "$(grep -q 'did not get ready: ::error ::x?\[31m' "$TMP/.err" || echo "said: $(tail -n 1 "$TMP/.err" | cat -v)")"
    verdict "run: hostile errors of a server are text in the file" "$(unsafe_text "$out")$(invalid "$out")"
    said "run --dry-run: hostile servers are text" 0 "$iobench" run --suite "$TMP/tiny.json" --server mute --server described --dry-run
    printf '#!/bin/bash\necho %q >&2; exit 1\n' "$OUTSIDE_BYTES" >"$TMP/::stop-commands::"
    chmod +x "$TMP/::stop-commands::"
    said "run: a hostile command is text" 3 "$iobench" run --suite "$TMP/tiny.json" --repeats 1 --server-cmd "'$TMP/::stop-commands::' {port} '${OUTSIDE_BYTES//\`/}'" -o "$out"
    verdict "run: a hostile command is text in the file" "$(unsafe_text "$out")$(invalid "$out")"
    rm "$FAKES/build/bin"/echo-* "$FAKES/bench/suites/$OUTSIDE_NAME.json"
}

# A result in which names, the system and a phase are hostile, as somebody else may send it.
hostile_result() {
    local text hostile=$TMP/hostile.json drawing before=
    text=$(<"$ROOT/results/samples/every-load-2cpu.json")
    text=${text//'"epoll'/"\"$OUTSIDE_JSON"}
    text=${text//'"capacity"'/"\"$OUTSIDE_JSON\""}
    text=$(sed -E 's/"(os_version|kernel|hypervisor)":.*/"\1": "OUTSIDE",/' <<<"$text")
    text=${text//OUTSIDE/"$OUTSIDE_JSON"}
    printf '%s\n' "$text" >"$hostile"
    said "validate: a hostile result" 0 "$BIN/iobench" validate "$hostile"
    said "compare --json: a hostile result" 3 "$BIN/iobench" compare "$hostile" --to "$hostile" --json
    cp "$TMP/.out" "$TMP/hostile-gate.json"
    said "report: a hostile result" 0 "$BIN/iobench" report "$hostile" -o "$TMP/hostile.html"
    verdict "report: no script of a hostile result" "$(unsafe_text "$TMP/hostile.html"; grep -n -m 1 '<script' "$TMP/hostile.html")"
    for drawing in "$TMP/hostile-plots"/*.gp; do unsafe_text "$drawing"; done >"$TMP/.said"
    verdict "report: scripts for gnuplot are text" "$(cat "$TMP/.said")"
    if command -v gnuplot >/dev/null && command -v xmllint >/dev/null; then
        for drawing in "$TMP/hostile-plots"/*.svg; do xmllint --nonet --noout "$drawing" 2>&1 | head -n 1; done >"$TMP/.said"
        [ -s "$TMP/hostile-plots/cpu.svg" ] || before="no drawing; "
        verdict "report: drawings of a hostile result are XML" "$before$(cat "$TMP/.said")"
        said "plot forest: a hostile comparison" 0 "$BIN/iobench" plot forest "$TMP/hostile-gate.json" -o "$TMP/hostile-forest.svg"
        verdict "plot forest: a drawing of a hostile comparison is XML" "$(xmllint --nonet --noout "$TMP/hostile-forest.svg" 2>&1 | head -n 1)"
        verdict "report: drawings show a hostile name" "$(grep -qF "'::error ::x?[31m?1m?##?error]y]] >&lt;script" "$TMP/hostile-plots/cpu.svg" || echo "not so")"
    else
        skip "report: drawings of a hostile result" "gnuplot or xmllint is missing"
    fi
    said "compare: a hostile result" 3 "$BIN/iobench" compare "$hostile" --to "$hostile" --junit "$TMP/hostile.xml" --markdown "$TMP/hostile.md"
    verdict "compare: Markdown of a hostile result" "$(unsafe_text "$TMP/hostile.md"; sed "s/\`[^\`]*\`//g" "$TMP/hostile.md" | grep -n -m 1 '<script')"
    verdict "compare: JUnit of a hostile result" "$(unsafe_text "$TMP/hostile.xml"; ! command -v xmllint >/dev/null || xmllint --nonet --noout "$TMP/hostile.xml" 2>&1 | head -n 1)"
    said "export: a hostile result" 0 "$BIN/iobench" export --hlog "$hostile" -o "$TMP/hostile.hlog"
    verdict "export: the log of a hostile result" "$(unsafe_text "$TMP/hostile.hlog")"
}

# A suite, arguments and names of files with hostile text.
hostile_words() {
    local text odd=$TMP/odd dir=$PWD
    text=$(<"$TMP/tiny.json")
    text=${text//'"capacity"'/"\"$OUTSIDE_JSON\""}
    printf '%s\n' "$text" >"$TMP/hostile-suite.json"
    said "run: a suite with a hostile phase" 2 "$BIN/iobench" run --suite "$TMP/hostile-suite.json" -o "$TMP/x.json"
    text=$(<"$TMP/tiny.json")
    printf '%s\n' "${text//one model, two slots/"$OUTSIDE_JSON"}" >"$TMP/hostile-suite.json"
    container=$OUTSIDE_BYTES ImageOS=$OUTSIDE_BYTES \
        said "run: a suite with a hostile description, in a hostile environment" "0|3" "$BIN/iobench" run --suite "$TMP/hostile-suite.json" --repeats 1 -o "$TMP/hostile-suite-result.json"
    verdict "run: the file of a hostile description and environment" "$(unsafe_text "$TMP/hostile-suite-result.json")$(invalid "$TMP/hostile-suite-result.json")"
    printf '%s\n' "${text//'"epoll"'/"\"$OUTSIDE_JSON\""}" >"$TMP/hostile-suite.json"
    said "run: a suite with a hostile server" 2 "$BIN/iobench" run --suite "$TMP/hostile-suite.json" -o "$TMP/x.json"
    for text in "run --repeats" "run --fail" "run --suite" "run --server" "run --server epoll:a=" "run --server-cmd" "run --server-at" \
        "run --transport" "compare" "plot" "doctor" "x" "" "export --hlog" "ab --baseline-rev" "ab --budget"; do
        # shellcheck disable=SC2086
        said "iobench $text: a hostile value is one line" 2 "$BIN/iobench" $text "$OUTSIDE_BYTES"$'\n::error ::y'
        verdict "iobench $text: one line for a hostile value" "$([ "$(wc -l <"$TMP/.err")" = 1 ] || echo "$(wc -l <"$TMP/.err") lines")"
    done
    for text in "echo-epoll --host" "echo-epoll --option" "echo-epoll --port" "echo-epoll" "loadgen --connect" "loadgen --transport" \
        "loadgen --size" "loadgen --"; do
        # shellcheck disable=SC2086
        said "$text: a hostile value is one line" 2 "$BIN/"$text "$OUTSIDE_BYTES"$'\n::error ::y:1'
        verdict "$text: one line for a hostile value" "$([ "$(wc -l <"$TMP/.err")" = 1 ] || echo "$(wc -l <"$TMP/.err") lines")"
    done
    mkdir -p "$odd" && cd "$odd" || return
    text=$'::error ::\033[31m"\\$x`id`\n'\''s'
    if cp "$ROOT/results/samples/every-load-2cpu.json" "$text.json" 2>/dev/null; then
        said "validate: a hostile name" 0 "$BIN/iobench" validate "$text.json"
        said "compare: a hostile name" 3 "$BIN/iobench" compare "$text.json" --to "$text.json"
        said "export: to a hostile name" 0 "$BIN/iobench" export --hlog "$text.json"
        said "run: to a hostile name" "0|3" "$BIN/iobench" run --suite "$TMP/tiny.json" --repeats 1 -o "$text.run.json"
        said "report: a hostile name" 0 "$BIN/iobench" report "$text.json" -o "$text.html"
        verdict "report: the page of a hostile name" "$(unsafe_text "$text.html")"
        ! command -v gnuplot >/dev/null || verdict "report: plots in a folder with a hostile name" "$([ -s "$text-plots/cpu.svg" ] || echo "none")"
    else
        skip "hostile names of files" "this file system takes no such name"
    fi
    cd "$dir" || return
}

run_outside() {
    make_fakes
    hostile_servers
    hostile_result
    hostile_words
}
