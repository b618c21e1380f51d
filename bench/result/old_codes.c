/* old_codes.c - codes of old reason texts; see old_codes.h. */
#include "bench/result/old_codes.h"

#include <stddef.h>
#include <string.h>

enum validity_code old_code(const char *reason) {
    static const struct {
        const char *part; /* start of the text; if it begins with a space, any part of the text */
        enum validity_code code;
    } texts[] = {
        {"server did not get ready: ", VALIDITY_SERVER_NOT_READY},
        {"server not ready after ", VALIDITY_SERVER_NOT_READY},
        {"server: its ready line is ", VALIDITY_SERVER_NOT_READY},
        {"server: ", VALIDITY_SERVER_NOT_STARTED},
        {"no free port: ", VALIDITY_SERVER_NOT_STARTED},
        {"server ended too early: ", VALIDITY_SERVER_DIED},
        {"server failed at its end: ", VALIDITY_SERVER_DIED},
        {"server did not end", VALIDITY_SERVER_DIED},
        {"no figures: ", VALIDITY_LOADGEN_FAILED},
        {"loadgen: its output is not ", VALIDITY_LOADGEN_FAILED},
        {"loadgen: not done after ", VALIDITY_LOADGEN_LATE},
        {"loadgen: ", VALIDITY_LOADGEN_NOT_STARTED},
        {"loadgen's figures", VALIDITY_FIGURES_REFUSED},
        {"the server printed no stats", VALIDITY_NO_STATS},
        {" wrong echoes", VALIDITY_WRONG_ECHO},
        {" % errors, more than ", VALIDITY_ERRORS},
        {" connections were lost", VALIDITY_CONNECTIONS_LOST},
        {"totals disagree: ", VALIDITY_TOTALS_DISAGREE},
        {"window of ", VALIDITY_SHORT_WINDOW},
        {"no message in the window", VALIDITY_NO_MESSAGE},
        {"saturated: ", VALIDITY_SATURATED},
        {" newcomers got no answer", VALIDITY_NEWCOMERS_UNANSWERED},
        {"Little's law is off by ", VALIDITY_LITTLES_LAW},
        {"bound by the load generator: ", VALIDITY_BOUND_CLIENT},
        {"the load generator was busy ", VALIDITY_LOADGEN_FULL},
        {"somebody else had the CPUs: ", VALIDITY_CPUS_TAKEN},
        {"the load generator lost its CPU ", VALIDITY_LOADGEN_PREEMPTED},
        {"the windows of the threads ", VALIDITY_WINDOWS_APART},
        {"sent late: ", VALIDITY_SENT_LATE},
        {"the hypervisor took ", VALIDITY_STEAL},
        {"the second half of the window ", VALIDITY_HALVES_DIFFER},
        {" messages, fewer than ", VALIDITY_FEW_MESSAGES},
        {" connections waited for more ", VALIDITY_STARVED},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *part = texts[i].part, *found = strstr(reason, part);
        if (found && (*part == ' ' || found == reason)) return texts[i].code;
    }
    return VALIDITY_CODES;
}
