/* visitor.c - short connections, and the queue of visits that wait for one.
 * Invariant: a visitor has at most one message on the wire, and an id is free again only when its
 * connection is closed. */
#include "loadgen/visitor.h"

#include "base/check.h"

#include "loadgen/payload.h"

#include <errno.h>
#include <stdlib.h>

/* A connect costs more than a send, so a turn may start fewer of them. */
#define STARTS_A_TURN 64u
#define DRAWN_A_TURN 4096u
#define NEWCOMERS_MIN 64u
#define NEWCOMERS_MAX 1024u
#define NEWCOMERS_OF_S 10.0
#define SCHEDULE_SEED UINT64_C(0x9d8f3c61b72e5a04) /* differs from the main load's schedule */
#define FIRST_NUMBER (UINT64_C(1) << 40) /* above the numbers of all regular connections */

/* ---- tables ---- */

uint32_t visits_newcomers(double rate_per_s, uint32_t threads) {
    double wanted = rate_per_s * NEWCOMERS_OF_S;
    uint32_t count = wanted >= NEWCOMERS_MAX   ? NEWCOMERS_MAX
                     : wanted <= NEWCOMERS_MIN ? NEWCOMERS_MIN
                                               : (uint32_t)wanted;
    return (count + threads - 1) / threads * threads;
}

int visits_init(struct visits *v, const struct load *load, uint32_t first, uint32_t room) {
    *v = (struct visits){.first = first, .room = room, .free = room ? 0 : VISITOR_NONE};
    if (!room) return 0;
    v->queue_room = VISITS_ROOM / load->threads;
    v->table = calloc(room, sizeof *v->table);
    v->queue = malloc(v->queue_room * sizeof *v->queue); /* touched only as it fills */
    if (!v->table || !v->queue) return ENOMEM;
    for (uint32_t i = 0; i < room; i++) v->table[i].next = i + 1 < room ? i + 1 : VISITOR_NONE;
    return 0;
}

void visits_free(struct visits *v) {
    free(v->table);
    free(v->queue);
    v->table = NULL;
    v->queue = NULL;
}

static uint32_t id_of(const struct visits *v, const struct visitor *visitor) {
    return v->first + (uint32_t)(visitor - v->table);
}

static struct visitor *visitor_of(const struct visits *v, uint32_t conn) {
    CHECK_OP(conn - v->first, <, v->room);
    return &v->table[conn - v->first];
}

/* ---- the queue ---- */

/* False if it is full. */
static bool queue_push(struct visits *v, uint64_t intended_ns) {
    if (v->queued == v->queue_room) return false;
    if (v->queued == 0) v->queue_first = 0; /* touches as little of the ring as possible */
    v->queue[(v->queue_first + v->queued++) % v->queue_room] = intended_ns;
    return true;
}

static uint64_t queue_pop(struct visits *v) {
    uint64_t intended_ns = v->queue[v->queue_first];
    v->queue_first = (v->queue_first + 1) % v->queue_room;
    v->queued--;
    return intended_ns;
}

/* ---- counting ---- */

static void count_error(struct visitor *visitor, uint64_t *error) {
    if (!visitor->counted) *error += 1;
    visitor->counted = true;
}

/* A visit that is never started: in churn it is load that was not sent; a newcomer got no answer.
 */
static void never_started(struct worker *w, uint64_t intended_ns) {
    if (!account_in_window(&w->account, intended_ns)) return;
    *(w->load->churn ? &w->account.unsent : &w->account.errors.timeout) += 1;
}

/* The message on the wire will not be answered: the part of its time within the window counts. In
 * churn it is a message of the window if it was on the wire then. */
static void lose_message(struct worker *w, const struct visitor *visitor) {
    struct account *a = &w->account;
    uint64_t now_ns = os_clock_ns();
    account_lost(a, visitor->begun_ns, now_ns);
    account_change_now(a, 0, 1);
    if (!w->load->churn || now_ns < a->t0_ns || visitor->begun_ns >= a->t1_ns) return;
    a->latency.unanswered++;
    account_age(a, visitor->begun_ns, now_ns);
}

/* ---- a visit's end ---- */

/* The connection is closed: its id is free for the next visit. */
static void leave(struct worker *w, struct visitor *visitor) {
    struct visits *v = &w->visits;
    if (visitor->state == VISITOR_ECHOING) lose_message(w, visitor);
    if (visitor->state != VISITOR_LEAVING) v->under_way--;
    visitor->state = VISITOR_AWAY;
    visitor->next = v->free;
    v->free = (uint32_t)(visitor - v->table);
    v->open--;
}

