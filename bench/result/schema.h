/* schema.h - validates JSON documents with the subset of JSON Schema (draft 2020-12) that this
 * project's schemas use: type, enum, const, minimum, maximum, exclusiveMinimum, minItems, maxItems,
 * items, properties, required, additionalProperties, $ref into #/$defs, oneOf.
 * Invariant: a document that passes here also passes a full validator. A schema with any other
 * keyword is a programming error and aborts, unless the keyword is an annotation. */
#ifndef BENCH_RESULT_SCHEMA_H
#define BENCH_RESULT_SCHEMA_H
#include "bench/support/reason.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Checks `document` against a definition of `schema`: "sample" means #/$defs/sample, NULL means the
 * whole schema. On the first error it sets `reason` to "path: message" and returns false. The path
 * begins with `root`, which may be empty. */
bool schema_check(const cJSON *schema, const char *definition, const cJSON *document,
                  const char *root, struct reason *reason);

/* The same for documents that this version writes: each object must have all fields that the schema
 * declares, except those with a default, and no others. Readers use schema_check, because files of
 * other versions have fewer or more fields. */
bool schema_check_strict(const cJSON *schema, const char *definition, const cJSON *document,
                         const char *root, struct reason *reason);

#endif
