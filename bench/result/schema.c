/* schema.c - a validator for a subset of JSON Schema with one-line error messages; see schema.h.
 * Invariant: the recursion depth is at most DEPTH_MAX. */
#include "bench/result/schema.h"

#include "base/check.h"
#include "base/format.h"

#include "bench/support/nearest.h"
#include "bench/support/reason.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 64
#define FIELD_PATH_SIZE 256 /* leaves room for the message in a reason */
#define TEXTS_SIZE 256
#define WORD_MAX 64
#define MEMBERS_MAX 1000 /* fields of one object; lookup by key is linear in cJSON */

struct checker {
    const cJSON *definitions;   /* $defs of the schema; NULL if it has none */
    char path[FIELD_PATH_SIZE]; /* position in the document, "cells[3].scenario" */
    size_t path_length;
    unsigned depth;        /* recursion depth of check() */
    bool strict;           /* objects must have all declared fields and no others */
    struct reason *reason; /* receives the error; NULL while alternatives are tried */
};

static bool check(struct checker *c, const cJSON *schema, const cJSON *item);

static bool fault(struct checker *c, const char *format, ...) FORMAT_PRINTF(2, 3);

static bool fault(struct checker *c, const char *format, ...) {
    if (!c->reason) return false;
    va_list rest;
    reason_set(c->reason, "%s%s", c->path, c->path_length ? ": " : "");
    va_start(rest, format);
    reason_add_list(c->reason, format, rest);
    va_end(rest);
    return false;
}

/* Appends a key, or an index if `key` is NULL, to the path. Returns the old length for path_cut. A
 * path that is too long is cut. */
static size_t path_enter(struct checker *c, const char *key, int index) {
    size_t before = c->path_length, room = sizeof c->path - before;
    int n = key ? snprintf(c->path + before, room, "%s%s", before ? "." : "", key)
                : snprintf(c->path + before, room, "[%d]", index);
    CHECK_OP(n, >=, 0); /* 0: an empty key at the root */
    c->path_length += (size_t)n < room ? (size_t)n : room - 1;
    return before;
}

static void path_cut(struct checker *c, size_t length) {
    c->path_length = length;
    c->path[length] = '\0';
}

static bool fault_unknown(struct checker *c, const cJSON *properties, const char *key) {
    const char *names[WORD_MAX + 1];
    size_t count = 0;
    for (const cJSON *p = properties ? properties->child : NULL; p && count < WORD_MAX; p = p->next)
        names[count++] = p->string;
    names[count] = NULL;
    const char *nearest = nearest_word(key, names);
    if (nearest) return fault(c, "unknown field; did you mean \"%s\"?", nearest);
    return fault(c, "unknown field");
}

/* ---- keywords ---- */

static bool is_whole(const cJSON *item) {
    return cJSON_IsNumber(item) && isfinite(item->valuedouble) &&
           floor(item->valuedouble) == item->valuedouble;
}

static bool has_type(const cJSON *item, const char *type) {
    if (!strcmp(type, "object")) return cJSON_IsObject(item);
    if (!strcmp(type, "array")) return cJSON_IsArray(item);
    if (!strcmp(type, "string")) return cJSON_IsString(item);
    if (!strcmp(type, "number")) return cJSON_IsNumber(item) && isfinite(item->valuedouble);
    if (!strcmp(type, "integer")) return is_whole(item);
    if (!strcmp(type, "boolean")) return cJSON_IsBool(item);
    CHECK(!strcmp(type, "null"));
    return cJSON_IsNull(item);
}

/* Joins the values of an array for an error message: "a, b or null". */
static void join(const cJSON *list, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (const cJSON *i = list->child; i && used < size; i = i->next) {
        char *printed = cJSON_IsString(i) ? NULL : cJSON_PrintUnformatted(i);
        int n = snprintf(text + used, size - used, "%s%s", used ? (i->next ? ", " : " or ") : "",
                         printed ? printed : i->valuestring);
        cJSON_free(printed);
        used += n > 0 ? (size_t)n : 0;
    }
}

static bool check_type(struct checker *c, const cJSON *type, const cJSON *item) {
    if (cJSON_IsString(type))
        return has_type(item, type->valuestring) || fault(c, "not of type %s", type->valuestring);
    for (const cJSON *t = type->child; t; t = t->next)
        if (has_type(item, t->valuestring)) return true;
    char types[WORD_MAX];
    join(type, types, sizeof types);
    return fault(c, "not of type %s", types);
}

