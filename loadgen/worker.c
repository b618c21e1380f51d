/* worker.c - the loop of one thread: connect, load, drain, half-close.
 * Invariant: a turn is either busy (something was due or arrived) or idle; busy time is the time of
 * the busy turns, less their sleep. */
#include "loadgen/worker.h"

#include "base/check.h"

#include "loadgen/client.h"
#include "loadgen/payload.h"
#include "loadgen/visitor.h"

#include <errno.h>
#include <stdlib.h>

#define CONNECTS_AT_ONCE 512u /* less than any usual backlog */
/* Connects are given up after this time, plus a time per connection in which the kernel may have to
 * search for ports. */
#define CONNECT_LIMIT_NS 20000000000u
#define CONNECT_EACH_NS 1000000u
#define POLL_LIMIT_NS 50000000u /* a stop may be noticed that late */
/* A freeze within a wait shows only as far as it lasts longer than the wait. So a wait is at most
 * half of a gap that makes a slot suspect, which is 1 % of the window. Shorter ones cost CPU time
 * while a server has no CPU: 1 ms cost 4 % per echo on a crowded machine. libuv spins below 1 ms.
 */
#define BEATS_A_WINDOW 200u
#define BEAT_MIN_NS 1000000u
#define EDGE_TRIES 5          /* to read two accounts at the same moment */
#define EDGE_APART_NS 100000u /* CPU time between them that does not matter */
/* Answers, stop and the window's edges must not wait for a long queue of late arrivals. */
#define SENDS_A_TURN 256u
#define ARRIVALS_A_TURN 4096u
#define WAKE_ERROR_START_NS 60000u
/* From this size on verification takes so long that one figure per turn is too coarse. */
#define EXACT_FROM_BYTES 512u
/* A worker that loses its CPU between an answer and the next send leaves one connection without a
 * message, which a figure per turn cannot show. With fewer connections that is more than 2 %. */
#define EXACT_BELOW_CONNECTIONS 50u

/* The share of worker `index` in `total`; shares differ by one at most. */
static uint32_t share(uint32_t total, uint32_t threads, uint32_t index) {
    return total / threads + (index < total % threads);
}

static uint64_t beat_ns(uint64_t duration_ns) {
    uint64_t ns = duration_ns / BEATS_A_WINDOW;
    return ns < BEAT_MIN_NS ? BEAT_MIN_NS : ns > POLL_LIMIT_NS ? POLL_LIMIT_NS : ns;
}

/* An empty table has an address, too: NULL always means out of memory. */
static void *table(size_t count, size_t size) {
    return calloc(count ? count : 1, size);
}

static int make_tables(struct worker *w) {
    size_t stamps = (size_t)w->stamp_mask + 1;
    w->clients = table(w->regulars, sizeof *w->clients);
    w->stamps = table(w->connections * stamps, sizeof *w->stamps);
    w->message = malloc((size_t)w->message_room * w->load->size_bytes);
    if (w->load->open) {
        w->waiting_room = WAITING_ROOM / w->load->threads;
        w->waiting = malloc(w->waiting_room * sizeof *w->waiting); /* touched only as it fills */
        if (!w->waiting) return ENOMEM;
    }
    return w->clients && w->stamps && w->message ? 0 : ENOMEM;
}

/* ---- what the transport reports, to the owner of the connection ---- */

static void on_connected(void *context, uint32_t conn, int error) {
    struct worker *w = context;
    (conn < w->regulars ? client_connected : visitor_connected)(w, conn, error);
}

static void on_received(void *context, uint32_t conn, const uint8_t *data, size_t size,
                        uint64_t now_ns) {
    struct worker *w = context;
    if (conn < w->regulars) {
        client_received(w, conn, data, size, now_ns);
    } else {
        visitor_received(w, conn, data, size, now_ns);
    }
}

static void on_failed(void *context, uint32_t conn, int error) {
    struct worker *w = context;
    (conn < w->regulars ? client_failed : visitor_failed)(w, conn, error);
}

static const struct transport_handlers handlers = {
    .connected = on_connected,
    .received = on_received,
    .failed = on_failed,
};

