# plots.sh - `iobench plot` of a whole run: what it writes, and what it must not; the frame of the page.
# Part of cli.sh; the result is one of two slots.
# shellcheck shell=bash

# refuses NAME PATTERN WORDS...: one line that matches, exit code 2, nothing written to $TMP/plots.
refuses() {
    local name=$1 pattern=$2 code reason=
    shift 2
    limited "$BIN/iobench" plot "$@" >"$TMP/.out" 2>"$TMP/.err"
    code=$?
    [ "$code" = 2 ] || reason="exit code $code"
    [ "$(wc -l <"$TMP/.err")" = 1 ] || reason="not one line: $(head -c 300 "$TMP/.err" | tr '\n' '|')"
    grep -qE -e "$pattern" "$TMP/.err" || reason="said: $(head -n 1 "$TMP/.err")"
    [ -z "$(ls -A "$TMP/plots")" ] || reason="left behind: $(ls -A "$TMP/plots" | tr '\n' ' ')"
    verdict "plot: $name" "$reason"
    rm -rf "$TMP/plots" && mkdir "$TMP/plots"
}

# without_frame NAME PATTERN FILE SCRIPT: iobench in a tree of its own, where SCRIPT edits plot/FILE (none:
# there is no such file). The report is one line that matches, exit code 2, nothing written.
without_frame() {
    local name=$1 pattern=$2 file=$3 script=$4 tree=$TMP/frame code reason=
    rm -rf "$tree"
    mkdir -p "$tree/build/bin" "$tree/results" "$tree/out"
    cp "$BIN/iobench" "$tree/build/bin"
    cp "$ROOT"/results/iobench-*.schema.json "$tree/results"
    cp -RL "$ROOT/plot" "$tree" # outside the source tree it is a link
    rm "$tree/plot/$file"
    [ -z "$script" ] || sed "$script" "$ROOT/plot/$file" >"$tree/plot/$file"
    limited "$tree/build/bin/iobench" report "$TMP/result.json" -o "$tree/out/x.html" >"$TMP/.out" 2>"$TMP/.err"
    code=$?
    [ "$code" = 2 ] || reason="exit code $code"
    [ "$(wc -l <"$TMP/.err")" = 1 ] || reason="not one line: $(head -c 300 "$TMP/.err" | tr '\n' '|')"
    grep -qE -e "$pattern" "$TMP/.err" || reason="said: $(head -n 1 "$TMP/.err")"
    [ -z "$(ls -A "$tree/out")" ] || reason="left behind: $(ls -A "$tree/out" | tr '\n' ' ')"
    verdict "report: $name" "$reason"
}

# draws KIND FILE MAGIC [RESULT]: exit code 0, and nothing but FILE, which begins as its format does.
draws() {
    local reason= magic
    limited "$BIN/iobench" plot "$1" "$TMP/result.json" ${4:+"$4"} -o "$TMP/plots/$2" >"$TMP/.out" 2>"$TMP/.err" ||
        reason="exit code $?: $(head -n 1 "$TMP/.err")"
    magic=$(head -c 5 "$TMP/plots/$2" 2>/dev/null | od -An -c | tr -d ' \n')
    [ "$magic" = "$3" ] || reason=${reason:-"it begins with $magic"}
    [ "$(ls -A "$TMP/plots")" = "$2" ] || reason=${reason:-"beside it: $(ls -A "$TMP/plots" | tr '\n' ' ')"}
    verdict "plot: $1 as $2${4:+, beside a result without data}" "$reason"
    rm -rf "$TMP/plots" && mkdir "$TMP/plots"
}

# A PATH without gnuplot: the drawing fails, its data and script stay and are enough to draw it.
without_gnuplot() {
    local name="plot: without gnuplot data and script stay, exit code 2" code reason=
    mkdir -p "$TMP/empty-path"
    PATH=$TMP/empty-path "$BIN/iobench" plot cpu "$TMP/result.json" -o "$TMP/plots/x.png" \
        </dev/null >"$TMP/.out" 2>"$TMP/.err"
    code=$?
    [ "$code" = 2 ] || reason="exit code $code"
    grep -q 'gnuplot: not installed; data and script are in' "$TMP/.err" || reason="said: $(head -n 1 "$TMP/.err")"
    [ "$(ls "$TMP/plots/x-plot" | tr '\n' ' ')" = "cpu.dat cpu.gp " ] || reason="wrote: $(ls "$TMP/plots/"*)"
    if [ -z "$reason" ] && command -v gnuplot >/dev/null; then
        (cd "$TMP/plots/x-plot" && LC_ALL=C.UTF-8 limited gnuplot cpu.gp) >"$TMP/.out" 2>&1 || reason="gnuplot: $(head -n 1 "$TMP/.out")"
        [ -s "$TMP/.out" ] && reason="gnuplot complained: $(head -n 1 "$TMP/.out")"
    fi
    verdict "$name" "$reason"
    rm -rf "$TMP/plots" && mkdir "$TMP/plots"
}

run_plots() {
    need_result
    mkdir "$TMP/plots"
    refuses "no data for the kind" '^iobench plot: idle: nothing to draw: no cell has idle' \
        idle "$TMP/result.json" -o "$TMP/plots/x.svg"
    refuses "a folder that is not there" '^iobench plot: -o .*no/x\.svg: no such file' \
        cpu "$TMP/result.json" -o "$TMP/plots/no/x.svg"
    cp "$TMP/result.json" "$TMP/result.svg"
    refuses "the result is not overwritten" 'is one of the results' \
        cpu "$TMP/result.svg" -o "$TMP/result.svg"
    without_gnuplot
    without_frame "no report.html" '^iobench report: .*plot/report\.html: no such file or directory$' report.html ''
    without_frame "no report.css" '^iobench report: .*plot/report\.css: no such file or directory$' report.css ''
    without_frame "an empty report.css" '^iobench report: .*plot/report\.css: empty$' report.css d
    without_frame "a placeholder is missing" 'plot/report\.html: the placeholder \{\{plots\}\} is missing$' \
        report.html 's/{{plots}}//'
    without_frame "an unknown placeholder" 'plot/report\.html: \{\{plot\}\} is not a known placeholder$' \
        report.html 's/{{plots}}/{{plot}}/'
    if ! command -v gnuplot >/dev/null; then
        skip "plot: drawings" "gnuplot is not installed"
        return
    fi
    local kind
    for kind in throughput percentiles cpu series; do draws "$kind" "$kind.svg" '<?xml'; done
    if grep -qE '"verdict":[[:space:]]*"invalid"' "$TMP/result.json"; then
        skip "plot: order as order.svg" "this machine disturbed one of the two slots that it compares"
    else
        draws order order.svg '<?xml'
    fi
    draws cpu x.png '211PNG\r'
    if [ -x "$BIN/echo-select" ]; then
        limited "$BIN/iobench" run --quiet --suite "$TMP/tiny.json" --server select --connections 5000 -o "$TMP/no-data.json" >/dev/null 2>&1
        draws throughput two.svg '<?xml' "$TMP/no-data.json"
    fi
}
