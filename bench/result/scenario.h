/* scenario.h - the server of a cell, and whether two cells have the same load.
 * Invariant: only the fields of the scenario are used. A cell's id is a name for people and is
 * never parsed, except in files before schema 1.3. */
#ifndef BENCH_RESULT_SCENARIO_H
#define BENCH_RESULT_SCENARIO_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* A rate above this share of a server's own capacity saturates it. */
#define SCENARIO_OWN_CAPACITY_MAX 0.95

/* The name of the server with its options, "epoll:trigger=edge". In results of `iobench ab` the arm
 * comes first: "baseline/epoll". Owned by the caller. */
char *scenario_server(const cJSON *scenario);

/* The id of a cell with this scenario; owned by the caller. */
char *scenario_id(const cJSON *scenario);

/* The field in which two loads may differ. The rate is one per second or a percentage of the
 * capacity. */
enum scenario_but { BUT_NOTHING, BUT_CONNECTIONS, BUT_IDLE, BUT_RATE };

/* Whether two scenarios have the same load, ignoring the field `but`. The load includes the
 * server's threads and its added work per echo. It does not include phase, placement, durations and
 * turns, nor a rate per second that was computed from a percentage. */
bool scenario_same_load(const cJSON *one, const cJSON *two, enum scenario_but but);

/* Adds `server.arm` to the scenarios of an `iobench ab` result before schema 1.3. Such files have
 * the arm only as the first part of a cell's id. */
void scenario_add_arms(cJSON *file);

#endif
