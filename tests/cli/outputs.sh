# outputs.sh - where results, pages, plots and logs go: never over what a command reads, through links, to
# streams, and to a name of their own when two runs begin in the same second. Part of cli.sh.
# shellcheck shell=bash

# spares NAME PATTERN FILE WORDS...: the command is refused in one line, and FILE stays as it is.
spares() {
    local name=$1 pattern=$2 file=$3 before reason
    shift 3
    before=$(cksum <"$file")
    reason=$(table_fault 2 "$pattern" "$BIN/iobench" "$@")
    [ "$(cksum <"$file")" = "$before" ] || reason="$file has changed"
    verdict "outputs: $name" "$reason"
}

# What a command reads is not written, by whatever path. All of it is a copy, which a fault may destroy.
inputs_stay() {
    local o=$TMP/outputs tiny=$TMP/tiny.json
    make_fakes
    cp -RL "$ROOT/plot" "$FAKES" && cp "$BIN/echo-epoll" "$BIN/echo-poll" "$FAKES/build/bin"
    local BIN=$FAKES/build/bin ROOT=$FAKES
    cp "$tiny" "$o/s.json"
    ln -s s.json "$o/s-link.json" && ln "$o/s.json" "$o/s-hard.json" && ln -s . "$o/here"
    cp "$TMP/result.json" "$o/r.json"
    cp "$TMP/result.json" "$o/r.svg" && ln -s r.svg "$o/r-link.svg"
    printf '#!/bin/sh\nexec "%s" --port "$1" --stop-on-eof\n' "$BIN/echo-epoll" >"$o/server.sh" && chmod +x "$o/server.sh"
    cp "$BIN/echo-epoll" "$o/echo-epoll" && cp "$BIN/loadgen" "$o/old-loadgen"
    local path suites=$ROOT/bench/suites
    for path in s.json ./s.json s-link.json s-hard.json here/s.json; do
        spares "run: the suite as $path" ': is the suite$' "$o/s.json" run --suite "$o/s.json" -o "$o/$path"
    done
    verdict "outputs: a refused link stays one" "$([ -L "$o/s-link.json" ] || echo "it is no link now")"
    spares "run: a shipped suite" ': is part of iobench$' "$suites/ci.json" run --suite "$tiny" -o "$suites/ci.json"
    spares "run: the suite by its name" ': is the suite$' "$suites/quick.json" run --suite quick -o "$suites/quick.json"
    spares "run: the server" ': is part of iobench$' "$BIN/echo-epoll" run --suite "$tiny" -o "$BIN/echo-epoll"
    spares "run: the load generator" ': is part of iobench$' "$BIN/loadgen" run --suite "$tiny" -o "$BIN/loadgen"
    spares "run: a command's program" ': is part of --server-cmd$' "$o/server.sh" run --suite "$tiny" --server-cmd "$o/server.sh {port}" -o "$o/server.sh"
    spares "run: a command's argument" ': is part of --server-cmd$' "$o/server.sh" run --suite "$tiny" --server-cmd "/bin/sh $o/server.sh {port}" -o "$o/here/server.sh"

    # equal programs, so that a comparison that is not refused ends at once
    local pair=(--baseline epoll --candidate epoll --suite "$o/s.json") option
    for option in -o --junit --markdown; do
        spares "ab $option: the suite" "^iobench ab: $option .*: is the suite\$" "$o/s.json" ab "${pair[@]}" $option "$o/s-link.json"
        spares "ab $option: the baseline" "^iobench ab: $option .*: is the baseline\$" "$o/echo-epoll" \
            ab --baseline "$o/echo-epoll:trigger=edge" --candidate epoll:trigger=edge --suite "$tiny" $option "$o/here/echo-epoll"
        spares "ab $option: the candidate" "^iobench ab: $option .*: is the candidate\$" "$o/echo-epoll" \
            ab --baseline epoll --candidate "$o/echo-epoll" --suite "$tiny" $option "$o/echo-epoll"
        spares "ab $option: a command's program" "^iobench ab: $option .*: is part of --candidate-cmd\$" "$o/server.sh" \
            ab --baseline-cmd "$BIN/echo-epoll --port {port}" --candidate-cmd "$o/server.sh {port}" --suite "$tiny" $option "$o/server.sh"
        spares "ab $option: the load generator" "^iobench ab: $option .*: is the baseline's load generator\$" "$o/old-loadgen" \
            ab --baseline-loadgen "$o/old-loadgen" --suite "$tiny" $option "$o/old-loadgen"
    done
    spares "report: the result by a link" ': is one of the results$' "$o/r.svg" report "$o/r.svg" -o "$o/r-link.svg"
    spares "report: a template" ': is part of iobench$' "$ROOT/plot/report.html" report "$o/r.json" -o "$ROOT/plot/report.html"
    spares "plot: the result by a link" ': is one of the results$' "$o/r.svg" plot cpu "$o/r.svg" -o "$o/r-link.svg"
    spares "plot: the comparison" ': is one of the results$' "$o/r.svg" plot forest "$o/r-link.svg" -o "$o/r.svg"
    spares "export: the result by a link" ': is one of the results$' "$o/r.svg" export --hlog "$o/r.svg" -o "$o/r-link.svg"
    for option in --junit --markdown; do
        spares "compare $option: a result by a link" ': is one of the results$' "$o/r.svg" compare "$o/r.json" --to "$o/r.svg" $option "$o/r-link.svg"
    done
    GITHUB_STEP_SUMMARY=$o/r-link.svg spares "compare: a result as the summary" '^iobench compare: GITHUB_STEP_SUMMARY .*: is one of the results$' \
        "$o/r.svg" compare "$o/r.json" --to "$o/r.svg"
    mkdir "$o/p-plots" && cp "$o/r.json" "$o/p-plots/cpu.dat"
    spares "report: the folder of a result" ': its plots would go to the folder of ' "$o/p-plots/cpu.dat" report "$o/r.json" "$o/p-plots/cpu.dat" -o "$o/p.html"
    verdict "outputs: report: nothing is written when refused" "$(ls "$o"/p.html "$o"/r-link-plots 2>/dev/null)"
}

