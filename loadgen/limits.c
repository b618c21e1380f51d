/* limits.c - see limits.h.
 * Invariant: limits_memory depends on nothing but the load, and no run takes more. */
#include "loadgen/limits.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/room.h"

#include "loadgen/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum { EXIT_USAGE = 2, EXIT_NOTHING = 3 };

#define OWN_DESCRIPTORS 16u     /* beside those of connections */
#define DESCRIPTORS_A_THREAD 6u /* for its transport; libuv needs the most */

#define PROGRAM_BYTES (8u << 20) /* code, libraries, standard streams */
#define THREAD_BYTES (1u << 18)  /* what it uses of its stack, and what malloc keeps for it */
#define SOCKET_BYTES 4096u       /* of the kernel, for a socket, its file and its events */
/* The report: histograms, each bucket as two numbers of JSON, then all of it as text. */
#define HISTOGRAMS 4u
#define BUCKET_BYTES (2u * (sizeof(cJSON) + TRANSPORT_BLOCK_BYTES) + 3u * 24u)

/* ---- memory ---- */

static uint64_t report_bytes(const struct load *load) {
    return sizeof(struct account) + load->connections * sizeof(uint64_t) +
           (uint64_t)HISTOGRAMS * HIST_BUCKETS * BUCKET_BYTES;
}

/* A short connection may come before the one before it is gone, so it counts twice. */
struct limits_memory limits_memory(const struct load *load, uint32_t targets) {
    struct transport_memory t = load->transport->memory(load->size_bytes, load->window);
    uint64_t lasting = (uint64_t)load->connections + load->idle;
    uint64_t brief = 2 * (uint64_t)load->visitors;
    uint64_t fixed = report_bytes(load) + (load->open ? WAITING_ROOM * sizeof(struct arrival) : 0) +
                     (load->visitors ? VISITS_ROOM * sizeof(uint64_t) : 0);
    uint64_t threads = load->threads * (sizeof(struct worker) + THREAD_BYTES + t.own +
                                        (uint64_t)worker_message_room(load) * load->size_bytes);
    uint64_t connections = (lasting + brief) * (t.connection + SOCKET_BYTES) +
                           lasting * sizeof(struct client) + brief * sizeof(struct visitor);
    uint64_t messages = (uint64_t)load->connections * worker_stamps(load) * sizeof(struct stamp) +
                        ((uint64_t)load->connections * load->window + brief) * t.message;
    uint64_t each = fixed + threads + connections + messages;
    struct limits_memory needed = {PROGRAM_BYTES + targets * each, NULL};
    if (messages > connections && messages > threads)
        needed.lower = load->open    ? "--connections, --outstanding or --size"
                       : load->churn ? "--connections or --size"
                                     : "--connections, --depth or --size";
    else if (connections > threads)
        needed.lower = "--connections or --idle";
    else if (threads > fixed)
        needed.lower = "--threads or --size";
    return needed;
}

static int check_memory(const struct load *load, uint32_t targets) {
    struct limits_memory needed = limits_memory(load, targets);
    struct room room;
    char reason[160];
    room_look(&room);
    if (room_for(&room, needed.bytes, reason, sizeof reason)) return 0;
    fprintf(stderr, "loadgen: memory: %s%s%s\n", reason, needed.lower ? "; lower " : "",
            needed.lower ? needed.lower : "");
    return EXIT_USAGE;
}

/* ---- descriptors ---- */

static int check_descriptors(const struct load *load, uint32_t targets) {
    uint64_t limit = os_descriptors_limit();
    uint64_t needed = targets * ((uint64_t)load->connections + load->idle + load->visitors);
    uint64_t own = OWN_DESCRIPTORS + (uint64_t)targets * load->threads * DESCRIPTORS_A_THREAD;
    if (limit == OS_UNKNOWN || needed + own <= limit) return 0;
    fprintf(stderr,
            "loadgen: --connections: %" PRIu64 " in all (%" PRIu32 " under load, %" PRIu32
            " idle, %" PRIu32 " short): this process may open %" PRIu64
            " descriptors; raise ulimit -n\n",
            needed, load->connections, load->idle, load->visitors, limit);
    return EXIT_USAGE;
}

/* ---- both ---- */

int limits_check(const struct load *load, uint32_t targets) {
    int code = check_descriptors(load, targets);
    return code ? code : check_memory(load, targets);
}

/* Whether the kernel may have refused to lock memory. It counts what all processes of this user
 * lock, so the limit of this process alone tells nothing beforehand. */
static bool locks_too_much(const struct load *load) {
    uint64_t each = load->transport->memory(load->size_bytes, load->window).locked;
    uint64_t limit = os_memory_lock_limit();
    if (!each || limit == OS_UNKNOWN || !os_counts_locked_memory()) return false;
    fprintf(stderr,
            "loadgen: --threads: %s locks %" PRIu64 " KiB for each of %" PRIu32
            " threads, but ulimit -l allows this user %" PRIu64
            " KiB; lower it, or use --transport epoll\n",
            load->transport->name, each / 1024 + 1, load->threads, limit / 1024);
    return true;
}

int limits_cannot_start(int error, const struct load *load) {
    if (error == ENOMEM && locks_too_much(load)) return EXIT_USAGE;
    if (error == ENOMEM) memory_failed();
    if (error != EAGAIN) {
        fprintf(stderr, "loadgen: cannot start: %s\n", os_error_text(error));
        return EXIT_NOTHING;
    }
    fprintf(stderr, "loadgen: --threads: the system starts no %" PRIu32 " threads: %s; lower it\n",
            load->threads, os_error_text(error));
    return MEMORY_EXIT;
}