static void close_and_leave(struct worker *w, struct visitor *visitor) {
    w->load->transport->close(w->transport, id_of(&w->visits, visitor));
    leave(w, visitor);
}

static void connect_failed(struct worker *w, struct visitor *visitor, int error) {
    w->run->refused = true;
    account_error(&w->account, error);
    count_error(visitor, &w->account.errors.connect);
    leave(w, visitor);
}

/* No more will be sent; the end of the stream is awaited. */
static void half_close(struct worker *w, struct visitor *visitor) {
    visitor->state = VISITOR_LEAVING;
    w->visits.under_way--;
    w->load->transport->shutdown(w->transport, id_of(&w->visits, visitor));
}

/* ---- a visit's life ---- */

static void start(struct worker *w, uint64_t intended_ns, bool waited) {
    struct visits *v = &w->visits;
    bool of_window = account_in_window(&w->account, intended_ns);
    struct visitor *visitor = &v->table[v->free];
    uint64_t number = FIRST_NUMBER + v->begun++ * w->load->threads + w->index;
    v->free = visitor->next;
    v->open++;
    v->under_way++;
    *visitor = (struct visitor){.key = payload_connection_key(w->load->seed, number),
                                .intended_ns = intended_ns,
                                .state = VISITOR_CONNECTING,
                                .begun_ns = os_clock_ns()};
    if (of_window) w->account.visits.begun++;
    if (w->load->churn && !waited && of_window)
        hist_record(&w->account.send_lag, visitor->begun_ns - intended_ns);
    int error = w->load->transport->connect(w->transport, id_of(v, visitor));
    if (error) connect_failed(w, visitor, error);
}

static void send_message(struct worker *w, struct visitor *visitor) {
    uint32_t size = w->load->size_bytes;
    payload_fill(payload_message_key(visitor->key, visitor->echoes), 0, w->message, size);
    account_change_now(&w->account, 1, 0);
    visitor->begun_ns =
        w->load->transport->send(w->transport, id_of(&w->visits, visitor), w->message, size);
    w->account.bytes_sent += size;
}

void visitor_connected(struct worker *w, uint32_t conn, int error) {
    struct visit_counts *counts = &w->account.visits;
    struct visitor *visitor = visitor_of(&w->visits, conn);
    if (error) {
        connect_failed(w, visitor, error);
        return;
    }
    if (account_in_window(&w->account, visitor->intended_ns))
        hist_record(&counts->connect, os_clock_ns() - visitor->begun_ns);
    if (w->load->churn && counts->connected == 0) atomic_fetch_add(&w->run->standing, 1);
    counts->connected++;
    visitor->state = VISITOR_ECHOING;
    send_message(w, visitor);
}

/* The echo of a short connection that is the load: it belongs to the moment when it ends. */
static void count_churned(struct account *a, uint64_t sent_ns, uint64_t now_ns) {
    account_done(a, now_ns - sent_ns);
    account_age(a, sent_ns, now_ns);
    if (account_in_window(a, now_ns)) account_echo(a, now_ns, now_ns - sent_ns);
}

/* The last byte of an echo came at `now_ns`: the next message, or the end. */
static void echo_done(struct worker *w, struct visitor *visitor, uint64_t now_ns) {
    struct account *a = &w->account;
    bool of_window = account_in_window(a, visitor->intended_ns);
    account_answered(a, visitor->begun_ns, now_ns);
    account_change_now(a, 0, 1);
    if (w->load->churn) count_churned(a, visitor->begun_ns, now_ns);
    visitor->offset = 0;
    if (visitor->echoes++ == 0 && of_window)
        hist_record(&a->visits.first_echoes, now_ns - visitor->intended_ns);
    if (visitor->echoes < w->load->visit_echoes) {
        send_message(w, visitor);
        return;
    }
    half_close(w, visitor);
    if (!of_window) return;
    a->visits.answered++;
    if (w->load->churn && now_ns < a->t1_ns) a->achieved++;
}

static void on_end_of_stream(struct worker *w, struct visitor *visitor) {
    if (visitor->state == VISITOR_ECHOING) count_error(visitor, &w->account.errors.cut);
    close_and_leave(w, visitor);
}