# Two outputs of one command are two files.
outputs_differ() {
    local o=$TMP/outputs pair=(--baseline epoll --candidate epoll --suite "$TMP/tiny.json")
    fault "outputs: ab: -o and --junit" 2 ': is the file of -o$' "$BIN/iobench" ab "${pair[@]}" -o "$o/x" --junit "$o/here/x"
    fault "outputs: ab: -o and --markdown" 2 ': is the file of -o$' "$BIN/iobench" ab "${pair[@]}" -o "$o/x" --markdown "$o/./x"
    fault "outputs: ab: --junit and --markdown" 2 ': is the file of --junit$' "$BIN/iobench" ab "${pair[@]}" -o "$o/y" --junit "$o/x" --markdown "$o/here/x"
    fault "outputs: compare: --junit and --markdown" 2 ': is the file of --junit$' "$BIN/iobench" compare "$o/r.json" --to "$TMP/result.json" --junit "$o/x" --markdown "$o/here/x"
    verdict "outputs: none of them is written" "$(ls "$o"/x "$o"/y 2>/dev/null)"
}

through_links() {
    local o=$TMP/outputs web=$TMP/outputs/web
    mkdir "$web" "$o/docs"
    ln -s ../docs/page.html "$web/page.html" && ln -s ../docs/r.hlog "$web/r.hlog"
    # a link that waits where a file of an earlier plot is expected must not be followed
    echo untouched >"$o/victim"
    mkdir "$web/page-plots" && ln -s "$o/victim" "$web/page-plots/cpu.svg" && ln -s "$o/victim" "$web/page-plots/cpu.dat"
    limited "$BIN/iobench" report "$o/r.json" -o "$web/page.html" >/dev/null 2>"$TMP/.err"
    verdict "outputs: report: a linked page is written through its link" \
        "$([ -L "$web/page.html" ] && grep -q '</html>' "$o/docs/page.html" || echo "no: $(head -n 1 "$TMP/.err")")"
    verdict "outputs: report: links among the plots are not followed" \
        "$([ "$(cat "$o/victim")" = untouched ] && [ ! -L "$web/page-plots/cpu.dat" ] && [ -s "$web/page-plots/cpu.dat" ] || echo "followed: $(head -c 100 "$o/victim")")"
    limited "$BIN/iobench" export --hlog "$o/r.json" -o "$web/r.hlog" >/dev/null 2>"$TMP/.err"
    verdict "outputs: export: a link to nothing creates its file" \
        "$([ -L "$web/r.hlog" ] && is_log "$o/docs/r.hlog" || echo "no: $(head -n 1 "$TMP/.err")")"
    ln -s here-not "$o/loop" && ln -s loop "$o/here-not"
    fault "outputs: a loop of links" 2 '^iobench export: -o .*loop: too many symbolic links' "$BIN/iobench" export --hlog "$o/r.json" -o "$o/loop"
}

