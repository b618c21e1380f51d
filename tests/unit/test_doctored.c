/* test_doctored.c - changes every number, boolean and null of a result, one at a time, and expects
 * that the file is refused. What the other fields cannot contradict is listed in results/README.md,
 * under "What no reader can know"; nothing else may pass. Must run from the top of the source tree.
 * An argument names another result to doctor. */
#include "bench/result/result_file.h"
#include "bench/support/files.h"
#include "bench/support/json_file.h"
#include "bench/support/reason.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define README "results/README.md"
#define HEADING "### What no reader can know"
#define PATH_ROOM 160
#define ROWS_MAX 100
#define LONG 8 /* of a longer array only some items are changed */

/* All kinds of load; slices. */
static const char *const files[] = {"results/samples/every-load-2cpu.json",
                                    "results/samples/rotation-2cpu.json"};
static const char *file;

/* ---- the list ---- */

/* The changes, by the words of the list. */
enum change { CLOSE, ZERO, NEGATED, TO_NULL, FROM_NULL, TOGGLED, CHANGES };
static const char *const change_words[CHANGES] = {"close", "zero",   "negated",
                                                  "null",  "number", "toggled"};

/* A row of the list: the path with [] for every index, and the changes that may pass. */
struct row {
    char path[PATH_ROOM];
    bool passes[CHANGES];
};

struct list {
    struct row rows[ROWS_MAX];
    size_t count;
};

static void read_words(struct row *row, char *words) {
    for (char *word = strtok(words, " ,|\n"); word; word = strtok(NULL, " ,|\n")) {
        int change = 0;
        while (change < CHANGES && strcmp(word, change_words[change]) != 0) change++;
        if (change < CHANGES)
            row->passes[change] = true;
        else
            fail_msg("%s: %s: unknown change \"%s\"", README, row->path, word);
    }
}

/* Reads rows of the form "| `PATH` | CHANGE, ... | why |". */
static void read_list(struct list *list) {
    FILE *stream = fopen(README, "r");
    char line[512], words[64];
    bool inside = false;
    assert_non_null(stream);
    list->count = 0;
    while (fgets(line, sizeof line, stream)) {
        if (*line == '#') inside = strncmp(line, HEADING, strlen(HEADING)) == 0;
        if (!inside || strncmp(line, "| `", 3) != 0) continue;
        assert_true(list->count < ROWS_MAX);
        struct row *row = &list->rows[list->count++];
        *row = (struct row){.path = ""};
        assert_int_equal(sscanf(line, "| `%159[^`]` | %63[^|]|", row->path, words), 2);
        read_words(row, words);
    }
    fclose(stream);
    assert_true(list->count > 0);
}

static bool listed(const struct list *list, const char *path, enum change change) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->rows[i].path, path) == 0) return list->rows[i].passes[change];
    return false;
}

/* ---- changes ---- */

struct doctor {
    const cJSON *schema;
    cJSON *document; /* all but the cells */
    cJSON *cells;    /* all cells */
    cJSON *few;      /* the cells that are checked first; NULL: all */
    struct list list;
    size_t tried, refused, wrong;
};

static bool accepted(struct doctor *d, cJSON *cells) {
    struct reason reason;
    cJSON_AddItemToObject(d->document, "cells", cells);
    bool fine = result_file_check(d->schema, d->document, &reason);
    cJSON_DetachItemViaPointer(d->document, cells);
    return fine;
}

/* Tries one change, which was made already. */
static void try_change(struct doctor *d, const char *path, const char *bare, enum change change,
                       const char *what) {
    d->tried++;
    if ((d->few && !accepted(d, d->few)) || !accepted(d, d->cells)) {
        d->refused++;
    } else if (!listed(&d->list, bare, change)) {
        d->wrong++;
        print_error("%s: %s passes\n", path, what);
    }
}

static void try_number(struct doctor *d, cJSON *item, const char *path, const char *bare,
                       enum change change, double value) {
    double before = item->valuedouble;
    char what[64];
    if (value == before) return;
    snprintf(what, sizeof what, "%s: %.17g for %.17g", change_words[change], value, before);
    cJSON_SetNumberHelper(item, value);
    try_change(d, path, bare, change, what);
    cJSON_SetNumberHelper(item, before);
}

static void try_type(struct doctor *d, cJSON *item, const char *path, const char *bare,
                     enum change change, int type) {
    int before = item->type;
    item->type = type | (before & ~0xff);
    try_change(d, path, bare, change, change_words[change]);
    item->type = before;
}

