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

# gnuplot_that SCRIPT: the gnuplot that reports_with finds first. SCRIPT sees the words of the call and may run
# "$real".
gnuplot_that() {
    mkdir -p "$TMP/gnuplot-path"
    printf '#!/usr/bin/env bash\nreal=%q\n%s\n' "$(command -v gnuplot)" "$1" >"$TMP/gnuplot-path/gnuplot"
    chmod +x "$TMP/gnuplot-path/gnuplot"
}

# Why the report of reports_with has no drawings in a format, or, with "no", why it has some.
drawings_fault() { # ENDING THERE
    local files links
    files=$(find "$TMP/drawn" -name "*.$1" -size +0 | wc -l)
    links=$(grep -c "x-plots/[a-z]*\.$1\"" "$TMP/drawn/x.html")
    if [ "$2" = no ]; then
        [ "$files $links" = "0 0" ] || echo "$files drawings as $1, $links links"
    else
        [ "$files" -gt 3 ] && [ "$files" = "$links" ] || echo "$files drawings as $1, $links links"
    fi
}

# reports_with NAME PATTERN SVG PNG [BIN]: exit code 0, a page, and one line on stderr that matches (PATTERN
# "": none). SVG and PNG: whether there are such drawings, yes or no.
reports_with() {
    local name=$1 pattern=$2 svg=$3 png=$4 code reason= lines
    rm -rf "$TMP/drawn"
    mkdir "$TMP/drawn"
    PATH=$TMP/gnuplot-path:$PATH limited "${5:-$BIN}/iobench" report "$TMP/result.json" -o "$TMP/drawn/x.html" \
        >"$TMP/.out" 2>"$TMP/.err"
    code=$?
    lines=$(wc -l <"$TMP/.err")
    [ "$code" = 0 ] || reason="exit code $code: $(head -n 1 "$TMP/.err")"
    [ "$lines" = $((${#pattern} > 0)) ] || reason=${reason:-"$lines lines: $(head -c 300 "$TMP/.err" | tr '\n' '|')"}
    grep -qE -e "$pattern" "$TMP/.err" || [ -z "$pattern" ] || reason=${reason:-"said: $(cat "$TMP/.err")"}
    reason=${reason:-$(drawings_fault svg "$svg")$(drawings_fault png "$png")}
    grep -q '<div class="plot">' "$TMP/drawn/x.html" || [ "$svg" = no ] || reason=${reason:-"no drawing on the page"}
    verdict "report: $name" "$reason"
}

# Gnuplots that lack a terminal, fail for one, warn, or draw nothing.
odd_gnuplots() {
    local tree=$TMP/frame
    gnuplot_that 'case $2 in *png?) echo "unknown terminal type" >&2; exit 1 ;; esac; exec "$real" "$@"'
    reports_with "a gnuplot that fails for PNG" 'PNGs not drawn: gnuplot: [a-z]*\.gp: unknown terminal type; data' yes no
    gnuplot_that 'case $2 in *svg?) exit 3 ;; esac; exec "$real" "$@"'
    reports_with "a gnuplot that fails for SVG" 'SVGs not drawn: gnuplot: [a-z]*\.gp: exit 3; data' no yes
    gnuplot_that 'echo "Warning: slow font initialization" >&2; exec "$real" "$@"'
    reports_with "a gnuplot that warns" '' yes yes
    gnuplot_that 'exit 0'
    reports_with "a gnuplot that draws nothing" ': plots not drawn: gnuplot: [a-z]*\.gp: it drew nothing; data' no no
    gnuplot_that "sed -i s/GPVAL_VERSION/4.6/ $(printf %q "$TMP/drawn/x-plots")/\"\$3\" && exec \"\$real\" \"\$@\""
    reports_with "a gnuplot that is too old" ': plots not drawn: gnuplot: [a-z]*\.gp: gnuplot 5\.2 or later is needed; data' no no
    gnuplot_that 'exec "$real" "$@"'
    mkdir -p "$tree/build/bin" "$tree/results"
    cp "$BIN/iobench" "$tree/build/bin"
    cp "$ROOT"/results/iobench-*.schema.json "$tree/results"
    rm -rf "$tree/plot"
    cp -rL "$ROOT/plot" "$tree"
    sed -i "s/pngcairo/nocairo/g" "$tree/plot/frame.gp"
    if gnuplot -e "exit status strstrt(GPVAL_TERMINALS, ' png ') == 0" 2>/dev/null; then
        reports_with "a gnuplot with png but without pngcairo" '' yes yes "$tree/build/bin"
    else
        skip "report: a gnuplot with png but without pngcairo" "this gnuplot has no terminal png"
    fi
    sed -i "s/has('png')/has('nopng')/" "$tree/plot/frame.gp"
    reports_with "a gnuplot without a terminal for PNG" 'PNGs not drawn: .*this gnuplot has no terminal' yes no "$tree/build/bin"
    sed -i "s/has('svg')/has('nosvg')/g" "$tree/plot/frame.gp"
    reports_with "a gnuplot without terminals" ': plots not drawn: .*this gnuplot has no terminal svg; data' no no "$tree/build/bin"
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
    odd_gnuplots
    if [ -x "$BIN/echo-select" ]; then
        limited "$BIN/iobench" run --quiet --suite "$TMP/tiny.json" --server select --connections 5000 -o "$TMP/no-data.json" >/dev/null 2>&1
        draws throughput two.svg '<?xml' "$TMP/no-data.json"
    fi
}
