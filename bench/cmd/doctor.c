/* doctor.c - `iobench doctor`: lists what on this machine will distort results, and how to fix it.
 * Invariant: it changes nothing; a fix is printed, never run. */
#include "bench/machine/doctor.h"

#include "base/args.h"
#include "base/json.h"
#include "base/memory.h"

#include "bench/cmd/commands.h"
#include "bench/session/session.h"
#include "bench/support/exit_code.h"
#include "bench/support/json_file.h"
#include "bench/support/reason.h"
#include "bench/support/refuse.h"
#include "bench/support/terminal.h"
#include "bench/support/width.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME "iobench doctor"

#define INDENT 23  /* columns before the text of a finding */
#define LOOK_S 1.0 /* how long CPU use is observed */

static const char *text(const cJSON *finding, const char *key) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(finding, key));
}

static void print_findings(const cJSON *findings, size_t problems, struct terminal terminal) {
    int indent = terminal.columns && terminal.columns < 2 * INDENT ? 4 : INDENT;
    const struct width_place place = {terminal.columns, indent, indent};
    const cJSON *f;
    cJSON_ArrayForEach(f, findings) {
        bool problem = *text(f, "level") == 'p';
        printf("%s%-7s%s  %-12s  ", terminal.colour ? (problem ? "\033[31m" : "\033[33m") : "",
               text(f, "level"), terminal.colour ? "\033[0m" : "", text(f, "id"));
        width_print(stdout, text(f, "found"),
                    (struct width_place){terminal.columns, INDENT, indent});
        printf("%*s", indent, "");
        width_print(stdout, text(f, "effect"), place);
        printf("%*sfix: ", indent, "");
        width_print(stdout, text(f, "fix"),
                    (struct width_place){terminal.columns, indent + 5, indent});
    }
    size_t advice = (size_t)cJSON_GetArraySize(findings) - problems;
    if (problems)
        printf("not fit: %zu problem%s, %zu advice\n", problems, problems > 1 ? "s" : "", advice);
    else
        printf("fit: no problem, %zu advice\n", advice);
}

static void print_json(cJSON *findings, bool fit) {
    cJSON *json = cJSON_CreateObject(), *doctor = cJSON_CreateObject();
    json_add_item(json, "doctor", doctor);
    json_add_item(doctor, "fit", cJSON_CreateBool(fit));
    json_add_item(doctor, "findings", findings);
    char *printed = json_text_print(json);
    puts(printed);
    cJSON_free(printed);
    cJSON_Delete(json);
}

/* Adds what the servers report about the machine. Adds nothing if no server can be run. */
static void ask_servers(struct doctor_facts *facts) {
    struct paths paths;
    struct process_loop loop;
    struct reason reason;
    struct models *models = calloc(1, sizeof *models);
    MEMORY_CHECK(models);
    if (paths_find(&paths, NAME) && process_loop_open(&loop, false) == 0) {
        if (models_find(models, &loop, &paths, &reason)) {
            session_ask(facts, models);
            models_free(models);
        } else {
            refuse(NAME, "%s", reason.text);
        }
        process_loop_close(&loop);
    }
    free(models);
}

int cmd_doctor(int argc, char **argv) {
    bool as_json = false, wide = false;
    const struct arg rows[] = {
        {"json", NULL, "print JSON", .flag = &as_json},
        {"wide", NULL, "print lines wider than the terminal if need be", .flag = &wide},
        {.name = NULL}};
    const struct args_spec spec = {
        .program = NAME,
        .summary = "lists what on this machine will distort results, and how to fix it; "
                   "exit code 3 if there is a problem",
        .example = NAME " && iobench run --suite default",
        .args = rows};
    enum args_outcome outcome = args_parse(&spec, argc, argv);
    if (outcome != ARGS_RUN) return outcome == ARGS_HELP_SHOWN ? EXIT_FINE : EXIT_USAGE;
    struct doctor_facts facts;
    doctor_look(&facts, LOOK_S);
    ask_servers(&facts);
    cJSON *findings = doctor_findings(&facts);
    size_t problems = doctor_problems(findings);
    if (as_json) {
        print_json(findings, problems == 0);
    } else {
        print_findings(findings, problems, terminal_look(1, wide));
        cJSON_Delete(findings);
    }
    return problems ? EXIT_NOTHING : EXIT_FINE;
}
