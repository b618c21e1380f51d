/* check.h - assertions that stay on in release builds.
 * Invariant: a failed CHECK is a programmer's error, never a peer's, a file's or a user's. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <stdint.h>

/* Prints "CHECK failed: file:line: expression (left, right)" on stderr and ends the process with
 * exit code 134. A breakpoint here catches every failed CHECK. */
_Noreturn void check_failed(const char *file, int line, const char *expression, intmax_t left,
                            intmax_t right);

/* Ends the process unless `condition` holds. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) check_failed(__FILE__, __LINE__, #condition, 0, 1);                      \
    } while (0)

/* Ends the process unless `left op right` holds for two integers; prints both. */
#define CHECK_OP(left, op, right)                                                                  \
    do {                                                                                           \
        intmax_t check_left = (intmax_t)(left), check_right = (intmax_t)(right);                   \
        if (!(check_left op check_right))                                                          \
            check_failed(__FILE__, __LINE__, #left " " #op " " #right, check_left, check_right);   \
    } while (0)

#endif