int worker_init(struct worker *w, struct run *run, uint32_t index) {
    const struct load *load = run->load;
    uint32_t connections = share(load->connections, load->threads, index);
    uint32_t extra = load->connections % load->threads;
    *w = (struct worker){
        .run = run,
        .load = load,
        .index = index,
        .connections = connections,
        .regulars = connections + share(load->idle, load->threads, index),
        .first_connection =
            index * (load->connections / load->threads) + (index < extra ? index : extra),
        .stamp_mask = worker_stamps(load) - 1,
        .waiting_free = ARRIVAL_NONE,
        .message_room = worker_message_room(load),
        .beat_ns = beat_ns(load->slice_ns),
        .schedule_seed = load->seed,
        .wake_error_ns = WAKE_ERROR_START_NS,
    };
    uint32_t steps = worker_steps(load);
    account_init(&w->account, steps, load->duration_ns / steps,
                 load->open || load->window > 1 || load->size_bytes >= EXACT_FROM_BYTES ||
                     connections < EXACT_BELOW_CONNECTIONS);
    int error = make_tables(w);
    if (!error)
        error =
            visits_init(&w->visits, load, w->regulars, share(load->visitors, load->threads, index));
    for (uint32_t i = 0; !error && i < w->regulars; i++) {
        w->clients[i].first_waiting = ARRIVAL_NONE;
        w->clients[i].key = payload_connection_key(load->seed, w->first_connection + i);
    }
    uint64_t in_flight_bytes = (uint64_t)load->window * load->size_bytes;
    struct transport_config config = {
        .connections = w->regulars + w->visits.room,
        .in_flight_bytes = in_flight_bytes < UINT32_MAX ? (uint32_t)in_flight_bytes : UINT32_MAX,
        .address = load->address,
        .sources = load->sources,
        .handlers = &handlers,
        .context = w};
    if (!error) error = load->transport->open(&config, &w->transport);
    if (error) worker_free(w);
    return error;
}

void worker_free(struct worker *w) {
    if (w->transport) w->load->transport->free(w->transport);
    free(w->clients);
    free(w->stamps);
    free(w->waiting);
    free(w->message);
    visits_free(&w->visits);
    w->transport = NULL;
}

/* ---- connecting ---- */

/* Polls for up to `limit_ns`, but not so long that a stop goes unnoticed. Returns how many
 * operations ended. */
static uint32_t poll_for(struct worker *w, uint64_t limit_ns, uint64_t *blocked_ns) {
    return w->load->transport->poll(
        w->transport, limit_ns < POLL_LIMIT_NS ? limit_ns : POLL_LIMIT_NS, blocked_ns);
}

void worker_connect(struct worker *w) {
    struct account *a = &w->account;
    uint64_t limit_ns = CONNECT_LIMIT_NS + (uint64_t)w->regulars * CONNECT_EACH_NS;
    uint64_t deadline_ns = os_clock_ns() + limit_ns, ignored = 0;
    uint32_t next = 0;
    while ((next < w->regulars || w->connecting > 0) && !w->run->stop) {
        while (next < w->regulars && w->connecting < CONNECTS_AT_ONCE) {
            int error = w->load->transport->connect(w->transport, next++);
            if (!error) {
                w->connecting++;
                continue;
            }
            a->errors.connect++;
            account_error(a, error);
        }
        uint64_t now_ns = os_clock_ns();
        if (now_ns >= deadline_ns) break;
        poll_for(w, deadline_ns - now_ns, &ignored);
    }
    uint32_t undecided = w->connecting + (w->regulars - next);
    if (undecided > 0 && !w->run->stop) { /* too late */
        a->errors.connect += undecided;
        account_error(a, ETIMEDOUT);
        for (uint32_t i = 0; i < w->regulars; i++)
            if (!w->clients[i].standing) w->load->transport->close(w->transport, i);
    }
    atomic_fetch_add(&w->run->standing, w->standing);
    atomic_fetch_add(&w->run->ready, 1);
}

/* ---- the load ---- */

/* Reads the CPU time of the server's process, and that of its group at the same moment: again if
 * the process used more than a trace between two readings around it. */