to_streams() {
    local o=$TMP/outputs
    limited "$BIN/iobench" export --hlog "$o/r.json" -o "$o/file.hlog" >/dev/null 2>&1
    limited "$BIN/iobench" export --hlog "$o/r.json" -o /dev/fd/1 >"$o/out.hlog" 2>"$TMP/.err"
    verdict "outputs: export: /dev/fd/1 gets the log and nothing else" "$(cmp "$o/file.hlog" "$o/out.hlog" 2>&1)"
    limited "$BIN/iobench" export --hlog "$o/r.json" -o /dev/fd/1 2>"$TMP/.err" | cat >"$o/out.hlog"
    verdict "outputs: export: the same in a pipe" "$(cmp "$o/file.hlog" "$o/out.hlog" 2>&1)"
    limited "$BIN/iobench" report "$o/r.json" -o /dev/fd/1 >"$o/out.html" 2>/dev/null
    verdict "outputs: report: /dev/fd/1 gets the page and nothing else" \
        "$([ "$(tail -n 1 "$o/out.html")" = '</body></html>' ] || tail -n 1 "$o/out.html" | head -c 200)"
    verdict "outputs: report: a stream has no folder of plots" "$(ls -d "$o"/out-plots 2>/dev/null)$(grep -o "href=.[^\"]*fd/1[^\"]*" "$o/out.html" | head -n 1)"
    # a device of its own: a fault must not replace the one that all programs use
    if mknod "$o/null" c 1 3 2>/dev/null && : 2>/dev/null >"$o/null"; then
        limited "$BIN/iobench" export --hlog "$o/r.json" -o "$o/null" >/dev/null 2>"$TMP/.err"
        verdict "outputs: export: a device stays one" "$([ -c "$o/null" ] && [ ! -s "$TMP/.err" ] || echo "no: $(head -n 1 "$TMP/.err")")"
    else
        skip "outputs: export: a device stays one" "this user may not make a device here"
    fi
    mkfifo "$o/pipe"
    cat "$o/pipe" >"$o/piped.json" &
    local reader=$!
    # a machine that spoils both slots is exit code 3
    limited "$BIN/iobench" run --quiet --suite "$TMP/tiny.json" -o "$o/pipe" >/dev/null 2>"$TMP/.err"
    until_true gone "$reader" || kill "$reader"
    wait "$reader" 2>/dev/null
    verdict "outputs: run: a pipe gets the result once" "$([ -p "$o/pipe" ] || echo "it is no pipe now")$(invalid "$o/piped.json")"
}

# A file that is a mount point of its own, as in a container.
onto_mount() {
    local o=$TMP/outputs name="outputs: a mounted file is overwritten"
    echo old >"$o/outside" && echo old >"$o/mounted"
    if [ "$(id -u)" != 0 ] || ! mount --bind "$o/outside" "$o/mounted" 2>/dev/null; then
        skip "$name" "this user may not mount"
        return
    fi
    limited "$BIN/iobench" export --hlog "$o/r.json" -o "$o/mounted" >/dev/null 2>"$TMP/.err"
    umount "$o/mounted"
    verdict "$name" "$(is_log "$o/outside" || echo "no: $(head -n 1 "$TMP/.err")")"
    verdict "outputs: no temporary file is left" "$(find "$TMP" -name '.iobench-*' | tr '\n' ' ')"
}

