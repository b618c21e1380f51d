/* list.c - `iobench list`: lists the models, their options and the suites.
 * Invariant: iobench has no built-in list of models; it prints what each server reports. */
#include "base/args.h"
#include "base/check.h"
#include "base/json.h"
#include "base/line.h"
#include "base/memory.h"

#include "bench/cmd/commands.h"
#include "bench/suite/models.h"
#include "bench/suite/suite.h"
#include "bench/support/exit_code.h"
#include "bench/support/json_clean.h"
#include "bench/support/json_file.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"
#include "bench/support/refuse.h"
#include "bench/support/terminal.h"
#include "bench/support/text.h"
#include "bench/support/width.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "iobench list"

#define SUMMARY_MIN 20 /* columns that are worth a column */

static bool available(const struct program *model) {
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(model->describe, "available"));
}

/* A text of a server's description, or "-" if the server did not report it. */
static const char *shown(const cJSON *describe, const char *key) {
    const char *text = json_text(describe, key);
    return text ? text : "-";
}

static void print_options(const struct program *model, int columns) {
    const cJSON *o, *choice;
    cJSON_ArrayForEach(o, cJSON_GetObjectItemCaseSensitive(model->describe, "options")) {
        struct text option = {0};
        text_add(&option, "  %s:%s=", model->name, shown(o, "name"));
        const char *separator = "";
        cJSON_ArrayForEach(choice, cJSON_GetObjectItemCaseSensitive(o, "choices")) {
            text_add(&option, "%s%s", separator,
                     cJSON_IsString(choice) ? choice->valuestring : "-");
            separator = "|";
        }
        if (!*separator)
            text_add(&option, "%.0f..%.0f", json_number(o, "min"), json_number(o, "max"));
        width_row(stdout, option.data, width_of(option.data), shown(o, "help"), columns);
        free(option.data);
    }
}

enum { MODEL, INITIATION, NOTIFICATION, AVAILABLE, COLUMNS };

/* What a row says before the summary. */
static void cells_of(const char *cells[COLUMNS], const struct program *p) {
    cells[MODEL] = p->name;
    cells[INITIATION] = shown(p->describe, "initiation");
    cells[NOTIFICATION] = shown(p->describe, "notification");
    cells[AVAILABLE] = available(p) ? "yes" : "no";
}

static void print_row(const char *const cells[COLUMNS], const int widths[COLUMNS],
                      const char *summary, int columns) {
    struct text row = {0};
    for (int k = 0; k < COLUMNS; k++)
        if (widths[k])
            text_add(&row, "%s%s%*s", k ? "  " : "", cells[k], widths[k] - width_of(cells[k]), "");
    width_row(stdout, row.data, width_of(row.data), summary, columns);
    free(row.data);
}

static void print_models(const struct models *m, int columns) {
    static const char *const titles[COLUMNS] = {"model", "initiation", "notification", "available"};
    const char *cells[COLUMNS];
    int widths[COLUMNS], whole = 0;
    for (int k = 0; k < COLUMNS; k++) widths[k] = width_of(titles[k]);
    for (size_t i = 0; i < m->count; i++) {
        cells_of(cells, &m->servers[i]);
        for (int k = 0; k < COLUMNS; k++)
            if (width_of(cells[k]) > widths[k]) widths[k] = width_of(cells[k]);
    }
    for (int k = 0; k < COLUMNS; k++) whole += widths[k] + 2;
    bool narrow = columns && whole + SUMMARY_MIN > columns;
    if (narrow) widths[INITIATION] = widths[NOTIFICATION] = 0;
    print_row(titles, widths, "summary", columns);
    for (size_t i = 0; i < m->count; i++) {
        const struct program *p = &m->servers[i];
        cells_of(cells, p);
        print_row(cells, widths, shown(p->describe, available(p) ? "summary" : "reason"), columns);
    }
    if (narrow)
        width_print(stdout, "left out: initiation, notification; --wide shows all columns.",
                    (struct width_place){.columns = columns});
}

static void print_table(const struct models *m, const cJSON *suites, int columns) {
    print_models(m, columns);
    printf("\noptions\n");
    for (size_t i = 0; i < m->count; i++) print_options(&m->servers[i], columns);
    printf("\nsuites\n");
    const cJSON *s;
    cJSON_ArrayForEach(s, suites) {
        char name[64];
        snprintf(name, sizeof name, "  %s", json_text(s, "name"));
        width_row(stdout, name, 14, json_text(s, "description"), columns);
    }
}

static void print_json(const struct models *m, const cJSON *suites) {
    cJSON *json = cJSON_CreateObject(), *models = cJSON_CreateArray();
    for (size_t i = 0; i < m->count; i++)
        CHECK(cJSON_AddItemToArray(models, cJSON_Duplicate(m->servers[i].describe, true)));
    json_add_item(json, "models", models);
    json_add_item(json, "suites", cJSON_Duplicate(suites, true));
    char *text = json_text_print(json);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(json);
}

/* Name and description of every suite that comes with iobench; owned by the caller. If a suite
 * cannot be loaded, its description is the reason. */
static cJSON *read_suites(const struct paths *paths) {
    char *names[SUITES_MAX];
    struct reason reason;
    size_t count = suite_names(paths, names);
    cJSON *suites = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++) {
        cJSON *suite = suite_load(paths, names[i], &reason), *entry;
        entry = cJSON_CreateObject();
        json_add_item(entry, "name", cJSON_CreateString(names[i]));
        json_add_item(entry, "description",
                      cJSON_CreateString(suite ? json_text(suite, "description") : reason.text));
        CHECK(cJSON_AddItemToArray(suites, json_clean(entry)));
        cJSON_Delete(suite);
        free(names[i]);
    }
    return suites;
}

static int list(bool as_json, int columns) {
    struct paths paths;
    struct process_loop loop;
    struct models *models = calloc(1, sizeof *models);
    struct reason reason;
    MEMORY_CHECK(models);
    int code = EXIT_USAGE;
    if (paths_find(&paths, NAME)) {
        int error = process_loop_open(&loop, false);
        if (error) {
            refuse(NAME, "event loop: %s", process_error_text(error));
        } else {
            if (models_find(models, &loop, &paths, &reason)) {
                cJSON *suites = read_suites(&paths);
                if (as_json)
                    print_json(models, suites);
                else
                    print_table(models, suites, columns);
                cJSON_Delete(suites);
                models_free(models);
                code = EXIT_FINE;
            } else {
                refuse(NAME, "%s", reason.text);
            }
            process_loop_close(&loop);
        }
    }
    free(models);
    return code;
}

int cmd_list(int argc, char **argv) {
    bool as_json = false, wide = false;
    const struct arg rows[] = {
        {"json", NULL, "print JSON instead of tables", .flag = &as_json},
        {"wide", NULL, "print lines wider than the terminal if need be", .flag = &wide},
        {.name = NULL}};
    const struct args_spec spec = {.program = NAME,
                                   .summary = "lists the models, their options and the suites",
                                   .example = NAME " --json",
                                   .args = rows};
    switch (args_parse(&spec, argc, argv)) {
    case ARGS_HELP_SHOWN:
        return EXIT_FINE;
    case ARGS_WRONG:
        return EXIT_USAGE;
    case ARGS_RUN:
        break;
    }
    return list(as_json, terminal_look(1, wide).columns);
}
