/* fuzz_words.c - fuzzes the parsers of command line arguments: numbers, lists, CPUs, servers,
 * addresses, options.
 * Invariant: every accepted value is within its range. */
#include "base/args.h"
#include "base/check.h"
#include "base/os.h"
#include "base/utf8.h"

#include "bench/suite/placement.h"
#include "bench/suite/suite.h"
#include "bench/support/nearest.h"
#include "bench/support/reason.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_number(const char *text) {
    uint64_t number;
    char again[32];
    if (!args_number(text, &number)) return;
    snprintf(again, sizeof again, "%llu", (unsigned long long)number);
    CHECK(strcmp(text + strspn(text, "0"), again + (number == 0)) == 0);
}

static void read_connections(const char *text) {
    static const struct arg_texts none;
    const struct suite_overrides overrides = {.servers = &none, .connections = text};
    struct reason reason;
    cJSON *suite = cJSON_Parse("{\"phases\":[{\"loads\":[{}]}]}");
    CHECK(suite);
    if (suite_override(suite, &overrides, &reason)) {
        const cJSON *phase = cJSON_GetObjectItem(suite, "phases")->child;
        const cJSON *n, *load = cJSON_GetObjectItem(phase, "loads")->child;
        cJSON_ArrayForEach(n, cJSON_GetObjectItem(load, "connections"))
            CHECK(n->valuedouble >= 1 && n->valuedouble <= 1e6);
    }
    cJSON_Delete(suite);
}

static void read_placement(const char *text) {
    static const int allowed[] = {0, 1, 2, 5, 1023};
    static struct placement_policy policy;
    static struct placement placement;
    struct reason reason;
    if (!placement_read(&policy, text, allowed, 5, &reason)) return;
    const struct placement_need need = {allowed, 5, 2, 2};
    placement_decide(&placement, &policy, &need);
    CHECK(placement.server_count >= 1 && placement.server_count <= 5);
    CHECK(placement.loadgen_count >= 1 && placement.loadgen_count <= 5);
}

static void read_address(const char *text) {
    char host[64];
    uint16_t port = 0;
    if (!os_address_split(text, host, sizeof host, &port)) return;
    CHECK(*host && strlen(host) < sizeof host && port >= 1);
}

/* Splits the text at spaces and parses the words as options. */
static void parse_options(char *text) {
    bool flag = false;
    uint64_t count = 1;
    double real = 1;
    const char *choice = "a", *word = "";
    struct arg_texts texts = {0}, positionals = {0};
    const struct arg rows[] = {{"flag", NULL, "a flag", .flag = &flag},
                               {"count", "N", "a number", .count = {&count, 1, 1000}},
                               {"real", "S", "a real one", .real = {&real, 0.01, 3600}},
                               {"choice", NULL, "a word", .choice = {&choice, "a|bc"}},
                               {"texts", "T", "many", .texts = &texts},
                               {"o", "FILE", "a text", .text = &word},
                               {.name = NULL}};
    const struct args_spec spec = {.program = "fuzz",
                                   .summary = "nothing",
                                   .positional = "WORD...",
                                   .example = "fuzz",
                                   .args = rows,
                                   .positionals = &positionals};
    char *words[34] = {text};
    int n = 1;
    for (char *w = strtok(text, " "); w && n < 33; w = strtok(NULL, " ")) words[n++] = w;
    if (args_parse(&spec, n, words) == ARGS_RUN) {
        CHECK(count >= 1 && count <= 1000);
        CHECK(real >= 0.01 && real <= 3600);
        CHECK(!strcmp(choice, "a") || !strcmp(choice, "bc"));
    }
    args_texts_free(&texts);
    args_texts_free(&positionals);
}

/* A text that was cleaned is not longer, and clean. */
static void clean(const char *text) {
    char *copy = fuzz_text((const uint8_t *)text, strlen(text));
    utf8_clean(copy);
    CHECK_OP(strlen(copy), <=, strlen(text));
    fuzz_check_lines(copy);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const candidates[] = {"epoll", "io_uring", "", "x", NULL};
    char *text = fuzz_text(data, size);
    read_number(text);
    read_connections(text);
    read_placement(text);
    read_address(text);
    nearest_word(text, candidates);
    clean(text);
    parse_options(text); /* last, because it modifies the text */
    free(text);
    return 0;
}