static void read_server(const struct load *load, struct edge *edge) {
    uint64_t after_ns = 0;
    bool known = false;
    for (int i = 0; i < EDGE_TRIES; i++) {
        known = os_process_cpu_ns(load->server_pid, &edge->server_cpu_ns) == 0;
        if (!load->server_group || !known) break;
        if (os_group_usage(load->server_group, &edge->group) != 0) edge->group.cpu_ns = OS_UNKNOWN;
        if (os_process_cpu_ns(load->server_pid, &after_ns) != 0 ||
            after_ns - edge->server_cpu_ns <= EDGE_APART_NS)
            break;
    }
    if (!known) edge->server_cpu_ns = OS_UNKNOWN;
}

/* Worker 0 reads CPU times exactly at the window's edges. */
static void mark_edge(struct worker *w, int which) {
    struct edge *edge = &w->run->slices[w->account.first_step].edges[which];
    edge->own_cpu_ns = os_cpu_time_ns();
    if (w->load->server_pid) read_server(w->load, edge);
}

/* A slice has a schedule of its own, which begins with it. So its arrivals depend only on the seed,
 * not on the length of the warm-up. */
static void start_schedule(struct worker *w, uint64_t start_ns, uint64_t seed) {
    /* a worker's share of the rate is its share of the connections */
    double weight = (double)w->connections * w->load->threads / w->load->connections;
    pacer_start(&w->pacer, &(struct pacer_share){.start_ns = start_ns,
                                                 .rate_per_s = w->load->rate_per_s * weight,
                                                 .poisson = w->load->poisson,
                                                 .seed = seed,
                                                 .worker = w->index,
                                                 .workers = w->load->threads});
    rng_seed(&w->choice, seed, 2 * (uint64_t)w->index + 1);
}

/* Sends or queues arrivals that are due, as many as one turn allows. Returns how many. */
static uint32_t take_arrivals(struct worker *w) {
    struct account *a = &w->account;
    uint32_t taken = 0, sent = 0;
    uint64_t now_ns = os_clock_ns();
    while (w->pacing && sent < SENDS_A_TURN && taken < ARRIVALS_A_TURN) {
        uint64_t due_ns = pacer_due_ns(&w->pacer);
        if (!w->window_pacing && due_ns >= a->t0_ns) {
            start_schedule(w, a->t0_ns, w->schedule_seed);
            w->window_pacing = true;
            continue;
        }
        if (due_ns >= a->t1_ns) w->pacing = false;
        if (!w->pacing || (due_ns > now_ns && due_ns > (now_ns = os_clock_ns()))) break;
        if (account_in_window(a, due_ns)) hist_record(&a->arrival_lag, now_ns - due_ns);
        sent += client_arrival(w, (uint32_t)rng_below(&w->choice, w->connections), due_ns);
        pacer_advance(&w->pacer);
        taken++;
    }
    return taken;
}

/* How long this turn may sleep: until stop must be checked, the window ends, or the next arrival is
 * due. With SPIN_AUTO the wait ends early by the error of timed waits, and the worker spins. */
static uint64_t sleep_limit_ns(const struct worker *w, uint64_t now_ns) {
    const struct account *a = &w->account;
    if (w->load->spin == SPIN_ALWAYS) return 0;
    /* main may set t0 at any moment, START_LEAD_NS before it comes */
    uint64_t limit_ns = a->t0_ns == NOT_YET ? START_LEAD_NS / 2 : w->beat_ns;
    uint64_t edge_ns = now_ns < a->t0_ns ? a->t0_ns : a->t1_ns;
    if (edge_ns != NOT_YET && edge_ns > now_ns && edge_ns - now_ns < limit_ns)
        limit_ns = edge_ns - now_ns;
    uint64_t due_ns = w->pacing ? pacer_due_ns(&w->pacer) : NOT_YET;
    uint64_t visit_ns = visits_due_ns(w);
    if (visit_ns < due_ns) due_ns = visit_ns;
    uint64_t spin_from_ns = now_ns + (w->load->spin == SPIN_AUTO ? w->wake_error_ns : 0);
    if (due_ns <= spin_from_ns) return 0;
    return due_ns - spin_from_ns < limit_ns ? due_ns - spin_from_ns : limit_ns;
}

