/* rotation.h - several targets under load in turns: in each turn every target once, in an order
 * drawn by the seed, for a slice of the window. What disturbs the machine for longer than a turn
 * disturbs all of them alike. docs/method.md says why. */
#ifndef LOADGEN_ROTATION_H
#define LOADGEN_ROTATION_H

#include "loadgen/state.h"
#include "loadgen/usage.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Since when a target has been without load. */
struct rotation_rest {
    uint64_t since_ns; /* 0: it has had no turn */
    uint64_t cpu_ns;   /* of the server until then, or OS_UNKNOWN */
};

/* What main and all threads share. */
struct rotation {
    /* fixed at start */
    uint32_t targets, threads, turns;
    struct run *runs;       /* `targets` */
    struct worker *workers; /* targets x threads: those of one target stand together */
    uint8_t *order;         /* turns x targets: whose slice it is; owned */

    _Atomic uint32_t connected; /* threads that have connected to all targets */
    _Atomic bool go;            /* the first turn may begin */
    uint64_t go_ns;             /* when it could, written before `go` */
    _Atomic uint32_t done;      /* threads that have taken all turns */
    _Atomic bool leave;         /* connections may be closed */
    _Atomic bool stop;          /* end at once, without figures */

    /* where the threads meet before and after each slice */
    _Atomic uint32_t met;      /* arrivals of a thread at a meeting */
    _Atomic uint32_t meetings; /* that are over */

    /* of the slice, written by thread 0 at the meetings before and after it */
    bool taken;                  /* it takes place */
    bool last;                   /* it was the target's last one */
    uint64_t start_ns, t0_ns;    /* load on, window's start */
    struct os_usage before;      /* of the server */
    uint64_t messages;           /* done, before */
    uint64_t answered;           /* of them within slices */
    uint64_t window_ns;          /* of worker 0, before */
    struct rotation_rest *rests; /* `targets`; owned */
};

/* One thread of the load generator. */
struct rotation_thread {
    struct rotation *rotation;
    uint32_t index;    /* 0..threads-1 */
    uint32_t meetings; /* that it has left */
    pthread_t thread;  /* runs rotation_main, or without a rotation worker_main */
};

/* Draws the order of all turns. The fields that are fixed at start are set. Returns 0 or an error;
 * rotation_free frees. */
int rotation_init(struct rotation *r, uint64_t seed);

/* The thread; `thread` is a struct rotation_thread. */
void *rotation_main(void *thread);

/* Main's part, to the end of the last drain. `usages` has one for each target. */
void rotation_lead(struct rotation *r, struct usage *usages, bool progress);

void rotation_free(struct rotation *r);

#endif