static bool check_enum(struct checker *c, const cJSON *values, const cJSON *item) {
    for (const cJSON *v = values->child; v; v = v->next)
        if (cJSON_Compare(v, item, true)) return true;
    char texts[TEXTS_SIZE];
    join(values, texts, sizeof texts);
    return fault(c, "not one of %s", texts);
}

static bool check_const(struct checker *c, const cJSON *value, const cJSON *item) {
    if (cJSON_Compare(value, item, true)) return true;
    char *text = cJSON_PrintUnformatted(value);
    fault(c, "not %s", text ? text : "the constant");
    cJSON_free(text);
    return false;
}

static bool check_required(struct checker *c, const cJSON *names, const cJSON *item) {
    if (!cJSON_IsObject(item)) return true;
    for (const cJSON *n = names->child; n; n = n->next)
        if (!cJSON_GetObjectItemCaseSensitive(item, n->valuestring))
            return fault(c, "\"%s\" is missing", n->valuestring);
    return true;
}

/* Whether the object has every declared field, except those with a default, which may be absent. */
static bool check_complete(struct checker *c, const cJSON *properties, const cJSON *item) {
    const cJSON *p;
    cJSON_ArrayForEach(p, properties) {
        if (cJSON_GetObjectItemCaseSensitive(item, p->string) ||
            cJSON_GetObjectItemCaseSensitive(p, "default"))
            continue;
        return fault(c, "\"%s\" is missing but declared in the schema", p->string);
    }
    return true;
}

static bool check_members(struct checker *c, const cJSON *schema, const cJSON *item) {
    const cJSON *properties = cJSON_GetObjectItemCaseSensitive(schema, "properties");
    const cJSON *others = cJSON_GetObjectItemCaseSensitive(schema, "additionalProperties");
    if (!cJSON_IsObject(item) || (!properties && !others)) return true;
    if (c->strict && !check_complete(c, properties, item)) return false;
    int members = 0;
    for (const cJSON *m = item->child; m; m = m->next) {
        if (++members > MEMBERS_MAX) return fault(c, "more than %d fields", MEMBERS_MAX);
        size_t before = path_enter(c, m->string, 0);
        const cJSON *own =
            properties ? cJSON_GetObjectItemCaseSensitive(properties, m->string) : NULL;
        bool fine = true;
        if (own)
            fine = check(c, own, m);
        else if (cJSON_IsFalse(others) || (c->strict && !others))
            fine = fault_unknown(c, properties, m->string);
        else if (cJSON_IsObject(others))
            fine = check(c, others, m);
        /* cJSON keeps duplicate keys, but lookups find only the first */
        if (fine && cJSON_GetObjectItemCaseSensitive(item, m->string) != m)
            fine = fault(c, "given twice");
        if (!fine) return false;
        path_cut(c, before);
    }
    return true;
}

static bool check_items(struct checker *c, const cJSON *schema, const cJSON *item) {
    if (!cJSON_IsArray(item)) return true;
    int index = 0;
    for (const cJSON *i = item->child; i; i = i->next, index++) {
        size_t before = path_enter(c, NULL, index);
        if (!check(c, schema, i)) return false;
        path_cut(c, before);
    }
    return true;
}

static bool check_one_of(struct checker *c, const cJSON *alternatives, const cJSON *item) {
    struct reason *reason = c->reason;
    size_t before = c->path_length;
    int matches = 0;
    c->reason = NULL;
    for (const cJSON *a = alternatives->child; a; a = a->next) {
        matches += check(c, a, item);
        path_cut(c, before);
    }
    c->reason = reason;
    if (matches == 1) return true;
    char *text = cJSON_PrintUnformatted(alternatives);
    fault(c, "must be exactly one of %s", text ? text : "its alternatives");
    cJSON_free(text);
    return false;
}