/* Estimates how late timed waits end; the estimate rises at once and falls slowly. */
static void learn_wake_error(struct worker *w, uint64_t asked_ns, uint64_t took_ns) {
    if (asked_ns == 0 || took_ns < asked_ns) return;
    uint64_t late_ns = took_ns - asked_ns, most_ns = os_wait_late_ns();
    if (late_ns > most_ns) late_ns = most_ns;
    w->wake_error_ns =
        late_ns > w->wake_error_ns ? late_ns : (w->wake_error_ns * 63 + late_ns) / 64;
}

/* Polls for up to `limit_ns`, and finds out what time the worker has lost since the last look.
 * Returns how many operations ended; *now_ns is the time after them. */
static uint32_t poll_and_look(struct worker *w, uint64_t limit_ns, uint64_t *blocked_ns,
                              uint64_t *now_ns) {
    uint32_t ended = w->load->transport->poll(w->transport, limit_ns, blocked_ns);
    *now_ns = os_clock_ns();
    gaps_waited(&w->gaps, limit_ns, *blocked_ns);
    if (gaps_look_due(&w->gaps, *now_ns)) gaps_look(&w->gaps, *now_ns, os_thread_cpu_ns());
    return ended;
}

/* One turn from `start_ns`: arrivals, then the events of the transport. Returns when it ended. */
static uint64_t turn(struct worker *w, uint64_t start_ns) {
    struct account *a = &w->account;
    uint64_t blocked_ns = 0, end_ns;
    uint32_t work = take_arrivals(w) + visits_start(w);
    uint64_t asked_ns = work ? 0 : sleep_limit_ns(w, start_ns);
    uint32_t ended = poll_and_look(w, asked_ns, &blocked_ns, &end_ns);
    account_integrate(a, end_ns);
    if (work + ended > 0) {
        uint64_t awake_ns = end_ns - start_ns - blocked_ns;
        uint64_t inside_ns = account_within_window(a, start_ns + blocked_ns, end_ns);
        a->busy_ns += inside_ns < awake_ns ? inside_ns : awake_ns;
    } else {
        learn_wake_error(w, asked_ns, end_ns - start_ns);
    }
    return end_ns;
}

static void start_load(struct worker *w, uint64_t start_ns) {
    w->account.integral_at_ns = start_ns;
    visits_open(w, start_ns);
    if (w->load->open) {
        start_schedule(w, start_ns, ~w->schedule_seed);
        w->pacing = true;
        return;
    }
    for (uint32_t i = 0; i < w->connections; i++)
        if (w->clients[i].standing) client_send(w, i, w->load->window);
}

/* A worker that learns too late when the window begins, because it did not have the CPU, has a
 * later one: everything before must be outside. */
static void set_window(struct worker *w, uint64_t t0_ns) {
    struct account *a = &w->account;
    uint64_t now_ns = os_clock_ns();
    a->t0_ns = now_ns < t0_ns ? t0_ns : now_ns;
    a->t1_ns = a->t0_ns + w->load->slice_ns;
    gaps_window(&w->gaps, a->t0_ns);
    uint64_t late_ns = a->t0_ns - t0_ns, known_ns = w->run->late_ns;
    while (late_ns > known_ns &&
           !atomic_compare_exchange_weak(&w->run->late_ns, &known_ns, late_ns))
        continue;
}

/* Arrivals of a slice are those of no other one, but the same for every target. */
void worker_next_slice(struct worker *w, uint32_t slice, uint64_t t0_ns) {
    w->account.first_step = slice;
    w->schedule_seed = w->load->seed ^ slice * UINT64_C(0x9e3779b97f4a7c15);
    w->window_pacing = w->visits.window_pacing = false;
    w->draining_out = w->visits.shut = false;
    gaps_resume(&w->gaps, os_clock_ns(), os_thread_cpu_ns());
    set_window(w, t0_ns);
}

