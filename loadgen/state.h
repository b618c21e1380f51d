/* state.h - the state of one worker: a thread of the load generator with connections of its own.
 * worker.c runs it, client.c owns the long-lived connections, visitor.c the short ones. */
#ifndef LOADGEN_STATE_H
#define LOADGEN_STATE_H

#include "base/rng.h"

#include "loadgen/account.h"
#include "loadgen/gaps.h"
#include "loadgen/load.h"
#include "loadgen/pacer.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- long-lived connections ---- */

/* One message in flight. */
struct stamp {
    uint64_t sent_ns;     /* just before its bytes went to the kernel */
    uint64_t intended_ns; /* when the schedule wanted it sent; in a closed loop as sent_ns */
};

/* An arrival that waits because its connection has --outstanding messages in flight. */
struct arrival {
    uint64_t intended_ns; /* when the schedule wanted it sent */
    uint32_t next;        /* index of the one behind it; ARRIVAL_NONE at the end */
};

#define ARRIVAL_NONE UINT32_MAX

/* One connection. Message number n has its stamp at stamps[n & stamp_mask]. */
struct client {
    uint64_t key;           /* payload key of the connection */
    uint64_t sent;          /* messages given to the transport */
    uint64_t received;      /* messages verified to the last byte */
    uint64_t window_echoes; /* of them, those of the window */
    uint32_t offset;        /* bytes verified of message number `received` */
    uint32_t first_waiting; /* queue of arrivals; ARRIVAL_NONE if empty */
    uint32_t last_waiting;  /* its end */
    bool standing;          /* connected, not broken */
    bool half_closed;       /* no more will be sent; the end of stream is awaited */
    bool abandoned;         /* its messages were given up; late answers are ignored */
    bool starved;           /* one message took more than half the window */
};

/* ---- short connections ---- */

enum visitor_state { VISITOR_AWAY, VISITOR_CONNECTING, VISITOR_ECHOING, VISITOR_LEAVING };

/* One connection id that visits use one after the other. */
struct visitor {
    uint64_t key;             /* payload key of the visit */
    uint64_t intended_ns;     /* when the schedule wanted it to connect */
    uint64_t begun_ns;        /* connecting: the connect call; echoing: the send of the message */
    uint32_t echoes;          /* complete ones so far */
    uint32_t offset;          /* bytes verified of the next one */
    uint32_t next;            /* away: the next free visitor; VISITOR_NONE at the end */
    enum visitor_state state; /* how far the visit is */
    bool counted;             /* as an error */
    bool abandoned;           /* given up; late answers are ignored */
};

#define VISITOR_NONE UINT32_MAX

/* All visits of one worker. */
struct visits {
    uint32_t first;        /* connection id of visitor 0 */
    uint32_t room;         /* visitors; 0 = this run has none */
    struct visitor *table; /* owned */
    uint32_t free;         /* list of those that are away */
    uint64_t *queue;       /* intended times that wait for a free visitor, a ring; owned */
    uint32_t queue_room;   /* entries in it */
    uint32_t queue_first;  /* the oldest */
    uint32_t queued;       /* entries in use */
    struct pacer pacer;    /* the schedule */
    bool window_pacing;    /* the schedule is the window's, no longer the warm-up's */
    bool pacing;           /* more visits may come due */
    bool shut;             /* queued visits are no longer started */
    uint32_t open;         /* visitors that are not away */
    uint32_t under_way;    /* of them, those that lack an answer */
    uint64_t begun;        /* visits ever started; the next one's number */
};

/* ---- the worker ---- */

struct worker {
    /* fixed at start */
    struct run *run;             /* shared with main */
    const struct load *load;     /* run->load */
    uint32_t index;              /* 0..threads-1 */
    uint32_t connections;        /* of this worker under load: ids 0..connections-1 */
    uint32_t regulars;           /* these and the idle ones behind them: ids up to regulars-1 */
    uint32_t first_connection;   /* its number in the whole run */
    uint32_t stamp_mask;         /* stamps per connection, a power of two, less 1 */
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
    uint64_t beat_ns;        /* the longest wait of a poll */

    /* state */
    uint32_t connecting;    /* connects under way */
    uint32_t standing;      /* connections under load that stand */
    uint32_t silent;        /* idle connections that stand */
    uint64_t queued;        /* arrivals waiting in queues */
    struct pacer pacer;     /* open loop: the schedule */
    struct rng choice;      /* open loop: draws the connection of an arrival */
    uint64_t schedule_seed; /* of the slice's arrivals: alike for all targets */
    bool window_pacing;     /* the schedule is the window's, no longer the warm-up's */
    bool draining_out;      /* late in the drain: queued arrivals are no longer sent */
    bool pacing;            /* arrivals may still come */
    uint64_t wake_error_ns; /* by how much timed waits end late, a running estimate */
    struct gaps gaps;       /* time that the worker lost */

    struct visits visits;
    struct account account;
};

/* ---- the size of its tables ---- */

#define MESSAGE_BYTES 65536u    /* scratch for batches of small messages */
#define WAITING_ROOM (1u << 20) /* arrivals that may wait, all workers */
#define VISITS_ROOM (1u << 20)  /* visits that may wait, all workers */

/* Stamps per connection, a power of two. */
static inline uint32_t worker_stamps(const struct load *load) {
    uint32_t stamps = 1;
    while (stamps < load->window) stamps *= 2;
    return stamps;
}

/* Steps of the series: each slice of a rotation is one. */
static inline uint32_t worker_steps(const struct load *load) {
    return load->slices > 1 ? load->slices : account_steps(load->duration_ns);
}

/* Messages that fit into the scratch. */
static inline uint32_t worker_message_room(const struct load *load) {
    return load->size_bytes < MESSAGE_BYTES ? MESSAGE_BYTES / load->size_bytes : 1;
}

#endif
