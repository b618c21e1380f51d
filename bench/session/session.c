/* session.c - prepares and closes a session; see session.h. */
#include "bench/session/session.h"

#include "base/line.h"
#include "base/os.h"

#include "bench/machine/environment.h"
#include "bench/machine/floor.h"
#include "bench/suite/transports.h"
#include "bench/support/apart.h"
#include "bench/support/exit_code.h"
#include "bench/support/files.h"
#include "bench/support/json_path.h"
#include "bench/support/reason.h"
#include "bench/support/refuse.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define ENDING ".json"
#define NUMBERS_MAX 999 /* sessions of one name in a second */
#define LOOK_S 0.25     /* long enough to see other load on the CPUs */

int session_open(struct session *s, const struct session_request *asked,
                 const struct suite_overrides *overrides) {
    struct reason reason;
    s->asked = *asked;
    if (!paths_find(&s->paths, asked->command)) return EXIT_USAGE;
    s->suite = suite_load(&s->paths, asked->suite, &reason);
    if (!s->suite) return refuse(asked->command, "--suite %s", reason.text);
    if (overrides && !suite_override(s->suite, overrides, &reason))
        return refuse(asked->command, "%s", reason.text);
    int error = process_loop_open(&s->loop, true);
    if (error) return refuse(asked->command, "event loop: %s", process_error_text(error));
    s->loop_open = true;
    if (!suite_find(&s->paths, asked->suite, s->suite_path, &reason))
        return refuse(asked->command, "--suite %s", reason.text);
    if (!models_find(&s->own, &s->loop, &s->paths, &reason) ||
        !transports_resolve(s->suite, s->own.loadgen.describe, &reason))
        return refuse(asked->command, "%s", reason.text);
    return EXIT_FINE;
}

bool session_spares(const struct session *s, const char *option, const char *output) {
    struct reason why;
    if (apart(output, s->suite_path, "the suite", &why) && apart_from_own(output, &s->paths, &why))
        return true;
    refuse(s->asked.command, "%s %s: %s", option, output, why.text);
    return false;
}

int session_output(struct session *s, const char *name) {
    char host[64], utc[32], file[FILENAME_MAX];
    struct reason why;
    const char *command = s->asked.command;
    if (s->asked.output) {
        if (snprintf(s->output, PATH_SIZE, "%s", s->asked.output) >= PATH_SIZE)
            return refuse(command, "-o: the path is too long");
    } else {
        time_t now = time(NULL);
        struct tm at = *gmtime(&now);
        strftime(utc, sizeof utc, "%Y%m%dT%H%M%SZ", &at);
        environment_host_name(host, sizeof host);
        snprintf(file, sizeof file, "%s-%s-%s" ENDING, utc, host, name);
        if (!paths_join(s->output, s->paths.results, file))
            return refuse(command, "the path of the results is too long");
    }
    if (!session_spares(s, "-o", s->output)) return EXIT_USAGE;
    if (files_replaceable(s->output, &why)) return EXIT_FINE;
    return refuse(command, "-o %s: %s", s->output, why.text);
}

int session_plan(struct session *s, struct plan *plan, const struct server_spec *servers,
                 size_t count) {
    struct reason reason;
    const struct process_loop *l = &s->loop;
    const char *command = s->asked.command;
    if (!placement_read(&s->placement, s->asked.placement, l->cpus, l->cpu_count, &reason))
        return refuse(command, "--placement: %s", reason.text);
    const struct plan_input input = {.suite = s->suite,
                                     .servers = servers,
                                     .server_count = count,
                                     .loadgen = &s->own.loadgen,
                                     .placement = &s->placement,
                                     .cpus = l->cpus,
                                     .cpu_count = l->cpu_count,
                                     .descriptors = os_descriptors_limit(),
                                     .seed = s->asked.seed};
    if (plan_make(plan, &input, &reason)) return EXIT_FINE;
    return refuse(command, "--suite %s: %s", s->asked.suite, reason.text);
}

bool session_interrupted(const struct session *s) {
    return s->loop_open && s->loop.interrupted;
}

void session_ask(struct doctor_facts *facts, const struct models *models) {
    for (size_t i = 0; i < models->count; i++) {
        const struct program *server = &models->servers[i];
        if (strcmp(server->name, "io_uring") != 0) continue;
        const char *reason = json_text(server->describe, "reason");
        facts->uring_works =
            cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(server->describe, "available"));
        snprintf(facts->uring_reason, sizeof facts->uring_reason, "%s",
                 reason ? reason : "no reason given");
    }
}

/* Examines the machine and prints the first problem. Returns the doctor's findings, owned by the
 * caller. */
static cJSON *examine(const struct session *s) {
    struct doctor_facts machine;
    doctor_look(&machine, LOOK_S);
    session_ask(&machine, &s->own);
    cJSON *findings = doctor_findings(&machine);
    size_t problems = doctor_problems(findings);
    if (problems && !s->asked.quiet)
        line_print(stderr, "%s: this machine is not fit to measure: %s%s; see `iobench doctor`",
                   s->asked.command,
                   cJSON_GetObjectItemCaseSensitive(findings->child, "found")->valuestring,
                   problems > 1 ? ", and more" : "");
    return findings;
}

/* Creates the file that the command line does not name, with the first free number: two sessions
 * may begin in the same second. */
static bool claim(struct session *s, struct reason *reason) {
    char stem[PATH_SIZE];
    bool exists = false;
    if (s->asked.output || files_create(s->output, &exists, reason)) return true;
    snprintf(stem, sizeof stem, "%s", s->output);
    stem[strlen(stem) - strlen(ENDING)] = '\0';
    for (int number = 2; exists && number <= NUMBERS_MAX; number++) {
        if (snprintf(s->output, PATH_SIZE, "%s-%d" ENDING, stem, number) >= PATH_SIZE)
            return reason_set(reason, "the path is too long");
        if (files_create(s->output, &exists, reason)) return true;
    }
    return false;
}

int session_start(struct session *s, struct result *result, struct plan *plan, const char *mode,
                  const struct models *models) {
    struct reason reason;
    const struct process_loop *l = &s->loop;
    const struct placement *first = &plan->cells[0].placement;
    const struct result_facts facts = {
        .mode = mode,
        .suite = s->suite,
        .models = models,
        .plan = plan,
        .argc = s->asked.argc,
        .argv = s->asked.argv,
        .seed = s->asked.seed,
        .paths = &s->paths,
        .findings = examine(s),
        .machine_floor =
            floor_json(first->server_count ? first->server[0] : -1, l->cpus, l->cpu_count)};
    if (!claim(s, &reason)) {
        cJSON_Delete(facts.findings);
        cJSON_Delete(facts.machine_floor);
        return refuse(s->asked.command, "%s: %s", s->output, reason.text);
    }
    bool opened = result_open(result, &facts, s->output, &reason);
    /* from now on whoever reads the file finds a result in it */
    if (opened && !s->asked.output && !result_checkpoint(result, false, &reason)) {
        result_free(result);
        opened = false;
    }
    if (opened) return EXIT_FINE;
    if (!s->asked.output) files_remove(s->output);
    return refuse(s->asked.command, "%s", reason.text);
}

void session_close(struct session *s) {
    models_free(&s->own);
    cJSON_Delete(s->suite);
    if (s->loop_open) process_loop_close(&s->loop);
}
