# series.gp - steps within slots. Part 1: throughput. Part 2: mean latency as a line, longest latency as
# dots. The first slot of a server is bold, the others are pale; points of suspect slots are hollow.

pale(colour) = '#90'.colour[2:]
shade(s) = series_pale[s] ? pale(series_colour[s]) : series_colour[s]
do for [format in formats] {
    eval terminal(format)
    set output name.'.'.format
    set multiplot
    do for [p = 1:panels] {
        unset label
        if (p == 1) { eval page }
        if (panel_part[p] == 0) { continue }
        eval panel
        first = panel_first[p]
        last = panel_last[p]
        last_max = panel_part[p] == 2 ? last : first - 1
        plot for [s = first:last_max] name.'.dat' index s - 1 using 1:4 \
                with points pt 7 ps 0.3 lc rgb shade(s), \
            for [s = first:last] name.'.dat' index s - 1 using 1:(series_pale[s] ? $2 : NaN) \
                with lines lw 1.2 lc rgb shade(s), \
            for [s = first:last] name.'.dat' index s - 1 using 1:(series_pale[s] ? NaN : $2) \
                with lines lw 2.2 lc rgb shade(s), \
            for [s = first:last] name.'.dat' index s - 1 using 1:($6 == 2 ? $2 : NaN) \
                with points pt 7 ps 0.45 lc rgb '#ffffff', \
            for [s = first:last] name.'.dat' index s - 1 using 1:($6 == 2 ? $2 : NaN) \
                with points pt 6 ps 0.45 lc rgb shade(s), \
            NaN notitle
    }
    unset multiplot
    unset output
}
