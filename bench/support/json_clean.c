/* json_clean.c - see json_clean.h. */
#include "bench/support/json_clean.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

static void clean(char *text) {
    static const char end[] = "...";
    bool cut = strlen(text) > JSON_TEXT_MAX;
    if (cut) text[JSON_TEXT_MAX + 1 - sizeof end] = '\0';
    utf8_clean(text);
    if (cut) strcat(text, end);
}

cJSON *json_clean(cJSON *json) {
    if (!json) return NULL;
    if (json->string) clean(json->string);
    if (cJSON_IsString(json)) clean(json->valuestring);
    for (cJSON *item = json->child; item; item = item->next) json_clean(item);
    return json;
}