static bool check_number(struct checker *c, const cJSON *keyword, const cJSON *item) {
    if (!cJSON_IsNumber(item)) return true;
    double limit = keyword->valuedouble, x = item->valuedouble;
    int digits = fabs(x - limit) > 1e-14 * fabs(limit) ? 15 : 17;
    if (!strcmp(keyword->string, "minimum"))
        return x >= limit || fault(c, "%.*g is below %.*g", digits, x, digits, limit);
    if (!strcmp(keyword->string, "maximum"))
        return x <= limit || fault(c, "%.*g is above %.*g", digits, x, digits, limit);
    return x > limit || fault(c, "%.*g is not above %.*g", digits, x, digits, limit);
}

static bool check_length(struct checker *c, const cJSON *keyword, const cJSON *item) {
    if (!cJSON_IsArray(item)) return true;
    int limit = keyword->valueint, length = cJSON_GetArraySize(item);
    if (!strcmp(keyword->string, "minItems"))
        return length >= limit || fault(c, "%d items, fewer than %d", length, limit);
    return length <= limit || fault(c, "%d items, more than %d", length, limit);
}

static bool check_ref(struct checker *c, const char *ref, const cJSON *item) {
    static const char prefix[] = "#/$defs/";
    CHECK(strncmp(ref, prefix, sizeof prefix - 1) == 0);
    const cJSON *schema = cJSON_GetObjectItemCaseSensitive(c->definitions, ref + sizeof prefix - 1);
    CHECK(schema);
    return check(c, schema, item);
}

static bool check_keyword(struct checker *c, const cJSON *schema, const cJSON *k,
                          const cJSON *item) {
    static const char *const annotations[] = {"$schema", "$id",         "$defs",  "title",
                                              "default", "description", "format", "examples"};
    const char *name = k->string;
    /* the keywords of the numbers in long arrays come first */
    if (!strcmp(name, "$ref")) return check_ref(c, k->valuestring, item);
    if (!strcmp(name, "type")) return check_type(c, k, item);
    if (!strcmp(name, "minimum") || !strcmp(name, "maximum") || !strcmp(name, "exclusiveMinimum"))
        return check_number(c, k, item);
    if (!strcmp(name, "enum")) return check_enum(c, k, item);
    if (!strcmp(name, "const")) return check_const(c, k, item);
    if (!strcmp(name, "required")) return check_required(c, k, item);
    if (!strcmp(name, "items")) return check_items(c, k, item);
    if (!strcmp(name, "oneOf")) return check_one_of(c, k, item);
    if (!strcmp(name, "minItems") || !strcmp(name, "maxItems")) return check_length(c, k, item);
    if (!strcmp(name, "minimum") || !strcmp(name, "maximum") || !strcmp(name, "exclusiveMinimum"))
        return check_number(c, k, item);
    if (!strcmp(name, "properties")) return check_members(c, schema, item);
    if (!strcmp(name, "additionalProperties"))
        return cJSON_GetObjectItemCaseSensitive(schema, "properties")
                   ? true /* checked together with properties */
                   : check_members(c, schema, item);
    for (size_t i = 0; i < sizeof annotations / sizeof *annotations; i++)
        if (!strcmp(name, annotations[i])) return true;
    bool keyword_known = false;
    CHECK(keyword_known);
    return false;
}

static bool check(struct checker *c, const cJSON *schema, const cJSON *item) {
    if (c->depth == DEPTH_MAX) return fault(c, "nested more than %d deep", DEPTH_MAX);
    c->depth++;
    bool fine = true;
    for (const cJSON *k = schema->child; k && fine; k = k->next)
        fine = check_keyword(c, schema, k, item);
    c->depth--;
    return fine;
}

static bool check_from(struct checker *c, const cJSON *schema, const char *definition,
                       const cJSON *document, const char *root) {
    c->definitions = cJSON_GetObjectItemCaseSensitive(schema, "$defs");
    if (*root) path_enter(c, root, 0);
    const cJSON *start =
        definition ? cJSON_GetObjectItemCaseSensitive(c->definitions, definition) : schema;
    CHECK(start);
    return check(c, start, document);
}

bool schema_check(const cJSON *schema, const char *definition, const cJSON *document,
                  const char *root, struct reason *reason) {
    struct checker c = {.reason = reason};
    return check_from(&c, schema, definition, document, root);
}

bool schema_check_strict(const cJSON *schema, const char *definition, const cJSON *document,
                         const char *root, struct reason *reason) {
    struct checker c = {.reason = reason, .strict = true};
    return check_from(&c, schema, definition, document, root);
}
