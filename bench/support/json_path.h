/* json_path.h - looks up values in a JSON document by dotted path, for example "host.os". */
#ifndef BENCH_SUPPORT_JSON_PATH_H
#define BENCH_SUPPORT_JSON_PATH_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* The item at `path`; NULL if a part of the path is absent. Each key has at most 63 bytes. */
const cJSON *json_item(const cJSON *object, const char *path);

/* The number at `path`; NAN if it is absent, null or not a number. */
double json_number(const cJSON *object, const char *path);

/* The string at `path`, owned by the document; NULL if it is absent, null or not a string. */
const char *json_text(const cJSON *object, const char *path);

/* Whether an item means the same as an absent one: it is absent, null, false or 0. */
bool json_says_nothing(const cJSON *item);

#endif
