/* worker.h - one thread of the load generator, with connections of its own.
 * Invariant: sent = received + outstanding + lost, in messages, at every moment. */
#ifndef LOADGEN_WORKER_H
#define LOADGEN_WORKER_H

#include "base/hist.h"
#include "base/rng.h"

#include "loadgen/load.h"
#include "loadgen/pacer.h"
#include "loadgen/visitor.h"

#include <pthread.h>

#define SERIES_MAX 600

/* One message in flight. */
struct stamp {
    uint64_t sent_ns;     /* just before its bytes went to the kernel */
    uint64_t intended_ns; /* when the schedule wanted it sent; in a closed loop as sent_ns */
};

/* An arrival that waits because its connection has --outstanding messages in flight. */
struct arrival {
    uint64_t intended_ns; /* as scheduled */
    uint32_t next;        /* index of the one behind it, ARRIVAL_NONE at the end */
};

#define ARRIVAL_NONE UINT32_MAX

/* One connection. Message number n has its stamp at stamps[n & stamp_mask]. */
struct client {
    uint64_t key;           /* payload key of the connection */
    uint64_t sent;          /* messages given to the transport */
    uint64_t received;      /* messages verified whole */
    uint64_t window_echoes; /* of them, those of the window */
    uint32_t offset;        /* bytes verified of message number `received` */
    uint32_t first_waiting; /* queue of arrivals; ARRIVAL_NONE if empty */
    uint32_t last_waiting;  /* its end */
    bool standing;          /* connected, not broken */
    bool half_closed;       /* no more will be sent; the end of stream is awaited */
    bool abandoned;         /* messages were given up; what still comes is not looked at */
    bool starved;           /* one message took more than half the window */
};

/* What the series tells of one step of the window. */
struct step {
    uint64_t messages; /* that belong to it */
    uint64_t sum_ns;   /* of their latencies */
    uint64_t max_ns;   /* the largest of them */
};

struct worker_errors {
    uint64_t connect;  /* connections that never stood */
    uint64_t reset;    /* connections that broke */
    uint64_t timeout;  /* messages not answered by the end of the drain; of an open loop those of
                          the window, also where their connection broke */
    uint64_t cut;      /* connections that ended with bytes of an echo missing */
    uint64_t mismatch; /* connections on which a wrong byte came */
};

struct worker {
    /* fixed at start */
    struct run *run;             /* shared with main */
    const struct load *load;     /* run->load */
    uint32_t index;              /* 0..threads-1 */
    uint32_t connections;        /* of this worker under load: ids 0..connections-1 */
    uint32_t regulars;           /* and the idle ones behind them: ids up to regulars-1 */
    uint32_t first_connection;   /* its number in the whole run */
    uint32_t stamp_mask;         /* stamps per connection, a power of two, less 1 */
    pthread_t thread;            /* runs worker_main */
    struct transport *transport; /* its own */

    /* tables, owned */
    struct client *clients;  /* by connection id, regulars */
    struct stamp *stamps;    /* (stamp_mask + 1) per connection under load */
    struct arrival *waiting; /* pool of arrivals; open loop only */
    uint32_t waiting_room;   /* entries in it */
    uint32_t waiting_free;   /* list of freed entries */
    uint32_t waiting_used;   /* entries ever taken; those above were never touched */
    uint8_t *message;        /* scratch for what is being sent */
    uint32_t message_room;   /* messages that fit there */

    /* state */
    uint32_t connecting;    /* connects under way */
    uint32_t standing;      /* connections under load that stand */
    uint32_t silent;        /* idle connections that stand */
    struct pacer pacer;     /* open loop: the schedule */
    struct rng choice;      /* open loop: draws the connection of an arrival */
    uint64_t t0_ns, t1_ns;  /* the window: run's, or later if that was learnt too late */
    uint64_t step_ns;       /* of the series */
    bool window_pacing;     /* the schedule is the window's, no longer the warm-up's */
    bool draining_out;      /* late in the drain: what waits is no longer sent */
    bool pacing;            /* arrivals may still come */
    uint64_t wake_error_ns; /* by how much timed waits end late, a running estimate */