void visitor_received(struct worker *w, uint32_t conn, const uint8_t *data, size_t size,
                      uint64_t now_ns) {
    struct visitor *visitor = visitor_of(&w->visits, conn);
    if (size == 0) {
        on_end_of_stream(w, visitor);
        return;
    }
    w->account.bytes_received += size;
    if (visitor->abandoned) return; /* answers after the drain */
    if (visitor->state == VISITOR_LEAVING || size > w->load->size_bytes - visitor->offset ||
        !payload_matches(payload_message_key(visitor->key, visitor->echoes), visitor->offset, data,
                         size)) {
        count_error(visitor, &w->account.errors.mismatch);
        close_and_leave(w, visitor);
        return;
    }
    visitor->offset += (uint32_t)size;
    if (visitor->offset == w->load->size_bytes) echo_done(w, visitor, now_ns);
}

void visitor_failed(struct worker *w, uint32_t conn, int error) {
    struct visitor *visitor = visitor_of(&w->visits, conn);
    account_error(&w->account, error);
    count_error(visitor, &w->account.errors.reset);
    leave(w, visitor);
}

/* ---- the schedule ---- */

/* As for the main load, a slice has a schedule of its own. */
static void start_schedule(struct worker *w, uint64_t start_ns, uint64_t seed) {
    const struct load *load = w->load;
    /* a worker's share is that of its visitors */
    double weight = (double)w->visits.room * load->threads / load->visitors;
    pacer_start(&w->visits.pacer, &(struct pacer_share){.start_ns = start_ns,
                                                        .rate_per_s = load->visits_per_s * weight,
                                                        .poisson = load->poisson || !load->churn,
                                                        .seed = seed ^ SCHEDULE_SEED,
                                                        .worker = w->index,
                                                        .workers = load->threads});
}

void visits_open(struct worker *w, uint64_t start_ns) {
    if (!w->visits.room) return;
    start_schedule(w, start_ns, ~w->schedule_seed);
    w->visits.pacing = true;
}

/* Starts a visit that is due, or queues it. Returns whether it was started. */
static bool take(struct worker *w, uint64_t due_ns) {
    struct visits *v = &w->visits;
    if (account_in_window(&w->account, due_ns)) w->account.visits.offered++;
    if (v->queued == 0 && v->free != VISITOR_NONE) {
        start(w, due_ns, false);
        return true;
    }
    if (!queue_push(v, due_ns)) never_started(w, due_ns);
    return false;
}

uint32_t visits_start(struct worker *w) {
    struct visits *v = &w->visits;
    uint32_t started = 0, drawn = 0;
    if (!v->room) return 0;
    for (; v->queued > 0 && v->free != VISITOR_NONE && !v->shut && started < STARTS_A_TURN;
         started++)
        start(w, queue_pop(v), true);
    while (v->pacing && started < STARTS_A_TURN && drawn < DRAWN_A_TURN) {
        uint64_t due_ns = pacer_due_ns(&v->pacer);
        if (!v->window_pacing && due_ns >= w->account.t0_ns) {
            start_schedule(w, w->account.t0_ns, w->schedule_seed);
            v->window_pacing = true;
            continue;
        }
        if (due_ns >= w->account.t1_ns) v->pacing = false;
        uint64_t now_ns = os_clock_ns();
        if (!v->pacing || due_ns > now_ns) break;
        if (w->load->churn && account_in_window(&w->account, due_ns))
            hist_record(&w->account.arrival_lag, now_ns - due_ns);
        started += take(w, due_ns);
        pacer_advance(&v->pacer);
        drawn++;
    }
    return started + drawn;
}

uint64_t visits_due_ns(const struct worker *w) {
    const struct visits *v = &w->visits;
    if (v->queued > 0 && v->free != VISITOR_NONE && !v->shut) return 0;
    return v->pacing ? pacer_due_ns(&v->pacer) : NOT_YET;
}

/* ---- the end ---- */

void visits_give_up(struct worker *w) {
    struct visits *v = &w->visits;
    v->pacing = false;
    while (v->queued > 0) never_started(w, queue_pop(v));
    for (uint32_t i = 0; i < v->room; i++) {
        struct visitor *visitor = &v->table[i];
        if (visitor->state != VISITOR_CONNECTING && visitor->state != VISITOR_ECHOING) continue;
        if (account_in_window(&w->account, visitor->intended_ns))
            count_error(visitor, &w->account.errors.timeout);
        visitor->abandoned = true;
        if (visitor->state == VISITOR_CONNECTING) {
            close_and_leave(w, visitor);
        } else {
            lose_message(w, visitor);
            half_close(w, visitor);
        }
    }
}

void visits_count_open(struct worker *w) {
    struct visits *v = &w->visits;
    for (uint32_t i = 0; i < v->room; i++)
        if (v->table[i].state != VISITOR_AWAY) count_error(&v->table[i], &w->account.errors.cut);
}
