/* schema.h - checks a JSON document against the part of JSON Schema (draft 2020-12) that this
 * project's schemas use: type, enum, const, minimum, maximum, exclusiveMinimum, minItems, maxItems,
 * items, properties, required, additionalProperties, $ref into #/$defs, oneOf.
 * Invariant: whatever passes here passes a full validator; keywords that are unknown here are
 * refused as a programmer's error unless they only annotate. */
#ifndef BENCH_RESULT_SCHEMA_H
#define BENCH_RESULT_SCHEMA_H
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Checks `document` against `definition` ("sample": #/$defs/sample of `schema`; NULL: the whole).
 * Returns true, or false with "path: what is wrong" of the first fault in `reason`; `root` is what
 * the path begins with and may be empty. */
bool schema_check(const cJSON *schema, const char *definition, const cJSON *document,
                  const char *root, struct reason *reason);

/* The same for a document that this version writes: an object must have all fields that its schema
 * declares, except those with a default, and no field that the schema does not declare. Readers do
 * without, because files of other versions have fewer fields, or more. */
bool schema_check_strict(const cJSON *schema, const char *definition, const cJSON *document,
                         const char *root, struct reason *reason);

#endif
