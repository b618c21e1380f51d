/* list.c - `iobench list`: lists the models, their options and the suites.
 * Invariant: iobench has no built-in list of models; it prints what each server reports. */
#include "base/args.h"
#include "base/check.h"
#include "base/json.h"
#include "base/line.h"

#include "bench/cmd/commands.h"
#include "bench/suite/models.h"
#include "bench/suite/suite.h"
#include "bench/support/exit_code.h"
#include "bench/support/json_clean.h"
#include "bench/support/json_file.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"
#include "bench/support/refuse.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "iobench list"

static bool available(const struct program *model) {
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(model->describe, "available"));
}

/* A text of a server's description, or "-" if the server did not report it. */
static const char *shown(const cJSON *describe, const char *key) {
    const char *text = json_text(describe, key);
    return text ? text : "-";
}

static void print_options(const struct program *model) {
    const cJSON *o, *choice;
    cJSON_ArrayForEach(o, cJSON_GetObjectItemCaseSensitive(model->describe, "options")) {
        printf("  %s%s:%s=", line_guard(model->name), model->name, shown(o, "name"));
        const char *separator = "";
        cJSON_ArrayForEach(choice, cJSON_GetObjectItemCaseSensitive(o, "choices")) {
            printf("%s%s", separator, cJSON_IsString(choice) ? choice->valuestring : "-");
            separator = "|";
        }
        if (!*separator) printf("%.0f..%.0f", json_number(o, "min"), json_number(o, "max"));
        printf("  %s\n", shown(o, "help"));
    }
}

static void print_table(const struct models *m, const cJSON *suites) {
    int width = 10; /* fits most names */
    for (size_t i = 0; i < m->count; i++)
        if ((int)strlen(m->servers[i].name) > width) width = (int)strlen(m->servers[i].name);
    printf("%-*s  %-11s  %-18s  %-9s  %s\n", width, "model", "initiation", "notification",
           "available", "summary");
    for (size_t i = 0; i < m->count; i++) {
        const struct program *p = &m->servers[i];
        printf("%s%-*s  %-11s  %-18s  %-9s  %s\n", line_guard(p->name), width, p->name,
               shown(p->describe, "initiation"), shown(p->describe, "notification"),
               available(p) ? "yes" : "no",
               available(p) ? shown(p->describe, "summary") : shown(p->describe, "reason"));
    }
    printf("\noptions\n");
    for (size_t i = 0; i < m->count; i++) print_options(&m->servers[i]);
    printf("\nsuites\n");
    const cJSON *s;
    cJSON_ArrayForEach(s, suites)
        line_print(stdout, "  %-12s  %s", json_text(s, "name"), json_text(s, "description"));
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

static int list(bool as_json) {
    struct paths paths;
    struct process_loop loop;
    struct models *models = calloc(1, sizeof *models);
    struct reason reason;
    CHECK(models);
    int code = EXIT_USAGE;
    if (paths_find(&paths, NAME)) {
        int error = process_loop_open(&loop, false);
        if (error) {
            refuse(NAME, "event loop: %s", process_error_text(error));
        } else {
            if (models_find(models, &loop, &paths, &reason)) {
                cJSON *suites = read_suites(&paths);
                (as_json ? print_json : print_table)(models, suites);
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
    bool as_json = false;
    const struct arg rows[] = {{"json", NULL, "print JSON instead of tables", .flag = &as_json},
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
    return list(as_json);
}