static void doctor_leaf(struct doctor *d, cJSON *item, const char *path, const char *bare) {
    if (cJSON_IsNumber(item)) {
        double x = item->valuedouble, more = x * 1.01;
        if (x == floor(x)) more = fmax(x + 1, round(more)); /* a whole number stays one */
        try_number(d, item, path, bare, CLOSE, more);
        try_number(d, item, path, bare, CLOSE, x + 1);
        try_number(d, item, path, bare, CLOSE, x - 1);
        try_number(d, item, path, bare, ZERO, 0);
        try_number(d, item, path, bare, NEGATED, -x);
        try_type(d, item, path, bare, TO_NULL, cJSON_NULL);
    } else if (cJSON_IsBool(item)) {
        try_type(d, item, path, bare, TOGGLED, cJSON_IsTrue(item) ? cJSON_False : cJSON_True);
        try_type(d, item, path, bare, TO_NULL, cJSON_NULL);
    } else if (cJSON_IsNull(item)) {
        item->valuedouble = item->valueint = 1;
        try_type(d, item, path, bare, FROM_NULL, cJSON_Number);
    }
}

/* Of a long list of numbers or steps, only some items are changed. */
static bool left_out(const cJSON *array, int index, int count) {
    const cJSON *first = array->child;
    bool many = cJSON_IsNumber(first) || cJSON_GetObjectItemCaseSensitive(first, "t_s");
    return many && count > LONG && index > 1 && index != count / 2 && index != count - 1;
}

static void doctor_all(struct doctor *d, cJSON *item, const char *path, const char *bare) {
    cJSON *child;
    int index = 0, count = cJSON_GetArraySize(item);
    if (!cJSON_IsObject(item) && !cJSON_IsArray(item)) {
        doctor_leaf(d, item, path, bare);
        return;
    }
    cJSON_ArrayForEach(child, item) {
        char deeper[PATH_ROOM], deeper_bare[PATH_ROOM];
        bool array = cJSON_IsArray(item);
        int i = index++;
        if (array && left_out(item, i, count)) continue;
        if (array)
            snprintf(deeper, sizeof deeper, "%s[%d]", path, i);
        else
            snprintf(deeper, sizeof deeper, "%s%s%s", path, *path ? "." : "", child->string);
        if (array)
            snprintf(deeper_bare, sizeof deeper_bare, "%s[]", bare);
        else
            snprintf(deeper_bare, sizeof deeper_bare, "%s%s%s", bare, *bare ? "." : "",
                     child->string);
        doctor_all(d, child, deeper, deeper_bare);
    }
}

/* Each change is tried with one cell first, which takes less time than with all. A cell that needs
 * others is not tried alone. */
static void doctor_with(struct doctor *d, cJSON *item, cJSON *cell, const char *path,
                        const char *bare) {
    cJSON *alone = cJSON_CreateArray();
    cJSON_AddItemReferenceToArray(alone, cell);
    d->few = accepted(d, alone) ? alone : NULL;
    doctor_all(d, item, path, bare);
    d->few = NULL;
    cJSON_Delete(alone);
}

/* ---- tests ---- */

static struct doctor doctor;

static int open_file(void **state) {
    (void)state;
    struct reason reason;
    if (!files_may(file, FILES_EXIST)) return 0;
    cJSON *schema = json_file_read("results/iobench-result.schema.json", &reason);
    cJSON *document = json_file_read(file, &reason);
    if (!schema || !document || !result_file_check(schema, document, &reason)) {
        print_error("%s: %s\n", file, reason.text);
        return 1;
    }
    doctor = (struct doctor){.schema = schema,
                             .document = document,
                             .cells = cJSON_DetachItemFromObject(document, "cells")};
    return 0;
}

static int close_file(void **state) {
    (void)state;
    cJSON_Delete(doctor.cells);
    cJSON_Delete(doctor.document);
    cJSON_Delete((cJSON *)doctor.schema);
    return 0;
}

static void need_file(void) {
    if (doctor.document) return;
    print_message("skip: %s is not there\n", file);
    skip();
}

static void a_changed_field_is_refused(void **state) {
    (void)state;
    struct doctor *d = &doctor;
    cJSON *cell;
    int index = 0;
    need_file();
    read_list(&d->list);
    doctor_with(d, d->document, d->cells->child, "", "");
    cJSON_ArrayForEach(cell, d->cells) {
        char path[32];
        snprintf(path, sizeof path, "cells[%d]", index++);
        doctor_with(d, cell, cell, path, "cells[]");
    }
    print_message("%s: %d of %d changes refused, %d passed without being listed\n", file,
                  (int)d->refused, (int)d->tried, (int)d->wrong);
    assert_int_equal(d->wrong, 0);
}

