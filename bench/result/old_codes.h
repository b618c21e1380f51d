/* old_codes.h - derives codes from the reason texts of files before schema 1.3, which have no
 * codes. Invariant: the table has only texts of those old versions and never changes, even if
 * today's texts do. */
#ifndef BENCH_RESULT_OLD_CODES_H
#define BENCH_RESULT_OLD_CODES_H

#include "bench/result/codes.h"

/* The code of an old reason text; VALIDITY_CODES if the text is unknown. */
enum validity_code old_code(const char *reason);

#endif
