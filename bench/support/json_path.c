/* json_path.c - lookup by dotted path; see json_path.h. */
#include "bench/support/json_path.h"

#include "base/check.h"

#include <math.h>
#include <string.h>

const cJSON *json_item(const cJSON *object, const char *path) {
    while (object) {
        char key[64];
        size_t length = strcspn(path, ".");
        CHECK_OP(length, <, sizeof key);
        memcpy(key, path, length);
        key[length] = '\0';
        object = cJSON_GetObjectItemCaseSensitive(object, key);
        if (!path[length]) break;
        path += length + 1;
    }
    return object;
}

double json_number(const cJSON *object, const char *path) {
    const cJSON *item = json_item(object, path);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

const char *json_text(const cJSON *object, const char *path) {
    const cJSON *item = json_item(object, path);
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

bool json_says_nothing(const cJSON *item) {
    return !item || cJSON_IsNull(item) || cJSON_IsFalse(item) ||
           (cJSON_IsNumber(item) && item->valuedouble == 0);
}
