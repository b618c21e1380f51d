#!/usr/bin/env bash
# layers.sh - checks that every #include "..." of the sources follows the layers.
#
#   bash tools/layers/layers.sh [ROOT]
#
# A file in bench/ may include its own folder, folders before it in bench/layers.txt, and base/. Files in
# servers/ and loadgen/ may include their own folder and base/; files in base/ only base/. Files must not
# include each other in a circle; a header and its .c file count as one file. The script prints each
# violation; the exit code is 1 if there is one.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2

find -H base bench loadgen servers -name '*.[ch]' -print0 | sort -z | xargs -0 \
    grep -HoE '^#include "[^"]+"' | sed -E 's/^([^:]+):#include "([^"]+)"/\1 \2/' |
    awk '
function folder(path) { # the layer of a file: "support", or the top folder outside bench/
    split(path, part, "/")
    if (part[1] != "bench") return part[1]
    return part[3] == "" ? "main" : part[2]
}
function offence(text) { print "layers: " text; bad = 1 }
function unit(path) { sub(/\.[ch]$/, "", path); return path }
function search(u, trail,   n, i, next_units) { # depth-first search; trail is the path to u
    if (state[u] == 2) return
    if (state[u] == 1) { offence("circle: " substr(trail, index(trail, " " u " ") + 1) u); return }
    state[u] = 1
    n = split(edges[u], next_units, " ")
    for (i = 1; i <= n; i++) search(next_units[i], trail u " ")
    state[u] = 2
}
FILENAME == "bench/layers.txt" {
    if ($0 !~ /^#/ && NF) level[$1] = ++layers
    next
}
{
    from = folder($1); to = folder($2)
    if ($2 ~ /^bench\// || $2 ~ /^(base|servers|loadgen)\//) {
        if ($1 ~ /^bench\//) {
            if (from != "main" && !(from in level)) offence($1 ": its folder is not in bench/layers.txt")
            if ($2 ~ /^(servers|loadgen)\//) offence($1 " includes " $2 ": bench runs programs and must not include their headers")
            else if ($2 ~ /^bench\// && from != "main" && level[to] > level[from])
                offence($1 " includes " $2 ": " to " is above " from)
        } else if (to != from && to != "base") offence($1 " includes " $2)
        if (unit($1) != unit($2) && !((unit($1), unit($2)) in known)) {
            known[unit($1), unit($2)] = 1
            edges[unit($1)] = edges[unit($1)] unit($2) " "
        }
    } else offence($1 " includes " $2 ": use the path from the top, as in bench/support/text.h")
}
END {
    for (u in edges) search(u, " ")
    exit bad
}' bench/layers.txt -
