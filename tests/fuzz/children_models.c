/* children_models.c - the parser of --describe in models.c, and the output of `iobench list`. */
#include "bench/cmd/list.c"     // NOLINT(bugprone-suspicious-include)
#include "bench/suite/models.c" // NOLINT(bugprone-suspicious-include)
#include "bench/support/reason.h"
#include "tests/fuzz/children.h"
#include "tests/fuzz/fuzz.h"

void fuzz_describe(char *text, size_t size) {
    static struct models models = {.count = 1};
    struct reason reason;
    const struct process p = {.text = text, .size = size};
    cJSON *describe = read_describe(&p, &reason);
    if (!describe) {
        fuzz_check_reason(reason.text);
        return;
    }
    models.servers[0].describe = describe;
    snprintf(models.servers[0].name, sizeof models.servers[0].name, "x");
    print_table(&models, NULL, 0);
    print_table(&models, NULL, 40);
    print_json(&models, describe);
    cJSON_Delete(describe);
}
