/* width.c - the width of texts on a terminal; see width.h. */
#include "bench/support/width.h"

#include "base/line.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The shortest rest of a line that a text shares with what stands before it. */
#define REST_MIN 20

/* Characters from first to last. */
struct range {
    uint32_t first, last;
};

/* Combining marks and characters without a shape. What is not listed takes a column: a line that
 * is too short does no harm. */
static const struct range marks[] = {
    {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},
    {0x64b, 0x65f},   {0x1160, 0x11ff}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
    {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2064}, {0x20d0, 0x20ff},
    {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef}};

/* East Asian scripts, full-width forms and pictures. */
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23f3},
    {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267f, 0x267f},   {0x26a1, 0x26a1},
    {0x26aa, 0x26ab},   {0x2705, 0x2705},   {0x270a, 0x270b},   {0x2728, 0x2728},
    {0x274c, 0x274c},   {0x2753, 0x2757},   {0x2795, 0x2797},   {0x2b1b, 0x2b1c},
    {0x2b50, 0x2b55},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xa960, 0xa97f},
    {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},
    {0xffe0, 0xffe6},   {0x16fe0, 0x18cff}, {0x1b000, 0x1b2ff}, {0x1f18e, 0x1f19a},
    {0x1f200, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f7e0, 0x1f7eb}, {0x1f900, 0x1faff},
    {0x20000, 0x3fffd}};

static int in(const struct range *ranges, size_t count, uint32_t c) {
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i].first && c <= ranges[i].last) return 1;
    return 0;
}

/* Bytes of the character at `text`; sets *columns to its width. A byte that is not UTF-8 counts as
 * a character. */
static size_t character(const char *text, int *columns) {
    uint32_t c = 0;
    size_t left = strnlen(text, UTF8_LONGEST), length = utf8_next(text, text + left, &c);
    *columns = 1;
    if (length == 0 || length > left) return 1;
    *columns = in(marks, sizeof marks / sizeof *marks, c)
                   ? 0
                   : 1 + in(wide, sizeof wide / sizeof *wide, c);
    return length;
}

/* Bytes at the beginning of a text that fit into `columns`; sets *used to their width. */
static size_t fitting(const char *text, size_t size, int columns, int *used) {
    size_t bytes = 0;
    *used = 0;
    while (bytes < size) {
        int width;
        size_t length = character(text + bytes, &width);
        if (*used + width > columns) break;
        *used += width;
        bytes += length;
    }
    return bytes;
}

int width_of(const char *text) {
    int used;
    fitting(text, strlen(text), INT32_MAX, &used);
    return used;
}

void width_cut(char *text, int columns) {
    int used;
    text[fitting(text, strlen(text), columns, &used)] = '\0';
}

static int begin(struct text *out, const char *text, int at) {
    const char *guard = line_guard(text);
    text_add(out, "%s", guard);
    return at + (int)strlen(guard);
}

/* Goes to the next line, where `text` follows. Returns the column there. */
static int break_line(struct text *out, const char *text, int indent) {
    text_add(out, "\n%*s", indent, "");
    return begin(out, text, indent);
}

void width_wrap(struct text *out, const char *text, struct width_place place) {
    int at = begin(out, text, place.at), indent = place.indent,
        fresh = -1; /* column of a new line */
    if (!place.columns) {
        text_add(out, "%s", text);
        return;
    }
    if (place.columns - indent < REST_MIN && indent > 4) indent = 4;
    if (indent >= place.columns) indent = 0;
    if (at > indent && place.columns - at < REST_MIN) at = fresh = break_line(out, text, indent);
    for (bool first = true; *text; first = false) {
        size_t length = strcspn(text, " ");
        int width;
        fitting(text, length, INT32_MAX, &width);
        if (!first && at + 1 + width > place.columns)
            at = fresh = break_line(out, text, indent);
        else if (!first)
            text_add(out, " "), at++;
        while (at + width > place.columns) { /* longer than a line */
            int used;
            size_t bytes = fitting(text, length, place.columns - at, &used);
            if (bytes == 0 && (at == fresh || at <= indent))
                bytes = character(text, &used); /* wider than a line */
            text_add(out, "%.*s", (int)bytes, text);
            text += bytes;
            length -= bytes;
            width -= used;
            if (length == 0) break;
            at = fresh = break_line(out, text, indent);
        }
        text_add(out, "%.*s", (int)length, text);
        at += width;
        text += length;
        text += strspn(text, " ");
    }
}

void width_print(FILE *out, const char *text, struct width_place place) {
    struct text clean = {0}, lines = {0};
    text_add(&clean, "%s", text);
    utf8_clean(clean.data);
    width_wrap(&lines, clean.data, place);
    fprintf(out, "%s\n", lines.data);
    free(lines.data);
    free(clean.data);
}

void width_row(FILE *out, const char *first, int width, const char *second, int columns) {
    if (columns && width > columns - REST_MIN) width = columns > REST_MIN ? columns - REST_MIN : 0;
    int own = width_of(first), at = own > width ? own : width;
    if (columns && own > width && own + 2 + width_of(second) > columns) {
        width_print(out, first, (struct width_place){columns, 0, 4});
        fprintf(out, "%*s", width + 2 < columns ? width + 2 : 4, "");
        at = width;
    } else {
        fprintf(out, "%s%s%*s  ", line_guard(first), first, at - own, "");
    }
    width_print(out, second, (struct width_place){columns, at + 2, width + 2});
}
