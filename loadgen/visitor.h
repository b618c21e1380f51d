/* visitor.h - short connections: connect, some echoes, half-close, end of stream, close. They are
 * the load of churn, and the newcomers beside any other load. Invariant: every visit whose
 * scheduled time lies in the window is, in the end, answered, an error counted once, or never
 * started. */
#ifndef LOADGEN_VISITOR_H
#define LOADGEN_VISITOR_H

#include "base/hist.h"

#include "loadgen/pacer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct load;
struct worker;

enum visitor_state { VISITOR_AWAY, VISITOR_CONNECTING, VISITOR_ECHOING, VISITOR_LEAVING };

/* One connection id that visits use one after the other. */
struct visitor {
    uint64_t key;             /* payload key of the visit */
    uint64_t intended_ns;     /* when the schedule wanted it to connect */
    uint64_t begun_ns;        /* connecting: the connect call; echoing: the send of the message */
    uint32_t echoes;          /* whole ones so far */
    uint32_t offset;          /* bytes verified of the next one */
    uint32_t next;            /* away: the next free visitor, VISITOR_NONE at the end */
    enum visitor_state state; /* how far the visit is */
    bool counted;             /* as an error */
    bool abandoned;           /* given up; what still comes is not looked at */
};

#define VISITOR_NONE UINT32_MAX

/* All visits of one worker. */
struct visits {
    uint32_t first;           /* connection id of visitor 0 */
    uint32_t room;            /* visitors; 0 = this run has none */
    struct visitor *table;    /* owned */
    uint32_t free;            /* list of those that are away */
    uint64_t *queue;          /* intended times that wait for a free visitor, a ring; owned */
    uint32_t queue_room;      /* entries in it */
    uint32_t queue_first;     /* the oldest */
    uint32_t queued;          /* how many wait */
    struct pacer pacer;       /* the schedule */
    bool window_pacing;       /* it is the window's, no longer the warm-up's */
    bool pacing;              /* more may come due */
    bool shut;                /* what waits is no longer started */
    uint32_t open;            /* visitors that are not away */
    uint32_t under_way;       /* of them, those that lack an answer */
    uint64_t begun;           /* visits ever started; the next one's number */
    uint64_t connected;       /* connections that stood */
    uint64_t offered;         /* visits scheduled in the window */
    uint64_t answered;        /* of them, those that got all their echoes */
    struct hist connect;      /* of them, from the connect call until it stood */
    struct hist first_echoes; /* of them, from the scheduled time to the first whole echo */
};

/* How many newcomers may be open at once, in all workers, at `rate_per_s`: those of 10 s, at least
 * 64, at most 1024; as many for each of `threads`. */
uint32_t visits_newcomers(double rate_per_s, uint32_t threads);

/* Readies `room` visitors behind connection ids 0..first-1. Returns 0 or an error; visits_free
 * frees. */
int visits_init(struct visits *v, const struct load *load, uint32_t first, uint32_t room);

void visits_free(struct visits *v);

/* Starts the schedule of the warm-up; the window's follows by itself. */
void visits_open(struct worker *w, uint64_t start_ns);

/* Draws and starts the visits that are due, a turn's share of them. Returns how many. */
uint32_t visits_start(struct worker *w);

/* When visits_start has something to do: 0 = at once, NOT_YET = not before an event. */
uint64_t visits_due_ns(const struct worker *w);

/* The end of the drain: gives up visits that lack an answer, and those that wait. */
void visits_give_up(struct worker *w);

/* Counts those that the server never ended. */
void visits_count_open(struct worker *w);

/* ---- what the transport tells of connection ids from `first` on ---- */

void visitor_connected(struct worker *w, uint32_t conn, int error);
void visitor_received(struct worker *w, uint32_t conn, const uint8_t *data, size_t size,
                      uint64_t now_ns);
void visitor_failed(struct worker *w, uint32_t conn);

#endif
