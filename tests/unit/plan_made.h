/* plan_made.h - plans of invented models; no program is started. */
#ifndef TESTS_UNIT_PLAN_MADE_H
#define TESTS_UNIT_PLAN_MADE_H

#include "base/os.h"

#include "bench/suite/plan.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define MODELS 3

/* A plan and all that it points to. */
struct session {
    cJSON *suite;
    struct program programs[MODELS];    /* "epoll", "select" (with limits), "absent" */
    struct server_spec servers[MODELS]; /* the same servers without options */
    struct program loadgen;             /* has no description unless a test adds one */
    struct placement_policy policy;
    struct plan_input input; /* refers to all fields above */
    struct plan plan;        /* the result */
    struct reason reason;    /* set if the plan was refused */
};

static const int two_cpus[] = {0, 1};

static inline struct session *start(const char *loads, int repeats) {
    static const char *const names[MODELS] = {"epoll", "select", "absent"};
    static const char *const describes[MODELS] = {
        "{\"connections_limit\":null,\"threads_max\":256,\"available\":true,\"reason\":null,"
        "\"options\":[{\"name\":\"events\",\"min\":1,\"max\":9},"
        "{\"name\":\"trigger\",\"choices\":[\"level\",\"edge\"]}]}",
        "{\"connections_limit\":100,\"threads_max\":2,\"available\":true,\"reason\":null}",
        "{\"threads_max\":1,\"available\":false,\"reason\":\"no ring\"}"};
    struct session *s = test_calloc(1, sizeof *s);
    char text[4096];
    snprintf(text, sizeof text, "{\"repeats\":%d,\"phases\":[%s]}", repeats, loads);
    s->suite = cJSON_Parse(text);
    assert_non_null(s->suite);
    for (int i = 0; i < MODELS; i++) {
        snprintf(s->programs[i].name, sizeof s->programs[i].name, "%s", names[i]);
        snprintf(s->servers[i].text, sizeof s->servers[i].text, "%s", names[i]);
        s->servers[i].program = &s->programs[i];
        s->servers[i].describe = cJSON_Parse(describes[i]);
        assert_non_null(s->servers[i].describe);
    }
    s->input = (struct plan_input){.suite = s->suite,
                                   .servers = s->servers,
                                   .server_count = 1,
                                   .loadgen = &s->loadgen,
                                   .placement = &s->policy,
                                   .cpus = two_cpus,
                                   .cpu_count = 2,
                                   .descriptors = OS_UNKNOWN,
                                   .seed = 1};
    return s;
}

static inline bool make(struct session *s) {
    plan_free(&s->plan);
    return plan_make(&s->plan, &s->input, &s->reason);
}

static inline void end(struct session *s) {
    plan_free(&s->plan);
    for (int i = 0; i < MODELS; i++) cJSON_Delete(s->servers[i].describe);
    cJSON_Delete(s->suite);
    test_free(s);
}

#define PHASE(loads) "{\"name\":\"p\",\"loads\":[" loads "]}"

#endif
