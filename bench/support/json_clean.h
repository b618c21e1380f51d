/* json_clean.h - cleans the texts of a JSON document that come from outside. */
#ifndef BENCH_SUPPORT_JSON_CLEAN_H
#define BENCH_SUPPORT_JSON_CLEAN_H

#include <cjson/cJSON.h>

#define JSON_TEXT_MAX 8192 /* bytes that json_clean keeps of a text */

/* Cleans all keys and texts below `json` with utf8_clean. A longer text is cut and ends in "...".
 * NULL has none. Returns `json`. */
cJSON *json_clean(cJSON *json);

#endif
