/* sample_facts.c - reads the verdict of one slot; see sample_facts.h. */
#include "bench/result/sample_facts.h"

#include "bench/support/json_path.h"

#include <string.h>

const char *sample_verdict(const cJSON *sample) {
    const char *verdict = json_text(sample, "validity.verdict");
    return verdict ? verdict : "invalid";
}

bool sample_usable(const cJSON *sample) {
    return strcmp(sample_verdict(sample), "invalid") != 0;
}
