/* scenario.h - which server a cell of a result shows, and under which load.
 * Invariant: the fields of the scenario decide. A cell's id is a name for people, and nothing is
 * read out of it. */
#ifndef BENCH_RESULT_SCENARIO_H
#define BENCH_RESULT_SCENARIO_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* The server as people know it: "epoll:trigger=edge", and of `iobench ab` behind its arm:
 * "baseline/epoll". Owned by the caller. */
char *scenario_server(const cJSON *scenario);

/* What two loads may differ in. A rate may be given per second or in percent of a capacity. */
enum scenario_but { BUT_NOTHING, BUT_CONNECTIONS, BUT_IDLE, BUT_RATE };

/* Whether two scenarios have the same load, but for one field. The server's threads and the work
 * that it adds per echo belong to the load. Phase, placement and lengths of time do not, nor does a
 * rate per second that was computed from a percentage. */
bool scenario_same_load(const cJSON *one, const cJSON *two, enum scenario_but but);

/* Adds `server.arm` to the scenarios of a file of `iobench ab` from before version 1.3, which named
 * the arm in nothing but the first part of the id. */
void scenario_add_arms(cJSON *file);

#endif