    /* counters of their own, apart from the stamps (Little's law, busy time) */
    bool exact;              /* the integral is kept per operation, not per turn */
    uint64_t outstanding;    /* messages on the wire */
    uint64_t integral_at_ns; /* up to when the integral is kept */
    double integral;         /* of outstanding over the window, in message ns */
    uint64_t answered;       /* messages answered within the window, whenever intended */
    uint64_t wire_sum_ns;    /* for all messages, the part of their service time that lies in
                                the window: what the integral must equal */
    uint64_t busy_ns;        /* of the window: turns that had work, less time blocked */
    uint64_t queued;         /* arrivals waiting in queues */

    struct visits visits; /* short connections */

    /* results */
    struct hist latency;  /* of the window's messages: closed from the send, open from the intent */
    struct hist service;  /* open loop: the same messages from the send */
    struct hist send_lag; /* open loop: sent less intended, where no queue stood between */
    struct step series[SERIES_MAX]; /* the window in equal steps */
    uint32_t steps;                 /* in use */
    struct worker_errors errors;    /* counted once each */
    uint64_t offered;               /* arrivals whose intent lies in the window */
    uint64_t achieved;              /* of them (churn: of visits), answered before its end */
    uint64_t unsent;                /* of them, never sent: the queue was full or time was up */
    uint64_t bytes_sent;            /* of the whole run, given to the transport */
    uint64_t bytes_received;        /* of the whole run */
    uint64_t window_end_ns; /* when it left the window: t1, or earlier if all connections broke */
    uint64_t connected;     /* regulars that ever stood */
    int first_error;        /* the first native error met; 0 = none */
    _Atomic uint64_t done;  /* messages answered so far, for warm-up and progress */
    _Atomic uint64_t done_sum_ns; /* the sum of their service times */
};

/* Steps of the series for a window: an even number, 2..SERIES_MAX, of 100 ms or more. */
uint32_t worker_series_steps(uint64_t duration_ns);

/* Readies worker `index` of `run`. Returns 0 or an error. */
int worker_init(struct worker *w, struct run *run, uint32_t index);

/* The thread: connects, runs the load, drains, closes. `worker` is a struct worker. */
void *worker_main(void *worker);

void worker_free(struct worker *w);

/* ---- client.c: what happens on one connection ---- */

/* The handlers of every worker's transport; the context is the worker. */
extern const struct transport_handlers client_handlers;

/* Sends up to `count` messages now. */
void client_send(struct worker *w, uint32_t conn, uint32_t count);

/* Takes an arrival that is due: sends it, or queues it behind the connection's others. Returns
 * whether it was sent. */
bool client_arrival(struct worker *w, uint32_t conn, uint64_t intended_ns);

/* Ends the sending direction. */
void client_half_close(struct worker *w, uint32_t conn);

/* Gives up what is missing on `conn`, at the end of the drain (`drained`) or because it broke. */
void client_give_up(struct worker *w, uint32_t conn, bool drained);

/* Whether `at_ns` lies in the window; t0 is NOT_YET during warm-up. */
static inline bool client_in_window(const struct worker *w, uint64_t at_ns) {
    return at_ns >= w->t0_ns && at_ns < w->t1_ns;
}

/* The part of [from_ns, to_ns) that lies in the window. */
uint64_t client_within_window(const struct worker *w, uint64_t from_ns, uint64_t to_ns);

/* Brings the integral of outstanding messages up to `now_ns`. */
void client_integrate(struct worker *w, uint64_t now_ns);

/* Counts the echo of a short connection that is the load: it belongs where it ends. */
void client_count_churned(struct worker *w, uint64_t sent_ns, uint64_t now_ns);

#endif
