# percentiles.gp - latency against 1/(1-p): a line per server over all its usable slots, markers at the
# named percentiles.

do for [format in 'svg png'] {
    eval terminal(format)
    set output name.'.'.format
    set multiplot
    do for [p = 1:panels] {
        unset label
        unset arrow
        if (p == 1) { eval page }
        eval panel
        eval labels
        set ylabel y_title font size(format, 13) textcolor rgb ink
        plot for [s = panel_first[p]:panel_last[p]] name.'.dat' index s - 1 using 1:2 with lines ls s, \
            for [s = panel_first[p]:panel_last[p]] '' index s - 1 using 1:($6 == 1 ? $2 : NaN) \
                with points ls s, \
            for [s = panel_first[p]:panel_last[p]] '' index s - 1 using 1:($6 == 2 ? $2 : NaN) \
                with points pt series_marker[s] ps 0.9 lc rgb '#ffffff', \
            for [s = panel_first[p]:panel_last[p]] '' index s - 1 using 1:($6 == 2 ? $2 : NaN) \
                with points pt series_marker[s] - 1 ps 0.9 lw 1.5 lc rgb series_colour[s], \
            NaN notitle
    }
    unset multiplot
    unset output
}
