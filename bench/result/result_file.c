/* result_file.c - reads and checks result files; see result_file.h. The version is checked first,
 * so that a file of a newer version is refused for its version and not for an unknown field. */
#include "bench/result/result_file.h"

#include "bench/result/codes.h"
#include "bench/result/identities.h"
#include "bench/result/scenario.h"
#include "bench/result/schema.h"
#include "bench/support/json_file.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"

#include <stdio.h>
#include <string.h>

static bool check_version(const cJSON *document, struct reason *reason) {
    const cJSON *schema = cJSON_GetObjectItemCaseSensitive(document, "schema");
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(schema, "name"));
    const cJSON *major = cJSON_GetObjectItemCaseSensitive(schema, "version_major");
    if (!name || strcmp(name, "iobench-result") != 0) {
        reason_set(reason, "schema.name: not \"iobench-result\"");
        return false;
    }
    if (cJSON_IsNumber(major) && major->valuedouble != RESULT_VERSION_MAJOR) {
        reason_set(reason, "schema.version_major: is %.17g; this iobench reads %d",
                   major->valuedouble, RESULT_VERSION_MAJOR);
        return false;
    }
    return true;
}

/* Whether all codes of the slots are known. Files of a later minor version may have others. */
static bool check_codes(const cJSON *document, struct reason *reason) {
    const cJSON *cell, *sample, *code;
    if (json_number(document, "schema.version_minor") > RESULT_VERSION_MINOR) return true;
    cJSON_ArrayForEach(cell, json_item(document, "cells")) {
        cJSON_ArrayForEach(sample, json_item(cell, "samples")) {
            cJSON_ArrayForEach(code, json_item(sample, "validity.codes")) {
                if (validity_read(code->valuestring) == VALIDITY_CODES)
                    return reason_set(reason, "cells: %s: validity.codes: unknown code \"%.60s\"",
                                      json_text(cell, "id"), code->valuestring);
            }
        }
    }
    return true;
}

bool result_file_check(const cJSON *schema, const cJSON *document, struct reason *reason) {
    return check_version(document, reason) && schema_check(schema, NULL, document, "", reason) &&
           identities_check(document, reason) && check_codes(document, reason);
}

cJSON *result_file_read(const struct paths *paths, const char *path, struct reason *reason) {
    struct reason why;
    cJSON *schema = json_file_read(paths->result_schema, &why);
    if (!schema) {
        reason_set(reason, "%s: %s", paths->result_schema, why.text);
        return NULL;
    }
    cJSON *document = json_file_read(path, reason);
    if (document && !result_file_check(schema, document, reason)) {
        cJSON_Delete(document);
        document = NULL;
    }
    if (document) scenario_add_arms(document);
    cJSON_Delete(schema);
    return document;
}
