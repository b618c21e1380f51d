# order.gp - slots in the order of the run. Part 1: a point per slot, at its ratio to the median of its
# cell; hollow points are suspect, crosses at the edge are invalid. Part 2: steal during the slot.

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
        if (panel_part[p] == 1) {
            set arrow 1 from graph 0, first 1 to graph 1, first 1 nohead lc rgb '#9a9a9a' lw 1.2 back
            plot for [s = first:last] name.'.dat' index s - 1 using 1:($6 == 1 ? $2 : NaN) \
                    with points ls s, \
                for [s = first:last] name.'.dat' index s - 1 using 1:($6 == 2 ? $2 : NaN) \
                    with points pt series_marker[s] ps 0.9 lc rgb '#ffffff', \
                for [s = first:last] name.'.dat' index s - 1 using 1:($6 == 2 ? $2 : NaN) \
                    with points pt series_marker[s] - 1 ps 0.9 lw 1.5 lc rgb series_colour[s], \
                for [s = first:last] name.'.dat' index s - 1 using 1:($6 == 3 ? $2 : NaN) \
                    with points pt 2 ps 0.8 lw 1.5 lc rgb series_colour[s], \
                NaN notitle
        } else {
            plot for [s = first:last] name.'.dat' index s - 1 using 1:2 \
                    with impulses lw 3 lc rgb series_colour[s], \
                NaN notitle
        }
    }
    unset multiplot
    unset output
}
