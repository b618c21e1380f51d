/* utf8.h - text that comes from outside: arguments, files, the system, the output of other
 * programs. Where it enters, utf8_clean makes it harmless; each way out then escapes for its own
 * format. Invariant: a cleaned text is one line of valid UTF-8 that a terminal shows as it is
 * stored. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_LONGEST 4 /* bytes of a character */

/* Length in bytes of the character that starts at `at`, as RFC 3629 defines it; 0 if the bytes
 * below `end` are not the start of one. The character may be cut: then its length is larger than
 * what is left. Sets *point to its code point unless it is cut. */
size_t utf8_next(const char *at, const char *end, uint32_t *point);

/* Cleans a text in place; it never becomes longer. Tabs and ends of lines become spaces. '?'
 * replaces each byte that is not UTF-8, each control and format character (escapes, U+009B, marks
 * of text direction, characters without width), each code point that stands for no character, and
 * the '[' of "##[" and "##word[", which start a command of a CI system anywhere in a line. A
 * character that is cut at the end of the text is removed. Joiners stay: scripts and emoji need
 * them. */
void utf8_clean(char *text);

#endif
