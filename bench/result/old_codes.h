/* old_codes.h - the codes of files that were written before there were codes: schema 1.2 and
 * before. Invariant: only the texts of those versions are known here. They do not change any more,
 * whatever the reasons of today say. */
#ifndef BENCH_RESULT_OLD_CODES_H
#define BENCH_RESULT_OLD_CODES_H

#include "bench/result/codes.h"

/* The code of a reason that has none beside it; VALIDITY_CODES if the text is not one of theirs. */
enum validity_code old_code(const char *reason);

#endif
