/* utf8.c - decoding and cleaning of UTF-8; see utf8.h. */
#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

size_t utf8_next(const char *at, const char *end, uint32_t *point) {
    const unsigned char *c = (const unsigned char *)at;
    size_t left = (size_t)(end - at), length = *c < 0x80 ? 1 : *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : 4;
    if ((*c >= 0x80 && *c < 0xc2) || *c > 0xf4) return 0;
    for (size_t i = 1; i < length && i < left; i++)
        if ((c[i] & 0xc0) != 0x80) return 0;
    if (length >= 3 && left >= 2) { /* no overlong forms, no surrogates, nothing above U+10FFFF */
        bool wrong_second = (*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] > 0x9f) ||
                            (*c == 0xf0 && c[1] < 0x90) || (*c == 0xf4 && c[1] > 0x8f);
        if (wrong_second) return 0;
    }
    if (length > left) return length;
    static const uint32_t first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    *point = *c & first_bits[length];
    for (size_t i = 1; i < length; i++) *point = *point << 6 | (c[i] & 0x3f);
    return length;
}

static bool is_blank(uint32_t point) {
    return point == '\t' || point == '\n' || point == '\r' || point == 0x85 || point == 0x2028 ||
           point == 0x2029;
}

/* Whether a character is a control, changes how others are shown, or is never shown itself. */
static bool is_hidden(uint32_t point) {
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0, 0x1f},          /* C0 */
        {0x7f, 0x9f},       /* DEL and C1 */
        {0x61c, 0x61c},     /* Arabic letter mark */
        {0x180e, 0x180e},   /* Mongolian vowel separator */
        {0x200b, 0x200b},   /* zero width space */
        {0x200e, 0x200f},   /* marks of direction */
        {0x202a, 0x202e},   /* embeddings and overrides */
        {0x2060, 0x206f},   /* invisible operators, isolates */
        {0xfdd0, 0xfdef},   /* no characters */
        {0xfeff, 0xfeff},   /* byte order mark */
        {0xfff9, 0xfffb},   /* interlinear annotation */
        {0x1d173, 0x1d17a}, /* musical format controls */
        {0xe0000, 0xe00ff}, /* tags */
    };
    if ((point & 0xfffe) == 0xfffe) return true; /* no characters in any plane */
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (point >= ranges[i].first && point <= ranges[i].last) return true;
    return false;
}

/* Whether a '[' at the end of a text would complete "##[" or "##word[". Characters outside ASCII do
 * not count, because some readers ignore them when they search. */
static bool ends_in_marks(const char *text, const char *end) {
    int marks = 0;
    for (; end > text && marks < 2; end--) {
        unsigned char c = (unsigned char)end[-1];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (c == '#')
            marks++;
        else if (c < 0x80 && (marks || !letter))
            return false;
    }
    return marks == 2;
}

void utf8_clean(char *text) {
    const char *from = text, *end = text + strlen(text);
    char *to = text;
    while (from < end) {
        uint32_t point = 0;
        size_t length = utf8_next(from, end, &point);
        if (length > (size_t)(end - from)) break;
        if (is_blank(point)) {
            *to++ = ' ';
        } else if (length == 0 || is_hidden(point) || (point == '[' && ends_in_marks(text, to))) {
            *to++ = '?';
        } else {
            memmove(to, from, length);
            to += length;
        }
        from += length ? length : 1;
    }
    *to = '\0';
}