/* Whether the document is accepted with another text in place of a text or null. */
static bool accepted_with(cJSON *item, const char *text) {
    cJSON before = *item;
    item->type = (before.type & ~0xff) | cJSON_String;
    item->valuestring = (char *)text;
    bool fine = accepted(&doctor, doctor.cells);
    item->type = before.type;
    item->valuestring = before.valuestring;
    return fine;
}

static void expect_one_of(cJSON *item, const char *const *texts, size_t count) {
    const char *is = cJSON_GetStringValue(item);
    for (size_t i = 0; i < count; i++) {
        bool same = is && strcmp(texts[i], is) == 0;
        if (accepted_with(item, texts[i]) != same)
            fail_msg("%s: \"%s\" for \"%s\" is %s", item->string, texts[i], is ? is : "null",
                     same ? "refused" : "accepted");
    }
}

/* Adds a code with its reason, or removes the last one; then again the other way. */
static void expect_codes(cJSON *validity) {
    cJSON *codes = cJSON_GetObjectItem(validity, "codes");
    cJSON *reasons = cJSON_GetObjectItem(validity, "reasons");
    int count = cJSON_GetArraySize(codes);
    cJSON_AddItemToArray(codes, cJSON_CreateString("starved"));
    cJSON_AddItemToArray(reasons, cJSON_CreateString("made up"));
    assert_false(accepted(&doctor, doctor.cells));
    cJSON_DeleteItemFromArray(codes, count);
    cJSON_DeleteItemFromArray(reasons, count);
    if (count < 2) return;
    cJSON *code = cJSON_DetachItemFromArray(codes, count - 1);
    cJSON *reason = cJSON_DetachItemFromArray(reasons, count - 1);
    assert_false(accepted(&doctor, doctor.cells));
    cJSON_AddItemToArray(codes, code);
    cJSON_AddItemToArray(reasons, reason);
    assert_true(accepted(&doctor, doctor.cells));
}

static void a_changed_verdict_is_refused(void **state) {
    (void)state;
    static const char *const verdicts[] = {"valid", "suspect", "invalid"};
    static const char *const bounds[] = {"none", "server", "client", "both"};
    cJSON *cell, *sample;
    need_file();
    cJSON_ArrayForEach(cell, doctor.cells) {
        cJSON_ArrayForEach(sample, cJSON_GetObjectItem(cell, "samples")) {
            cJSON *validity = cJSON_GetObjectItem(sample, "validity");
            cJSON *loadgen = cJSON_GetObjectItem(sample, "loadgen");
            expect_one_of(cJSON_GetObjectItem(validity, "verdict"), verdicts, 3);
            if (cJSON_IsObject(loadgen))
                expect_one_of(cJSON_GetObjectItem(loadgen, "bound"), bounds, 4);
            expect_codes(validity);
        }
    }
}

static void dates_are_real(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool fine;
    } dates[] = {{"2024-02-29T23:59:59Z", true},
                 {"2026-02-29T00:00:00Z", false},
                 {"2100-02-29T00:00:00Z", false},
                 {"2000-02-29T00:00:00Z", true},
                 {"2026-04-31T00:00:00Z", false},
                 {"2026-12-31T00:00:00Z", true},
                 {"2026-13-01T00:00:00Z", false},
                 {"2026-00-10T00:00:00Z", false},
                 {"2026-01-00T00:00:00Z", false},
                 {"2026-01-01T24:00:00Z", false},
                 {"2026-01-01T00:60:00Z", false},
                 {"2026-01-01T00:00:60Z", false},
                 {"2026-1-01T00:00:00Z", false},
                 {"2026-01-01 00:00:00Z", false},
                 {"2026-01-01T00:00:00", false},
                 {"2026-01-01T00:00:00Zx", false},
                 {"", false}};
    need_file();
    cJSON *session = cJSON_GetObjectItem(doctor.document, "session");
    cJSON *id = cJSON_GetObjectItem(session, "id"),
          *at = cJSON_GetObjectItem(session, "started_utc");
    assert_false(accepted_with(at, dates[0].text)); /* not the time of the id */
    char *before = id->valuestring, other[] = "other";
    id->valuestring = other;
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
        if (accepted_with(at, dates[i].text) != dates[i].fine)
            fail_msg("\"%s\" is %s", dates[i].text, dates[i].fine ? "refused" : "accepted");
    id->valuestring = before;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_changed_field_is_refused),
                                       cmocka_unit_test(a_changed_verdict_is_refused),
                                       cmocka_unit_test(dates_are_real)};
    int failed = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files && (i == 0 || argc == 1); i++) {
        file = argc > 1 ? argv[1] : files[i];
        failed += cmocka_run_group_tests_name("doctored", tests, open_file, close_file);
    }
    return failed;
}
