/* fuzz.h - shared by the fuzzing targets: libFuzzer's entry points, schemas, and the check of error
 * messages. A target must run from the top of the source tree.
 * Invariant: a target behaves the same each time it runs with the same input. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libFuzzer calls this with every input. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer calls this to change `data` in place. It changes the JSON document; sometimes, or if
 * the data is not JSON, it changes bytes. Returns the new size. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* libFuzzer's own function that changes bytes. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* A NUL-terminated copy; owned by the caller. */
char *fuzz_text(const uint8_t *data, size_t size);

/* The schema at `path`; it is read once and kept. */
const cJSON *fuzz_schema(const char *path);
#define FUZZ_RESULT_SCHEMA "results/iobench-result.schema.json"
#define FUZZ_SUITE_SCHEMA "bench/suites/iobench-suite.schema.json"

/* Aborts unless utf8_clean changes no line of the text. */
void fuzz_check_lines(const char *text);

/* Aborts unless the reason is one cleaned line that is not empty. */
void fuzz_check_reason(const char *reason);

#endif
