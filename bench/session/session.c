/* session.c - the output file and the state of the machine, before the first slot.
 * Invariant: a default path tells sessions apart by second, host and suite. */
#include "bench/session/session.h"

#include "bench/machine/doctor.h"
#include "bench/machine/environment.h"
#include "bench/support/json_file.h"
#include "bench/support/reason.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LOOK_S 0.25 /* long enough to see whether others use the CPUs */

bool session_output(char path[PATH_SIZE], const struct paths *paths, const char *asked,
                    const char *name, struct reason *reason) {
    char host[64], utc[32], file[FILENAME_MAX];
    struct reason why;
    if (asked) {
        if (snprintf(path, PATH_SIZE, "%s", asked) >= PATH_SIZE)
            return reason_set(reason, "-o: the path is too long");
    } else {
        time_t now = time(NULL);
        struct tm at = *gmtime(&now);
        strftime(utc, sizeof utc, "%Y%m%dT%H%M%SZ", &at);
        environment_host_name(host, sizeof host);
        snprintf(file, sizeof file, "%s-%s-%s.json", utc, host, name);
        if (!paths_join(path, paths->results, file))
            return reason_set(reason, "the path of the results is too long");
    }
    return json_file_writable(path, &why) || reason_set(reason, "-o %s: %s", path, why.text);
}

void session_ask(struct doctor_facts *facts, const struct models *models) {
    for (size_t i = 0; i < models->count; i++) {
        const struct program *server = &models->servers[i];
        if (strcmp(server->name, "io_uring") != 0) continue;
        const char *reason = describe_text(server->describe, "reason");
        facts->uring_works =
            cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(server->describe, "available"));
        snprintf(facts->uring_reason, sizeof facts->uring_reason, "%s",
                 reason ? reason : "no reason given");
    }
}

cJSON *session_examine(const char *command, const struct models *models, bool quiet) {
    struct doctor_facts machine;
    doctor_look(&machine, LOOK_S);
    session_ask(&machine, models);
    cJSON *findings = doctor_findings(&machine);
    size_t problems = doctor_problems(findings);
    if (problems && !quiet)
        fprintf(stderr, "%s: not fit to measure: %s%s; `iobench doctor` tells more\n", command,
                cJSON_GetObjectItemCaseSensitive(findings->child, "found")->valuestring,
                problems > 1 ? ", and more" : "");
    return findings;
}
