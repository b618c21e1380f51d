/* floor.c - the machine's floor: one thread owns both ends of one connection, so that the time is
 * that of the kernel's path for two sends and two receives, and nothing else.
 * Invariant: a figure is known only if every batch ran to its end. */
#include "bench/machine/floor.h"

#include "base/json.h"
#include "base/os.h"

#include "bench/stats/stats.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BATCHES 51
#define ROUNDTRIPS 1000    /* per batch, about 3 ms */
#define CALLS 2000         /* per batch */
#define MESSAGE_BYTES 64   /* the usual size of the suites */
#define SPINS_MAX 50000000 /* receives that may find nothing; delivery takes one or two */

/* Moves one message from one end to the other. */
static bool pass(os_socket from, os_socket to) {
    char message[MESSAGE_BYTES] = {0};
    size_t done = 0, part;
    if (os_send(from, message, sizeof message, &part) != 0 || part != sizeof message) return false;
    for (int i = 0; done < sizeof message && i < SPINS_MAX; i++) {
        int error = os_receive(to, message, sizeof message - done, &part);
        if (error && !os_error_would_block(error)) return false;
        if (!error && part == 0) return false;
        if (!error) done += part;
    }
    return done == sizeof message;
}

static bool roundtrips(os_socket a, os_socket b) {
    for (int i = 0; i < ROUNDTRIPS; i++)
        if (!pass(a, b) || !pass(b, a)) return false;
    return true;
}

/* Asking a socket for its pending error is among the cheapest system calls there are. */
static bool calls(os_socket a, os_socket b) {
    (void)b;
    for (int i = 0; i < CALLS; i++)
        if (os_socket_error(a) != 0) return false;
    return true;
}

static bool clocks(os_socket a, os_socket b) {
    (void)a, (void)b;
    uint64_t last = 0;
    for (int i = 0; i < CALLS; i++) {
        uint64_t now = os_clock_ns();
        if (now < last) return false;
        last = now;
    }
    return true;
}

/* Median over the batches of the time one of `count` steps takes. */
static double median_ns(bool (*batch)(os_socket a, os_socket b), os_socket a, os_socket b,
                        int count) {
    double times[BATCHES];
    if (!batch(a, b)) return NAN; /* warms up */
    for (int i = 0; i < BATCHES; i++) {
        uint64_t start = os_clock_ns();
        if (!batch(a, b)) return NAN;
        times[i] = (double)(os_clock_ns() - start) / count;
    }
    return stats_median(times, BATCHES);
}

/* Two ends of one TCP connection over loopback, both non-blocking. */
static bool connect_both(os_socket *listener, os_socket *a, os_socket *b) {
    struct os_address any, there;
    char host[64];
    char reason[128];
    uint16_t port = 0;
    if (!os_address_resolve("127.0.0.1", 0, &any, reason, sizeof reason)) return false;
    if (os_listen(&any, 1, false, listener) != 0) return false;
    if (os_socket_local(*listener, host, sizeof host, &port) != 0) return false;
    if (!os_address_resolve(host, port, &there, reason, sizeof reason)) return false;
    if (os_connect(&there, 0, a) != 0) return false;
    for (int i = 0; i < 1000; i++) {
        int error = os_accept(*listener, true, b);
        if (!error) return true;
        if (!os_error_would_block(error)) return false;
        os_sleep_until_ns(os_clock_ns() + 1000000);
    }
    return false;
}

cJSON *floor_json(int cpu, const int *back, size_t count) {
    os_socket listener = OS_SOCKET_NONE, a = OS_SOCKET_NONE, b = OS_SOCKET_NONE;
    double roundtrip = NAN, call = NAN, clock = NAN;
    if (cpu >= 0) os_cpus_restrict(&cpu, 1);
    if (connect_both(&listener, &a, &b)) {
        roundtrip = median_ns(roundtrips, a, b, ROUNDTRIPS);
        call = median_ns(calls, a, b, CALLS);
    }
    clock = median_ns(clocks, a, b, CALLS);
    if (cpu >= 0) os_cpus_restrict(back, count);
    if (b != OS_SOCKET_NONE) os_close_reset(b);
    if (a != OS_SOCKET_NONE) os_close(a);
    if (listener != OS_SOCKET_NONE) os_close(listener);
    cJSON *json = cJSON_CreateObject();
    json_add_real(json, "roundtrip_ns", roundtrip);
    json_add_real(json, "syscall_ns", call);
    json_add_real(json, "clock_ns", clock);
    return json;
}
