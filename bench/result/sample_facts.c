/* sample_facts.c - reads verdict and rates of one slot; see sample_facts.h. */
#include "bench/result/sample_facts.h"

#include "bench/support/json_path.h"

#include <string.h>

const char *const sample_bound_names[BOUNDS] = {"none", "server", "client", "both", "unknown"};

const char *sample_verdict(const cJSON *sample) {
    const char *verdict = json_text(sample, "validity.verdict");
    return verdict ? verdict : "invalid";
}

enum sample_bound sample_bound(const cJSON *sample) {
    const char *name = json_text(sample, "loadgen.bound");
    size_t bound = 0;
    while (bound < BOUND_UNKNOWN && (!name || strcmp(name, sample_bound_names[bound]) != 0))
        bound++;
    return (enum sample_bound)bound;
}

bool sample_usable(const cJSON *sample) {
    return strcmp(sample_verdict(sample), "invalid") != 0;
}

double sample_answered_per_s(const cJSON *sample) {
    return json_number(sample, "loadgen.answered") / json_number(sample, "window_s");
}
