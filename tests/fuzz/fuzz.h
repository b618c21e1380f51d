/* fuzz.h - what the fuzzing targets share: libFuzzer's entry points, schemas, and what must hold of
 * every message. Invariant: a target runs from the top of the source tree, and two runs of one
 * input do the same. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libFuzzer calls this with every input. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer calls this to change `data` in place; returns its new size. Here: one change to the
 * JSON tree, now and then or where it is no JSON one to the bytes. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* libFuzzer's own changes to bytes. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* A copy that is followed by a NUL byte; owned by the caller. */
char *fuzz_text(const uint8_t *data, size_t size);

/* The document at `path`, read once and kept. */
const cJSON *fuzz_schema(const char *path);
#define FUZZ_RESULT_SCHEMA "results/iobench-result.schema.json"
#define FUZZ_SUITE_SCHEMA "bench/suites/iobench-suite.schema.json"

/* What every refusal must be: one line of text, not empty, without control characters. */
void fuzz_check_reason(const char *reason);

#endif
