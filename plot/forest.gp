# forest.gp - a comparison: a row per cell and metric. Each row has an estimate with its interval,
# a dashed tick at the smallest change that matters, and the verdict at the right.

set border 1
set bars 0
set grid xtics noytics lt 1 lc rgb '#e0e0e0' lw 1
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
        unset ytics
        first = panel_first[p]
        last = panel_last[p]
        do for [s = first:last] {
            set label 200 + s series_name[s] at graph 0, first s - first + 1 right \
                offset char -1,0 textcolor rgb ink font size(format, 12)
            set label 10200 + s series_note[s] at graph 1, first s - first + 1 left \
                offset char 1,0 textcolor rgb series_colour[s] font size(format, 12)
        }
        set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#9a9a9a' lw 1.2 back
        plot for [s = first:last] name.'.dat' index s - 1 using 5:($2 - 0.45):(0):(0.9) \
                with vectors nohead lw 1.2 dt (4,3) lc rgb grey, \
            for [s = first:last] name.'.dat' index s - 1 using 1:2:3:4 \
                with xerrorbars pt 0 ps 0 lw 2 lc rgb series_colour[s], \
            for [s = first:last] name.'.dat' index s - 1 using 1:($6 == 1 ? $2 : NaN) \
                with points pt 7 ps 0.8 lc rgb series_colour[s], \
            for [s = first:last] name.'.dat' index s - 1 using 1:($6 == 1 && series_pale[s] ? $2 : NaN) \
                with points pt 7 ps 0.4 lc rgb '#ffffff', \
            NaN notitle
    }
    unset multiplot
    unset output
}
