# frame.gp - shared by all plots: terminals, title, footer, panels. In a script it stands between the
# values of the plot and the template. Nothing here depends on the kind of plot.

set encoding utf8
set datafile missing '?'
unset key
ink = '#222222'
grey = '#6b6b6b'
set border 3 lc rgb '#9a9a9a' lw 1
set grid noxtics ytics lt 1 lc rgb '#e0e0e0' lw 1
set tics nomirror out scale 0.6 textcolor rgb ink

# What to draw; iobench sets it and draws one format at a time. A gnuplot without cairo may have the
# terminal png, whose markers are smaller.
has(terminal) = strstrt(GPVAL_TERMINALS, ' '.terminal.' ') > 0
png = has('pngcairo') ? 'pngcairo' : has('png') ? 'png' : ''
if (!exists('formats')) { formats = (has('svg') ? 'svg ' : '').(png eq '' ? '' : 'png') }
if (strstrt(formats, 'svg') && !has('svg')) { print 'this gnuplot has no terminal svg'; exit }
if (strstrt(formats, 'png') && png eq '') { print 'this gnuplot has no terminal pngcairo or png'; exit }

# The terminal for a format; the PNG has twice as many pixels as the SVG.
terminal(format) = format eq 'svg' \
    ? sprintf("set terminal svg size %d,%d dynamic noenhanced font 'sans-serif,13' background '#ffffff' name '%s'", \
              page_width, page_height, name) \
    : sprintf("set terminal %s size %d,%d noenhanced font 'sans,10' fontscale 2 linewidth 2 background '#ffffff'", \
              png eq 'png' ? 'png truecolor' : png.' pointscale 2', 2 * page_width, 2 * page_height)
# A font size in pixels of the SVG, for the terminal in use.
size(format, pixels) = format eq 'svg' \
    ? sprintf('sans-serif,%g', pixels) : sprintf('sans,%g', pixels * 10.0 / 13)

# Title, subtitle and footer, drawn with the first panel only: once per page.
from_top(pixels) = 1.0 - 1.0 * pixels / page_height
from_left(pixels) = 1.0 * pixels / page_width
page = "do for [i = 1:footer_lines] { \
        set label i footer[i] at screen from_left(20), screen from_top(page_height - 12 - 15 * (footer_lines - i)) \
            left font size(format, 10.5) textcolor rgb grey }; \
    set label 100 page_title at screen from_left(20), screen from_top(30) left font size(format, 20) textcolor rgb ink; \
    set label 101 page_subtitle at screen from_left(20), screen from_top(56) left font size(format, 13) textcolor rgb grey"

# Position, axes and titles of panel p. Part 0 is an empty position.
panel = "set lmargin at screen panel_left[p]; set rmargin at screen panel_right[p]; \
    set tmargin at screen panel_top[p]; set bmargin at screen panel_bottom[p]; \
    eval panel_axes[p]; \
    set xlabel panel_x_title[p] font size(format, 13) textcolor rgb ink offset 0,-0.3; \
    set ylabel panel_y_title[p] font size(format, 13) textcolor rgb ink; \
    set label 102 panel_title[p] at graph 0, screen panel_top[p] + 16.0 / page_height left font size(format, 14) textcolor rgb ink; \
    if (panel_last[p] < panel_first[p]) { set label 103 'nothing measured' at graph 0.5, graph 0.5 center textcolor rgb grey }"

# Names beside the ends of the lines of panel p. A thin line leads to a name that had to move.
labels = "do for [s = panel_first[p]:panel_last[p]] { if (series_name[s] ne '') { \
        set label 200 + s series_name[s] at graph 1.035, graph series_label_y[s] left offset char 0.9,-0.1 \
            point lc rgb series_colour[s] pt series_marker[s] ps 0.9 textcolor rgb ink; \
        if (series_leader[s]) { set arrow 200 + s from first series_end_x[s], first series_end_y[s] to graph 1.022, graph series_label_y[s] \
            nohead lc rgb series_colour[s] lw 0.6 dt solid back } } }"