# ---- names ---------------------------------------------------------------------------------------

# Default names: those of the next minute are taken, so that both of two runs need a number.
default_names() {
    make_fakes
    local results=$FAKES/results file host second now pids=() pid
    cp "$BIN/echo-epoll" "$FAKES/build/bin"
    limited "$FAKES/build/bin/iobench" run --quiet --repeats 1 --suite "$TMP/tiny.json" >/dev/null 2>&1
    file=$(cd "$results" && ls -- *-tiny.json 2>/dev/null) || { not_ok "outputs: default names" "no file"; return; }
    host=${file#*Z-}
    rm "$results/$file"
    printf -v now '%(%s)T' -1
    for ((second = 0; second < 60 * SCALE; second++)); do
        TZ=UTC printf -v file '%(%Y%m%dT%H%M%SZ)T' "$((now + second))"
        echo taken >"$results/$file-$host"
    done
    for second in 1 2; do
        limited "$FAKES/build/bin/iobench" run --quiet --repeats 1 --suite "$TMP/tiny.json" >/dev/null 2>"$TMP/.err" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid"; done
    verdict "outputs: two runs in one second write two files" \
        "$([ "$(ls "$results"/*-tiny-[23].json | wc -l)" = 2 ] || ls "$results" | grep -v "Z-$host" | tr '\n' ' ')"
    verdict "outputs: names that are taken stay" "$(cat "$results"/*"Z-$host" | grep -v '^taken$' | head -c 100)"
    for file in "$results"/*-tiny-[23].json; do verdict "outputs: ${file##*-tiny} is valid" "$(invalid "$file")"; done
    limited "$FAKES/build/bin/iobench" run --suite "$TMP/tiny.json" --dry-run >/dev/null 2>&1
    limited "$FAKES/build/bin/iobench" run --suite "$TMP/tiny.json" --connections 0 >/dev/null 2>&1
    verdict "outputs: a dry run creates no file" "$([ "$(find "$results" -name '*-tiny-*' -o -name '.iobench-*' | wc -l)" -le 2 ] || ls "$results" | tail -n 3)"
    rm "$FAKES"/build/bin/echo-* "$results"/*-tiny*.json
}

# `make bench` with a stand-in for iobench that notes what it was told.
bench_names() {
    local name="outputs: make bench" m=$TMP/outputs/make pids=() pid make=make
    command -v gmake >/dev/null && make=gmake
    [ -f "$ROOT/Makefile" ] && "$make" --version 2>/dev/null | grep -q 'GNU Make' || { skip "$name" "GNU make is not installed"; return; }
    mkdir -p "$m" "$TMP/outputs/fake"
    cat >"$TMP/outputs/fake/iobench" <<'FAKE'
#!/bin/sh
command=$1
while [ $# -gt 1 ]; do
    shift
    [ "$1" != -o ] || out=$2
done
[ "$command" != run ] || [ -z "${FAIL:-}" ] || exit 2
echo "$command" >"$out"
FAKE
    chmod +x "$TMP/outputs/fake/iobench"
    bench_once() { (cd "$m" && limited "$make" -s -f "$ROOT/Makefile" -o ensure "${1:-bench}" NOW=T SUITE=x BIN=../fake MAKE_ALL=true) >"$TMP/.out" 2>&1; }
    bench_once help # prepares the folder
    bench_once & pids+=($!)
    bench_once & pids+=($!)
    for pid in "${pids[@]}"; do wait "$pid"; done
    verdict "$name: two in one second have two results and two pages" \
        "$([ "$(cd "$m/results" && ls | grep '^T-' | tr '\n' ' ')" = "T-x-2.html T-x-2.json T-x.html T-x.json " ] || { ls "$m/results"; tail -n 1 "$TMP/.out"; } | tr '\n' ' ')"
    FAIL=1 bench_once
    verdict "$name: a run that fails leaves no name taken" "$(ls "$m/results/" | grep -- '-3')"
}

run_outputs() {
    mkdir "$TMP/outputs"
    need_result
    inputs_stay
    outputs_differ
    through_links
    to_streams
    onto_mount
    default_names
    bench_names
}
