/* describe.c - reads and checks the one line that --describe prints. */
#include "tests/conformance/conformance.h"
#include "tests/support/process.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

static const cJSON *get(const cJSON *object, const char *key) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    REQUIRE(item, "--describe: '%s' is missing", key);
    return item;
}

static const char *get_text(const cJSON *object, const char *key) {
    const cJSON *item = get(object, key);
    REQUIRE(cJSON_IsString(item) && item->valuestring[0], "--describe: '%s' is not a string", key);
    return item->valuestring;
}

static uint64_t get_count(const cJSON *object, const char *key) {
    const cJSON *item = get(object, key);
    REQUIRE(cJSON_IsNumber(item) && item->valuedouble >= 0, "--describe: '%s' is not a count", key);
    return (uint64_t)item->valuedouble;
}

static void copy_word(char *to, const char *from, size_t size) {
    REQUIRE(strlen(from) < size, "--describe: '%s' is too long", from);
    snprintf(to, size, "%s", from);
}

static void require_one_of(const char *key, const char *value, const char *const *words) {
    for (; *words; words++)
        if (strcmp(*words, value) == 0) return;
    case_fail("--describe: %s is '%s'", key, value);
}

static void read_option(const cJSON *json, struct described_option *option) {
    copy_word(option->name, get_text(json, "name"), sizeof option->name);
    get_text(json, "help");
    const cJSON *choices = cJSON_GetObjectItemCaseSensitive(json, "choices");
    const cJSON *fallback = get(json, "default");
    if (!choices) {
        option->min = get_count(json, "min");
        option->max = get_count(json, "max");
        REQUIRE(cJSON_IsNumber(fallback) && fallback->valuedouble >= (double)option->min &&
                    fallback->valuedouble <= (double)option->max,
                "--describe: option %s: its default is out of range", option->name);
        return;
    }
    bool found = false;
    const cJSON *choice;
    cJSON_ArrayForEach(choice, choices) {
        REQUIRE(cJSON_IsString(choice) && option->choice_count < DESCRIBE_CHOICES_MAX,
                "--describe: option %s: invalid choices", option->name);
        copy_word(option->choices[option->choice_count++], choice->valuestring, DESCRIBE_WORD_MAX);
        found |=
            cJSON_IsString(fallback) && strcmp(fallback->valuestring, choice->valuestring) == 0;
    }
    REQUIRE(found, "--describe: option %s: its default is not among its choices", option->name);
}

static void read_all(const cJSON *json, struct described *d) {
    static const char *const initiations[] = {"blocking", "nonblocking", "overlapped", "ring",
                                              NULL};
    static const char *const notifications[] = {
        "return",          "readiness",       "event_object", "completion_routine",
        "completion_port", "completion_ring", "callback",     NULL};
    copy_word(d->name, get_text(json, "name"), sizeof d->name);
    get_text(json, "summary");
    require_one_of("initiation", get_text(json, "initiation"), initiations);
    copy_word(d->notification, get_text(json, "notification"), sizeof d->notification);
    require_one_of("notification", d->notification, notifications);
    if (!cJSON_IsNull(get(json, "connections_limit")))
        d->connections_limit = get_count(json, "connections_limit");
    d->threads_max = get_count(json, "threads_max");
    REQUIRE(d->threads_max >= 1, "--describe: threads_max is 0");
    d->available = cJSON_IsTrue(get(json, "available"));
    if (!d->available) snprintf(d->reason, sizeof d->reason, "%s", get_text(json, "reason"));
    REQUIRE(!d->available || cJSON_IsNull(get(json, "reason")),
            "--describe: has a reason although the model is available");
    const cJSON *build = get(json, "build");
    get_text(build, "compiler");
    get_text(build, "cflags");
    get_text(build, "build_type");
    REQUIRE(cJSON_IsObject(get(build, "libraries")),
            "--describe: build.libraries is not an object");
    const cJSON *options = get(json, "options"), *option;
    REQUIRE(cJSON_IsArray(options), "--describe: 'options' is not an array");
    cJSON_ArrayForEach(option, options) {
        REQUIRE(d->option_count < DESCRIBE_OPTIONS_MAX, "--describe: too many options");
        read_option(option, &d->options[d->option_count++]);
    }
}

void describe_read(char **command, const char *option, struct described *described) {
    static char output[65536], describe_flag[] = "--describe", option_flag[] = "--option";
    static char value[VARIANT_MAX];
    char *argv[64];
    size_t n = 0;
    for (; command[n]; n++) {
        REQUIRE(n < 50, "the server command is too long");
        argv[n] = command[n];
    }
    argv[n++] = describe_flag;
    if (option[0]) {
        copy_word(value, option, sizeof value);
        argv[n++] = option_flag;
        argv[n++] = value;
    }
    argv[n] = NULL;
    case_doing("waiting for --describe");
    int code = process_collect(argv, output, sizeof output);
    REQUIRE(code == 0, "--describe: exit code %d", code);
    char *end = strchr(output, '\n');
    if (!end || end[1]) case_fail("--describe did not print exactly one line: '%s'", output);
    *end = '\0';
    const char *parsed_to = NULL;
    cJSON *json = cJSON_ParseWithOpts(output, &parsed_to, true);
    REQUIRE(json, "--describe is not JSON: %s", output);
    *described = (struct described){0};
    read_all(get(json, "describe"), described);
    cJSON_Delete(json);
}
