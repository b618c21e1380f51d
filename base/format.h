/* format.h - tells the compiler which functions take what printf takes.
 * Invariant: formats are the C standard's (%zu, %ju), also where the C library's own are not. */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

/* Parameter number `text` is a format, `first` the first of its values; both counted from 1. */
#ifdef _WIN32
#define FORMAT_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#else
#define FORMAT_PRINTF(text, first) __attribute__((format(printf, text, first)))
#endif

#endif
