/* compare_files.h - builds results for tests of comparisons, and compares them. The results contain
 * only the fields that a comparison reads. */
#ifndef TESTS_UNIT_COMPARE_FILES_H
#define TESTS_UNIT_COMPARE_FILES_H

#include "bench/gate/compare.h"
#include "bench/gate/sides.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CLOSED "epoll/closed/c50/d1/64B"
#define OPEN "epoll/open/c50/r20000/poisson/k1/64B"

/* ---- results ---- */

static inline cJSON *parse(const char *text) {
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    return json;
}

static inline cJSON *new_result(const char *session) {
    cJSON *file = parse(
        "{\"session\":{\"mode\":\"run\",\"complete\":true},\"env\":{\"host\":{\"os\":\"Linux\","
        "\"kernel\":\"6.1\",\"arch\":\"x86_64\",\"emulator\":null},"
        "\"cpu\":{\"model\":\"Fast One\",\"logical\":4,\"mitigations\":{\"retbleed\":\"none\"}}},"
        "\"builds\":[{\"id\":\"s\",\"sha256\":\"5e\",\"compiler\":\"gcc 12\",\"cflags\":\"-O2\","
        "\"build_type\":\"release\"},{\"id\":\"l\",\"sha256\":\"10\"}],\"cells\":[]}");
    cJSON_AddStringToObject(cJSON_GetObjectItem(file, "session"), "id", session);
    return file;
}

/* Appends a cell without slots; load is "closed", "open" or "churn". */
static inline cJSON *add_cell(cJSON *file, const char *id, const char *load) {
    cJSON *cell =
        parse("{\"scenario\":{\"phase\":\"p\",\"server\":{\"model\":\"epoll\",\"options\":{},"
              "\"command\":null},\"duration_s\":1,\"rate_per_s\":null,\"saturating\":false,"
              "\"placement\":{\"server\":[0],\"loadgen\":[1]}}}");
    cJSON_AddStringToObject(cell, "id", id);
    /* for add_slots: sessions measure different times */
    cJSON_AddNumberToObject(cell, "tag", json_text(file, "session.id")[0]);
    cJSON_AddStringToObject(cJSON_GetObjectItem(cell, "scenario"), "load", load);
    cJSON_AddItemToArray(cJSON_GetObjectItem(file, "cells"), cell);
    return cell;
}

/* Appends slots whose figures are near the given ones and differ slightly from each other. No two
 * slots of a test have the same warm-up, except in results with the same session. */
static inline void add_slots(cJSON *cell, int count, double throughput, double cpu_ns,
                             const char *bound) {
    cJSON *samples = cJSON_GetObjectItem(cell, "samples");
    if (!samples) samples = cJSON_AddArrayToObject(cell, "samples");
    for (int i = 0; i < count; i++) {
        double off = 1 + 0.001 * (i % 9);
        char text[768];
        snprintf(text, sizeof text,
                 "{\"build\":\"s\",\"order\":%d,\"warmup_s\":%.17g,\"messages\":5000,"
                 "\"errors\":{\"connect\":0,\"reset\":0,\"timeout\":0,\"short\":0,\"mismatch\":0},"
                 "\"throughput_per_s\":%.17g,\"latency\":{\"p50_ns\":%.17g,"
                 "\"p99_ns\":%.17g},\"server\":{\"cpu_ns_per_echo\":%.17g},"
                 "\"loadgen\":{\"build\":\"l\",\"transport\":\"epoll\",\"threads\":1,"
                 "\"bound\":\"%s\"},\"validity\":{\"verdict\":\"valid\",\"reasons\":[]}}",
                 i, json_number(cell, "tag") + 1e-4 * cJSON_GetArraySize(samples), throughput * off,
                 1e5 * off, 3e5 * off, cpu_ns * off, bound);
        cJSON_AddItemToArray(samples, parse(text));
    }
}

