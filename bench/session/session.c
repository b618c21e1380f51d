/* session.c - the output file and the state of the machine, before the first slot.
 * Invariant: a default path tells sessions apart by second, host and suite. */
#include "bench/session/session.h"

#include "bench/machine/doctor.h"
#include "bench/machine/environment.h"
#include "bench/support/json_file.h"

#include <stdio.h>
#include <time.h>

#define LOOK_S 0.25 /* long enough to see whether others use the CPUs */

bool session_output(char path[PATH_SIZE], const struct paths *paths, const char *asked,
                    const char *name, char *reason, size_t reason_size) {
    char why[JSON_REASON_SIZE], host[64], utc[32], file[FILENAME_MAX];
    if (asked) {
        if (snprintf(path, PATH_SIZE, "%s", asked) >= PATH_SIZE)
            return json_reason(reason, reason_size, "-o: the path is too long");
    } else {
        time_t now = time(NULL);
        struct tm at = *gmtime(&now);
        strftime(utc, sizeof utc, "%Y%m%dT%H%M%SZ", &at);
        environment_host_name(host, sizeof host);
        snprintf(file, sizeof file, "%s-%s-%s.json", utc, host, name);
        if (!paths_join(path, paths->results, file))
            return json_reason(reason, reason_size, "the path of the results is too long");
    }
    return json_file_writable(path, why, sizeof why) ||
           json_reason(reason, reason_size, "-o %s: %s", path, why);
}

cJSON *session_examine(const char *command, const struct models *models, bool quiet) {
    struct doctor_facts machine;
    doctor_look(&machine, LOOK_S);
    doctor_ask(&machine, models);
    cJSON *findings = doctor_findings(&machine);
    size_t problems = doctor_problems(findings);
    if (problems && !quiet)
        fprintf(stderr, "%s: not fit to measure: %s%s; `iobench doctor` tells more\n", command,
                cJSON_GetObjectItemCaseSensitive(findings->child, "found")->valuestring,
                problems > 1 ? ", and more" : "");
    return findings;
}