static void run_window(struct worker *w) {
    struct account *a = &w->account;
    uint64_t now_ns = os_clock_ns();
    int marked = 0; /* edges that worker 0 has read */
    while (!w->run->stop && (w->standing > 0 || w->load->churn)) {
        if (a->t0_ns == NOT_YET && w->run->t0_ns != NOT_YET) set_window(w, w->run->t0_ns);
        if (w->index == 0 && marked < 2 && now_ns >= (marked ? a->t1_ns : a->t0_ns))
            mark_edge(w, marked++);
        if (now_ns >= a->t1_ns && !w->pacing && !w->visits.pacing) break;
        now_ns = turn(w, now_ns);
    }
    /* all connections broke, and there are no other workers: the figures end here; or this worker
     * had no CPU from before the window until after it */
    if (w->index == 0 && marked == 1 && (w->load->threads == 1 || now_ns >= a->t1_ns))
        mark_edge(w, 1);
    uint64_t end_ns = now_ns < a->t1_ns ? now_ns : a->t1_ns;
    a->window_ns += end_ns > a->t0_ns ? end_ns - a->t0_ns : 0;
}

/* ---- the end ---- */

/* Whether the drain still has something to wait for. In a rotation this is also that the server has
 * closed the short connections, because the next slice is another server's. */
static bool awaited(const struct worker *w) {
    return w->account.outstanding > 0 || w->visits.under_way > 0 ||
           (w->load->slices > 1 && w->visits.open > 0) ||
           (w->queued + w->visits.queued > 0 && !w->draining_out);
}

/* Waits for the missing answers, then gives them up. Queued arrivals are sent in the first half of
 * the time only, so that they can be answered in the second. Returns false if some did not come. */
static bool drain(struct worker *w) {
    uint64_t start_ns = os_clock_ns(), now_ns = start_ns;
    uint64_t deadline_ns = start_ns + w->load->drain_ns;
    w->visits.pacing = false; /* visits not drawn by the end of the window were not offered */
    while (awaited(w) && !w->run->stop && now_ns < deadline_ns) {
        w->draining_out = w->visits.shut = now_ns >= start_ns + w->load->drain_ns / 2;
        visits_start(w);
        uint64_t left_ns = deadline_ns - now_ns, blocked_ns = 0;
        uint64_t limit_ns = left_ns < w->beat_ns ? left_ns : w->beat_ns;
        poll_and_look(w, visits_due_ns(w) == 0 ? 0 : limit_ns, &blocked_ns, &now_ns);
    }
    bool complete = !awaited(w);
    for (uint32_t i = 0; i < w->connections; i++) client_give_up(w, i, true);
    visits_give_up(w);
    return complete;
}

/* Ends the sending direction everywhere and reads to the end of every stream. */
void worker_leave(struct worker *w) {
    uint64_t deadline_ns = os_clock_ns() + w->load->drain_ns + 1000000000u, now_ns, ignored = 0;
    for (uint32_t i = 0; i < w->regulars; i++) client_half_close(w, i);
    while (w->standing + w->silent + w->visits.open > 0 && !w->run->stop &&
           (now_ns = os_clock_ns()) < deadline_ns)
        poll_for(w, deadline_ns - now_ns, &ignored);
    w->account.errors.cut += w->standing + w->silent; /* the server never closed these */
    visits_count_open(w);
}

/* ---- all of it ---- */

bool worker_load(struct worker *w, uint64_t start_ns) {
    start_load(w, start_ns);
    run_window(w);
    return drain(w);
}

void *worker_main(void *worker) {
    struct worker *w = worker;
    uint64_t start_ns, ignored = 0;
    os_timer_fine();
    worker_connect(w);
    while ((start_ns = w->run->start_ns) == NOT_YET && !w->run->stop)
        poll_for(w, 1000000u, &ignored);
    if (!w->run->stop && start_ns != NOT_YET) {
        gaps_start(&w->gaps, os_clock_ns(), os_thread_cpu_ns(), os_wait_late_ns());
        worker_load(w, start_ns);
        worker_leave(w);
    }
    atomic_fetch_add(&w->run->finished, 1);
    return NULL;
}
