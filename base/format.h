/* format.h - lets the compiler check the arguments of functions that take a format.
 * Formats are those of the C standard (%zu, %ju), on Windows too. */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

/* Parameter number `text` is a format, `first` the first of its values; both counted from 1. */
#ifdef _WIN32
#define FORMAT_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#else
#define FORMAT_PRINTF(text, first) __attribute__((format(printf, text, first)))
#endif

#endif
