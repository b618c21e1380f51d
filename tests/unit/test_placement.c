/* test_placement.c - placement of server and load generator on CPUs: --placement and the default
 * rules. All CPUs are invented. */
#include "bench/suite/placement.h"
#include "bench/support/reason.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static void show(const struct placement *p, char *text, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < p->server_count; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%d", i ? "," : "", p->server[i]);
    used += (size_t)snprintf(text + used, size - used, "/");
    for (size_t i = 0; i < p->loadgen_count; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%d", i ? "," : "", p->loadgen[i]);
    snprintf(text + used, size - used, "%s", p->separate ? " separate" : "");
}

static void placement_texts(void **state) {
    (void)state;
    static const int cpus[] = {0, 1, 2, 3, 8};
    static const struct {
        const char *text, *placement; /* argument; expected placement, NULL: refused */
    } cases[] = {{"0/1", "0/1 separate"},
                 {"0-1/2", "0,1/2 separate"},
                 {"3,0-1/8,2", "0,1,3/2,8 separate"},
                 {"0-3/3-3", "0,1,2,3/3"},
                 {"0/0", "0/0"},
                 {"", NULL},
                 {"0", NULL},
                 {"0/", NULL},
                 {"/1", NULL},
                 {"0/4", NULL},
                 {"0-8/1", NULL},
                 {"1-0/2", NULL},
                 {"0,/1", NULL},
                 {",0/1", NULL},
                 {"0,0/1", NULL},
                 {"0/1/2", NULL},
                 {"0-/1", NULL},
                 {"-1/1", NULL},
                 {" 0/1", NULL},
                 {"0/1 ", NULL},
                 {"0 1/2", NULL},
                 {"0/99999999999999999999", NULL},
                 {"0-99999999999999999999/1", NULL},
                 {"automatic", NULL}};
    struct placement_policy *policy = test_malloc(sizeof *policy);
    struct placement *p = test_malloc(sizeof *p);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char found[128], quoted[64];
        struct reason reason = {.text = ""};
        bool fine = placement_read(policy, cases[i].text, cpus, 5, &reason);
        if (fine != (cases[i].placement != NULL)) print_error("'%s'\n", cases[i].text);
        assert_int_equal(fine, cases[i].placement != NULL);
        snprintf(quoted, sizeof quoted, "'%s': not auto, none or", cases[i].text);
        if (!fine) assert_memory_equal(reason.text, quoted, strlen(quoted));
        if (!fine) continue;
        assert_int_equal(policy->kind, PLACEMENT_GIVEN);
        const struct placement_need need = {cpus, 5, 1, 1};
        placement_decide(p, policy, &need);
        show(p, found, sizeof found);
        assert_string_equal(found, cases[i].placement);
    }
    test_free(p);
    test_free(policy);
}

static void placement_rules(void **state) {
    (void)state;
    static const int cpus[] = {2, 3, 5, 7};
    static const struct {
        const char *text;         /* policy */
        size_t cpus;              /* number of CPUs */
        uint32_t server, loadgen; /* number of threads */
        const char *placement;    /* expected */
    } cases[] = {{"auto", 4, 1, 1, "2/7 separate"},
                 {"auto", 4, 2, 2, "2,3/5,7 separate"},
                 {"auto", 4, 1, 9, "2/3,5,7 separate"},
                 {"auto", 4, 9, 9, "2,3,5/7 separate"},
                 {"auto", 2, 4, 4, "2/3 separate"},
                 {"auto", 4, 4, 1, "2,3,5/7 separate"},
                 {"auto", 1, 1, 1, "2/2"},
                 {"auto", 0, 1, 1, "/"},
                 {"none", 4, 1, 1, "2,3,5,7/2,3,5,7"}};
    struct placement_policy *policy = test_malloc(sizeof *policy);
    struct placement *p = test_malloc(sizeof *p);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char found[128];
        struct reason reason;
        assert_true(placement_read(policy, cases[i].text, cpus, 4, &reason));
        const struct placement_need need = {cpus, cases[i].cpus, cases[i].server, cases[i].loadgen};
        placement_decide(p, policy, &need);
        show(p, found, sizeof found);
        assert_string_equal(found, cases[i].placement);
    }
    test_free(p);
    test_free(policy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(placement_texts),
        cmocka_unit_test(placement_rules),
    };
    return cmocka_run_group_tests_name("placement", tests, NULL, NULL);
}