/* A result with one closed cell. */
static inline cJSON *closed_result(const char *session, int slots, double throughput,
                                   double cpu_ns) {
    cJSON *file = new_result(session);
    add_slots(add_cell(file, CLOSED, "closed"), slots, throughput, cpu_ns, "server");
    return file;
}

/* Replaces the value at a dotted path. */
static inline void set(cJSON *file, const char *path, const char *value) {
    char parent[128];
    const char *key = strrchr(path, '.') + 1;
    snprintf(parent, sizeof parent, "%.*s", (int)(key - path - 1), path);
    cJSON *object = (cJSON *)json_item(file, parent);
    assert_non_null(object);
    cJSON_DeleteItemFromObject(object, key);
    cJSON_AddItemToObject(object, key, parse(value));
}

/* Turns slot `index` of a cell into one that is not valid, with this code and reason. */
static inline void spoil(cJSON *cell, int index, const char *verdict, const char *code) {
    cJSON *slot = cJSON_GetArrayItem(cJSON_GetObjectItem(cell, "samples"), index);
    char text[160];
    assert_non_null(slot);
    cJSON_DeleteItemFromObject(slot, "validity");
    snprintf(text, sizeof text,
             "{\"verdict\":\"%s\",\"codes\":[\"%s\"],\"reasons\":[\"it is %s\"]}", verdict, code,
             code);
    cJSON_AddItemToObject(slot, "validity", parse(text));
}

static inline cJSON *cell_of(cJSON *file, int index) {
    return cJSON_GetArrayItem(cJSON_GetObjectItem(file, "cells"), index);
}

/* ---- comparing them ---- */

enum { FILES_MAX = 4 };

/* The files of both sides; each list ends with NULL. */
struct sides {
    cJSON *left[FILES_MAX], *right[FILES_MAX];
};

static const char *const names[FILES_MAX] = {"1.json", "2.json", "3.json", "4.json"};

static inline size_t count_of(cJSON *const *files) {
    size_t count = 0;
    while (count < FILES_MAX && files[count]) count++;
    return count;
}

static inline void build_sides(const struct sides *s, struct side sides[SIDES]) {
    sides[SIDE_BASELINE] = (struct side){s->left, names, count_of(s->left)};
    sides[SIDE_CANDIDATE] = (struct side){s->right, names, count_of(s->right)};
}

static inline void delete_sides(const struct sides *s) {
    for (int i = 0; i < FILES_MAX; i++) {
        cJSON_Delete(s->left[i]);
        cJSON_Delete(s->right[i]);
    }
}

/* Compares and deletes the files. The caller clears the report. */
static inline void compare(struct gate_report *report, struct sides s, unsigned vary, bool gate) {
    struct side sides[SIDES];
    struct reason reason;
    build_sides(&s, sides);
    if (!sides_possible(sides, &reason)) fail_msg("%s", reason.text);
    compare_build(report, sides, vary, gate);
    delete_sides(&s);
}

static inline void compare_two(struct gate_report *report, cJSON *left, cJSON *right,
                               unsigned vary) {
    compare(report, (struct sides){{left}, {right}}, vary, true);
}

static inline const struct gate_row *row_of(const struct gate_report *report, const char *cell,
                                            enum metric metric) {
    for (size_t i = 0; i < report->row_count; i++)
        if (strcmp(report->rows[i].cell, cell) == 0 && report->rows[i].metric == metric)
            return &report->rows[i];
    fail_msg("no row %s of %s", metrics[metric].key, cell);
    return NULL;
}

static inline void assert_near(double value, double expected, double error) {
    assert_true(fabs(value - expected) <= error);
}

static inline int exit_code(const struct gate_report *report) {
    struct reason why;
    return gate_exit_code(report, GATE_FAIL_REGRESSION, &why);
}

static inline void expect_verdict(const struct gate_row *row, enum gate_verdict verdict,
                                  const char *reason) {
    assert_string_equal(gate_verdict_names[row->verdict], gate_verdict_names[verdict]);
    assert_string_equal(row->reason.text, reason);
}

#endif
