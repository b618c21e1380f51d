/* json_path.h - values within a JSON document by dotted path, as in "host.os". */
#ifndef BENCH_SUPPORT_JSON_PATH_H
#define BENCH_SUPPORT_JSON_PATH_H

#include <cjson/cJSON.h>

/* The item at `path`, or NULL where a part of it is absent. Each key has at most 63 bytes. */
const cJSON *json_item(const cJSON *object, const char *path);

/* The number at `path`; NAN where it is absent, null or not a number. */
double json_number(const cJSON *object, const char *path);

/* The text at `path`, owned by the document; NULL where it is absent, null or not a text. */
const char *json_text(const cJSON *object, const char *path);

#endif
