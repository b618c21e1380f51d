# lines.gp - for all kinds that consist of lines: a line per series through its points, with markers.
# If the kind has bands, a band spans the slots from minimum to maximum.

set style fill transparent solid 0.13 noborder
set bars 0.6
do for [format in formats] {
    eval terminal(format)
    set output name.'.'.format
    set multiplot
    do for [p = 1:panels] {
        unset label
        unset arrow
        if (p == 1) { eval page }
        if (panel_part[p] == 0) { continue }
        eval panel
        eval labels
        first = panel_first[p]
        last = panel_last[p]
        last_band = bands ? last : first - 1
        plot for [s = first:last_band] name.'.dat' index s - 1 using 1:3:4 \
                with filledcurves fc rgb series_colour[s], \
            for [s = first:last_band] name.'.dat' index s - 1 using 1:2:3:4 \
                with yerrorbars lc rgb series_colour[s] lw 1 pt 0 ps 0, \
            for [s = first:last] name.'.dat' index s - 1 using 1:2 with lines ls s, \
            for [s = first:last] name.'.dat' index s - 1 using 1:($6 == 1 ? $2 : NaN) \
                with points ls s, \
            for [s = first:last] name.'.dat' index s - 1 using 1:($6 == 2 ? $2 : NaN) \
                with points pt series_marker[s] ps 0.9 lc rgb '#ffffff', \
            for [s = first:last] name.'.dat' index s - 1 using 1:($6 == 2 ? $2 : NaN) \
                with points pt series_marker[s] - 1 ps 0.9 lw 1.5 lc rgb series_colour[s], \
            NaN notitle
    }
    unset multiplot
    unset output
}
