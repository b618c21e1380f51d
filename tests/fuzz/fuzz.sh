#!/usr/bin/env bash
# fuzz.sh - runs the fuzzing targets, two at a time. It prints one line per target: "ok", "not ok" or
# "skip". The input that caused a failure is kept in build/fuzz/findings, and the line names it.
#
#   BIN=build/bin [FUZZ_S=10] bash tests/fuzz/fuzz.sh [TARGET...]    (from the project's directory)
#
# Each run starts with three kinds of inputs: seeds, which the programs write here so that they have the
# current formats; tests/fuzz/corpus, inputs that once caused a failure; and build/fuzz/corpus, inputs
# that earlier runs collected.
set -u
BIN=${BIN:-build/bin}
FUZZ_S=${FUZZ_S:-10} # also if it is empty
OUT=build/fuzz
TARGETS=$OUT/bin/tests
SEEDS=$OUT/seeds
trap 'rm -rf "$OUT"/plots-*' EXIT

if [ ! -x "$TARGETS/fuzz-suite" ]; then
    echo "skip fuzz # not built: clang or libFuzzer is not installed (Debian: clang, libclang-rt-dev)"
    exit 0
fi

# Makes small, valid inputs for each target.
make_seeds() {
    local i=0 words
    rm -rf "$SEEDS" && mkdir -p "$SEEDS"/{suite,result,children,words} "$OUT/findings"
    find bench/suites tests/fuzz/seed.json tests/cli/tiny.json -name '*.json' ! -name '*.schema.json' -exec cp -t "$SEEDS/suite" {} +
    # one file with all kinds of slots, and small files, which mutate faster
    "$BIN/iobench" run --quiet --suite tests/fuzz/seed.json -o "$SEEDS/result/all.json" 2>"$OUT/seeds.log"
    for i in closed open; do
        printf '{"schema": {"name": "iobench-suite", "version_major": 1, "version_minor": 0}, "name": "small", "description": "",
            "servers": ["epoll"], "phases": [{"name": "p", "loads": [{"load": "%s"%s, "connections": 2, "duration_s": 0.01, "warmup_s": 0}]}]}' \
            "$i" "$([ $i = closed ] || echo ', "rate_per_s": 5000')" >"$SEEDS/small-$i.json"
        "$BIN/iobench" run --quiet --suite "$SEEDS/small-$i.json" -o "$SEEDS/result/$i.json" 2>>"$OUT/seeds.log"
    done
    "$BIN/iobench" validate --quiet "$SEEDS"/result/*.json 2>>"$OUT/seeds.log" || return 1
    for i in "$SEEDS"/result/*.json; do tr -d '\t\n' <"$i" >"$i.short" && mv "$i.short" "$i"; done
    mkfifo "$SEEDS/in" "$SEEDS/out"
    "$BIN/echo-epoll" --stop-on-eof <"$SEEDS/in" >"$SEEDS/out" &
    exec {hold}>"$SEEDS/in" {said}<"$SEEDS/out"
    IFS= read -r words <&"$said"
    "$BIN/loadgen" --connect "127.0.0.1:$(sed 's/.*"port":\([0-9]*\).*/\1/' <<<"$words")" --connections 2 --duration 0.01 --warmup 0 >"$SEEDS/children/figures"
    exec {hold}>&-
    { echo "$words"; cat <&"$said"; } >"$SEEDS/children/server"
    exec {said}<&-
    "$BIN/echo-epoll" --describe >"$SEEDS/children/describe"
    i=0
    for words in 18446744073709551615 1,50,500 0-1/2,5 '[::1]:80' localhost:7000 epoll:trigger=edge,events=3 \
        '--count=5 --real 0.5 --choice bc --texts a --flag x y -o z --help' '--choice= --count'; do
        i=$((i + 1))
        printf '%s' "$words" >"$SEEDS/words/$i"
    done
    # all words of the formats
    grep -oh '"[a-zA-Z_]*"' results/*.schema.json bench/suites/*.schema.json | sort -u |
        sed 's/"/\\"/g; s/.*/"&"/' >"$OUT/dictionary"
}

# fuzz_one TARGET: runs a target and writes its line to build/fuzz/TARGET.line
fuzz_one() {
    local target=$1 log=$OUT/$1.log line=$OUT/$1.line corpus=$OUT/corpus/$1 mask=1 kept=() found
    [ "$target" = words ] && mask=3 # it prints an error for almost every input
    [ -d "tests/fuzz/corpus/$target" ] && kept=("tests/fuzz/corpus/$target")
    mkdir -p "$corpus"
    rm -f "$OUT/findings/$target-"*
    ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 timeout --kill-after=10 $((FUZZ_S * 2 + 120)) \
        nice -n 10 "$TARGETS/fuzz-$target" -max_total_time="$FUZZ_S" -max_len=65536 -timeout=60 -rss_limit_mb=3000 \
        -dict="$OUT/dictionary" -close_fd_mask=$mask -artifact_prefix="$OUT/findings/$target-" \
        "$corpus" "$SEEDS/$target" ${kept[@]+"${kept[@]}"} >"$log" 2>&1
    local code=$?
    if [ $code = 0 ]; then
        sed -nE 's/^#[0-9]+\tDONE +cov: ([0-9]+) .*/\1/p; s/^Done ([0-9]+) runs in ([0-9]+) .*/\1 \2/p' "$log" | tr '\n' ' ' |
            { read -r cov runs seconds; echo "ok fuzz/$target # $runs runs in $seconds s, $cov edges"; } >"$line"
        return
    fi
    found=$(ls -t "$OUT/findings/$target-"* 2>/dev/null | head -n 1)
    echo "not ok fuzz/$target # ${found:-no input was saved}; exit code $code, see $log" >"$line"
    # run it again with all output
    { [ -n "$found" ] && timeout 100 "$TARGETS/fuzz-$target" "$found"; tail -n 40 "$log"; } 2>&1 | tail -n 60 >&2
}

if ! make_seeds; then
    echo "not ok fuzz # cannot make valid seeds: $(tail -n 1 "$OUT/seeds.log"), see $OUT/seeds.log"
    exit 1
fi
[ $# -gt 0 ] || set -- result children suite words
rm -f "$OUT"/*.line
code=0
while [ $# -gt 0 ]; do
    for target in "$1" ${2:+"$2"}; do fuzz_one "$target" & done
    wait
    for target in "$1" ${2:+"$2"}; do
        cat "$OUT/$target.line"
        grep -q '^ok ' "$OUT/$target.line" || code=1
    done
    shift
    [ $# -eq 0 ] || shift
done
exit $code
