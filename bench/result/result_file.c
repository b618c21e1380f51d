/* result_file.c - reading result files.
 * Invariant: the version is looked at first, so that a newer file is refused as newer and not for a
 * detail. */
#include "bench/result/result_file.h"

#include "bench/result/identities.h"
#include "bench/support/json_file.h"
#include "bench/result/schema.h"

#include <stdio.h>
#include <string.h>

#define VERSION_MAJOR 1

static bool check_version(const cJSON *document, char *reason, size_t size) {
    const cJSON *schema = cJSON_GetObjectItemCaseSensitive(document, "schema");
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(schema, "name"));
    const cJSON *major = cJSON_GetObjectItemCaseSensitive(schema, "version_major");
    if (!name || strcmp(name, "iobench-result") != 0) {
        snprintf(reason, size, "schema.name: not \"iobench-result\"");
        return false;
    }
    if (cJSON_IsNumber(major) && major->valuedouble != VERSION_MAJOR) {
        snprintf(reason, size, "schema.version_major: is %.17g; this iobench reads %d",
                 major->valuedouble, VERSION_MAJOR);
        return false;
    }
    return true;
}

bool result_file_check(const cJSON *schema, const cJSON *document, char *reason,
                       size_t reason_size) {
    return check_version(document, reason, reason_size) &&
           schema_check(schema, NULL, document, "", reason, reason_size) &&
           identities_check(document, reason, reason_size);
}

cJSON *result_file_read(const struct paths *paths, const char *path, char *reason,
                        size_t reason_size) {
    char why[JSON_REASON_SIZE];
    cJSON *schema = json_file_read(paths->result_schema, why, sizeof why);
    if (!schema) {
        snprintf(reason, reason_size, "%s: %s", paths->result_schema, why);
        return NULL;
    }
    cJSON *document = json_file_read(path, reason, reason_size);
    if (document && !result_file_check(schema, document, reason, reason_size)) {
        cJSON_Delete(document);
        document = NULL;
    }
    cJSON_Delete(schema);
    return document;
}
