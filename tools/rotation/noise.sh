#!/usr/bin/env bash
# noise.sh - how exactly two equal servers are found to be equal, by the length of their slices, on this
# machine as it is now. Appends lines to DATA, and draws all its lines:
#
#   LABEL kind slice_s pairs sd_rate se_rate sd_cpu se_cpu
#
# kind: `turns` of one load generator, or `slots` with a process each. sd: of the logarithm of the ratio of
# one pair. se: what it would be for the mean of the pairs of one minute, in percent. rate: echoes per
# second; cpu: CPU time of the server per echo.
#
#   noise.sh DATA LABEL [SECONDS]    SECONDS for each length (30)
#   noise.sh DATA --draw FILE.svg
set -eu
data=$1 label=$2 seconds=${3:-30}
bin=${BIN:-build/bin}
work=$(mktemp -d)
servers=()
trap '[ ${#servers[@]} = 0 ] || kill "${servers[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

draw() { # FILE.svg
    gnuplot <<PLOT
set terminal svg size 820,520 font 'sans-serif,13' background '#ffffff'
set output '$1'
set logscale xy
set xlabel 'length of a slice or window, s'
set ylabel 'standard error after one minute, %'
set xrange [0.004:2]
set grid ytics lc rgb '#e5e7eb'
set border 3 lc rgb '#6b7280'
set tics nomirror
set key at screen 0.58,0.02 center bottom Left reverse samplen 2 maxrows 4
set bmargin at screen 0.34
labels = system("awk '{ if (!s[\$1]++) print \$1 }' '$data'")
colours = '#2563eb #d97706 #059669 #dc2626'
rows(l, kind) = sprintf("< awk '\$1 == \"%s\" && \$2 == \"%s\"' '$data'", l, kind)
plot for [i = 1:words(labels)] rows(word(labels, i), 'turns') using 3:6 with linespoints lw 2 pt 7 ps 0.7 \\
         lc rgb word(colours, i) title word(labels, i).': echoes/s, in turns', \\
     for [i = 1:words(labels)] rows(word(labels, i), 'turns') using 3:8 with linespoints lw 1.5 dt 2 pt 6 ps 0.7 \\
         lc rgb word(colours, i) title word(labels, i).': CPU per echo, in turns', \\
     for [i = 1:words(labels)] rows(word(labels, i), 'slots') using 3:6 with points pt 5 ps 1.3 \\
         lc rgb word(colours, i) title word(labels, i).': echoes/s, a process each', \\
     for [i = 1:words(labels)] rows(word(labels, i), 'slots') using 3:8 with points pt 4 ps 1.3 \\
         lc rgb word(colours, i) title word(labels, i).': CPU per echo, a process each'
PLOT
}

if [ "$label" = --draw ]; then
    draw "$3"
    exit
fi

# Two CPUs, as iobench places server and load generator.
server_cpu=$(taskset -cp $$ | sed -E 's/.*: ([0-9]+).*/\1/')
loadgen_cpu=$(taskset -cp $$ | sed -E 's/.*[:,-] ?([0-9]+)$/\1/')

server_start() { # its port in $port, its pid in $pid
    : >"$work/ready"
    taskset -c "$server_cpu" "$bin/echo-epoll" >"$work/ready" &
    pid=$!
    servers+=("$pid")
    until port=$(sed -nE 's/.*"port":([0-9]+).*/\1/p' "$work/ready") && [ -n "$port" ]; do kill -0 "$pid"; done
}

servers_stop() {
    kill "${servers[@]}"
    wait "${servers[@]}" || true
    servers=()
}

load() { taskset -c "$loadgen_cpu" "$bin/loadgen" --connections 50 "$@"; }

# Standard deviation and error from lines "rate-of-one cpu-of-one rate-of-two cpu-of-two", which took $1 s.
errors_of() { # SECONDS KIND LENGTH
    LC_ALL=C awk -v took="$1" -v head="$label $2 $3" '
        $1 > 0 && $2 > 0 && $3 > 0 && $4 > 0 {
            rate = log($1 / $3); cpu = log($2 / $4); n++
            r += rate; rr += rate * rate; c += cpu; cc += cpu * cpu
        }
        END {
            sd_rate = 100 * sqrt((rr - r * r / n) / (n - 1)); sd_cpu = 100 * sqrt((cc - c * c / n) / (n - 1))
            per_minute = sqrt(60 * n / took)
            printf "%s %d %.2f %.3f %.2f %.3f\n", head, n, sd_rate, sd_rate / per_minute, sd_cpu, sd_cpu / per_minute
        }' | tee -a "$data"
}

now() { date +%s.%N; }
since() { LC_ALL=C awk -v a="$1" -v b="$(now)" 'BEGIN { print b - a }'; }

# One column of the slices of a target, a value for each line.
column() { # NAME TARGET
    sed 's/"said":/\n&/g' "$work/turns.json" | sed -n "$((2 + $2))p" |
        sed -E "s/.*\"slices\":.*\"$1\":\[([^]]*)\].*/\1/" | tr , '\n'
}

in_turns() { # SLICE
    local turns start target
    turns=$(LC_ALL=C awk -v s="$seconds" -v slice="$1" 'BEGIN { n = 2 * int(s / (slice + 0.006) / 4); print (n < 4 ? 4 : n > 600 ? 600 : n) }')
    server_start && set -- "$1" "$port" "$pid"
    server_start
    start=$(now)
    load --connect "127.0.0.1:$2" --server-pid "$3" --connect "127.0.0.1:$port" --server-pid "$pid" \
        --rotate "$1s" --turns "$turns" --seed "$RANDOM" >"$work/turns.json"
    start=$(since "$start")
    servers_stop
    for target in 0 1; do
        paste <(column answered $target) <(column length_ns $target) <(column server_cpu_ns $target) |
            LC_ALL=C awk '{ print ($2 > 0 ? $1 / $2 : 0), ($1 > 0 ? $3 / $1 : 0) }' >"$work/target$target"
    done
    paste -d ' ' "$work/target0" "$work/target1" | errors_of "$start" turns "$1"
}

# A server and a load generator for each window.
in_slots() { # WINDOW SLOTS
    local start pairs=$(($2 / 2)) i
    start=$(now)
    : >"$work/slots"
    for ((i = 0; i < pairs; i++)); do
        for _ in 1 2; do
            server_start
            load --connect "127.0.0.1:$port" --server-pid "$pid" --duration "$1" --seed "$RANDOM" >"$work/slot.json"
            servers_stop
            sed -E 's/.*"throughput_per_s":([0-9.]+).*"cpu_ns_per_echo":([0-9.]+).*/\1 \2/' "$work/slot.json"
        done | paste -d ' ' - - >>"$work/slots"
    done
    errors_of "$(since "$start")" slots "$1" <"$work/slots"
}

for slice in 0.005 0.01 0.02 0.05 0.1 0.2 0.5; do in_turns $slice; done
in_slots 1 "$((seconds * 2))"
in_slots 0.3 "$((seconds * 3))"
