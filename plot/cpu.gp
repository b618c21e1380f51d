# cpu.gp - server CPU per echo: a bar per server, with its figure at the end. User mode has full
# colour, kernel mode is pale. A thin line spans the slots from minimum to maximum.

set grid xtics noytics lt 1 lc rgb '#e0e0e0' lw 1
set border 1
set style fill solid 1 noborder
figure(v, marker) = sprintf('%.0f ns%s', v, marker == 2 ? ' *' : '')
do for [format in formats] {
    eval terminal(format)
    set output name.'.'.format
    set multiplot
    do for [p = 1:panels] {
        unset label
        if (p == 1) { eval page }
        if (panel_part[p] == 0) { continue }
        eval panel
        set tics scale 0
        plot for [s = panel_first[p]:panel_last[p]] name.'.dat' index s - 1 \
                using (0):1:(0):2:($1 - 0.33):($1 + 0.33) with boxxyerror fs solid 0.4 lc rgb series_colour[s], \
            for [s = panel_first[p]:panel_last[p]] '' index s - 1 \
                using (0):1:(0):5:($1 - 0.33):($1 + 0.33) with boxxyerror fs solid 1 lc rgb series_colour[s], \
            for [s = panel_first[p]:panel_last[p]] '' index s - 1 \
                using 2:1:3:4 with xerrorbars pt 0 ps 0 lw 1.2 lc rgb ink, \
            for [s = panel_first[p]:panel_last[p]] '' index s - 1 \
                using 4:1:(figure($2, $6)) with labels left offset char 0.8,0 textcolor rgb ink, \
            NaN notitle
    }
    unset multiplot
    unset output
}
