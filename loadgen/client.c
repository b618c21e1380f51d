/* client.c - one connection: messages out, echoes verified, each counted once.
 * Invariant: message n is verified only after messages 0..n-1 were, byte for byte. */
#include "base/check.h"

#include "loadgen/payload.h"
#include "loadgen/worker.h"

#include <stddef.h>

static struct stamp *stamp_of(struct worker *w, uint32_t conn, uint64_t message) {
    size_t per_connection = (size_t)w->stamp_mask + 1;
    return &w->stamps[conn * per_connection + (message & w->stamp_mask)];
}

/* ---- Little's law ---- */

uint64_t client_within_window(const struct worker *w, uint64_t from_ns, uint64_t to_ns) {
    uint64_t from = from_ns > w->t0_ns ? from_ns : w->t0_ns;
    uint64_t to = to_ns < w->t1_ns ? to_ns : w->t1_ns;
    return to > from ? to - from : 0; /* t0 is NOT_YET during warm-up */
}

void client_integrate(struct worker *w, uint64_t now_ns) {
    w->integral +=
        (double)w->outstanding * (double)client_within_window(w, w->integral_at_ns, now_ns);
    w->integral_at_ns = now_ns;
}

/* Reads the clock anew, so that these counters share nothing with the stamps that they check. */
static void change_outstanding(struct worker *w, uint64_t add, uint64_t remove) {
    if (w->exact) client_integrate(w, os_clock_ns());
    CHECK_OP(w->outstanding + add, >=, remove);
    w->outstanding += add - remove;
}

/* ---- the queue of an open loop ---- */

static void queue_push(struct worker *w, struct client *c, uint64_t intended_ns) {
    uint32_t i = w->waiting_free;
    if (i != ARRIVAL_NONE) {
        w->waiting_free = w->waiting[i].next;
    } else if (w->waiting_used < w->waiting_room) {
        i = w->waiting_used++;
    } else {
        if (client_in_window(w, intended_ns)) w->unsent++;
        return;
    }
    w->waiting[i] = (struct arrival){.intended_ns = intended_ns, .next = ARRIVAL_NONE};
    if (c->first_waiting == ARRIVAL_NONE) {
        c->first_waiting = i;
    } else {
        w->waiting[c->last_waiting].next = i;
    }
    c->last_waiting = i;
    w->queued++;
}

static uint64_t queue_pop(struct worker *w, struct client *c) {
    uint32_t i = c->first_waiting;
    uint64_t intended_ns = w->waiting[i].intended_ns;
    c->first_waiting = w->waiting[i].next;
    w->waiting[i].next = w->waiting_free;
    w->waiting_free = i;
    w->queued--;
    return intended_ns;
}

/* ---- sending ---- */

/* Sends `count` messages in one call; their stamps but for sent_ns are set already. */
static uint64_t send_batch(struct worker *w, uint32_t conn, uint32_t count) {
    struct client *c = &w->clients[conn];
    size_t size = w->load->size_bytes;
    for (uint32_t i = 0; i < count; i++)
        payload_fill(payload_message_key(c->key, c->sent + i), 0, w->message + i * size, size);
    change_outstanding(w, count, 0);
    uint64_t sent_ns = w->load->transport->send(w->transport, conn, w->message, count * size);
    for (uint32_t i = 0; i < count; i++) stamp_of(w, conn, c->sent + i)->sent_ns = sent_ns;
    c->sent += count;
    w->bytes_sent += count * size;
    return sent_ns;
}

void client_send(struct worker *w, uint32_t conn, uint32_t count) {
    struct client *c = &w->clients[conn];
    while (count > 0) {
        uint32_t batch = count < w->message_room ? count : w->message_room;
        uint64_t first = c->sent;
        uint64_t sent_ns = send_batch(w, conn, batch);
        for (uint32_t i = 0; i < batch; i++) stamp_of(w, conn, first + i)->intended_ns = sent_ns;
        count -= batch;
    }
}

/* Sends waiting arrivals as far as --outstanding lets it. */
static void send_waiting(struct worker *w, uint32_t conn) {
    struct client *c = &w->clients[conn];
    while (c->standing && !w->draining_out && c->first_waiting != ARRIVAL_NONE &&
           c->sent - c->received < w->load->window) {
        uint32_t batch = 0;
        while (c->first_waiting != ARRIVAL_NONE && batch < w->message_room &&
               c->sent + batch - c->received < w->load->window) {
            stamp_of(w, conn, c->sent + batch)->intended_ns = queue_pop(w, c);
            batch++;
        }
        send_batch(w, conn, batch);
    }
}

bool client_arrival(struct worker *w, uint32_t conn, uint64_t intended_ns) {
    struct client *c = &w->clients[conn];
    if (client_in_window(w, intended_ns)) w->offered++;
    if (!c->standing) {
        if (client_in_window(w, intended_ns)) w->unsent++;
        return false;
    }
    if (c->first_waiting != ARRIVAL_NONE || c->sent - c->received >= w->load->window) {
        queue_push(w, c, intended_ns);
        return false;
    }
    stamp_of(w, conn, c->sent)->intended_ns = intended_ns;
    uint64_t sent_ns = send_batch(w, conn, 1);
    if (client_in_window(w, intended_ns)) hist_record(&w->send_lag, sent_ns - intended_ns);
    return true;
}

void client_half_close(struct worker *w, uint32_t conn) {
    struct client *c = &w->clients[conn];
    if (!c->standing || c->half_closed) return;
    c->half_closed = true;
    w->load->transport->shutdown(w->transport, conn);
}

/* ---- the end of a connection ---- */

/* Whether a message waited for more than half of the window. */
static bool waited_long(const struct worker *w, uint64_t wire_ns) {
    return wire_ns > w->load->duration_ns / 2;
}

/* Messages on the wire become timeouts, arrivals that wait become unsent. A closed loop has no more
 * to lose by a broken connection than the connection, which is counted already. */
void client_give_up(struct worker *w, uint32_t conn, bool drained) {
    struct client *c = &w->clients[conn];
    uint64_t now_ns = os_clock_ns();
    for (uint64_t n = c->received; n < c->sent; n++) {
        const struct stamp *s = stamp_of(w, conn, n);
        uint64_t wire_ns = client_within_window(w, s->sent_ns, now_ns);
        w->wire_sum_ns += wire_ns;
        if (w->load->open ? client_in_window(w, s->intended_ns) : drained) w->errors.timeout++;
        if (waited_long(w, wire_ns)) c->starved = true;
    }
    if (c->sent > c->received) c->abandoned = true;
    change_outstanding(w, 0, c->sent - c->received);
    c->received = c->sent;
    while (c->first_waiting != ARRIVAL_NONE)
        if (client_in_window(w, queue_pop(w, c))) w->unsent++;
}

static void leave(struct worker *w, uint32_t conn) {
    w->clients[conn].standing = false;
    *(conn < w->connections ? &w->standing : &w->silent) -= 1;
}

static void on_connected(void *context, uint32_t conn, int error) {
    struct worker *w = context;
    if (conn >= w->regulars) {
        visitor_connected(w, conn, error);
        return;
    }
    w->connecting--;
    if (error) {
        w->errors.connect++;
        if (!w->first_error) w->first_error = error;
        return;
    }
    w->clients[conn].standing = true;
    *(conn < w->connections ? &w->standing : &w->silent) += 1;
    w->connected++;
}

static void on_failed(void *context, uint32_t conn, int error) {
    struct worker *w = context;
    if (!w->first_error) w->first_error = error;
    if (conn >= w->regulars) {
        visitor_failed(w, conn);
        return;
    }
    w->errors.reset++;
    client_give_up(w, conn, false);
    leave(w, conn);
}

/* ---- receiving ---- */

/* Tells warm-up and progress of a whole echo. */
static inline void tell_done(struct worker *w, uint64_t service_ns) {
    atomic_store_explicit(&w->done, w->done + 1, memory_order_relaxed);
    atomic_store_explicit(&w->done_sum_ns, w->done_sum_ns + service_ns, memory_order_relaxed);
}

/* Counts an echo that belongs to the window at `belongs_ns`. */
static inline void record(struct worker *w, uint64_t belongs_ns, uint64_t latency_ns) {
    hist_record(&w->latency, latency_ns);
    uint64_t index = (belongs_ns - w->t0_ns) / w->step_ns;
    struct step *step = &w->series[index < w->steps ? index : w->steps - 1];
    step->messages++;
    step->sum_ns += latency_ns;
    if (latency_ns > step->max_ns) step->max_ns = latency_ns;
}

void client_count_churned(struct worker *w, uint64_t sent_ns, uint64_t now_ns) {
    tell_done(w, now_ns - sent_ns);
    if (client_in_window(w, now_ns)) record(w, now_ns, now_ns - sent_ns);
}

/* Counts one whole echo that ended at `now_ns`. */
static void complete(struct worker *w, uint32_t conn, uint64_t now_ns) {
    struct client *c = &w->clients[conn];
    const struct stamp *s = stamp_of(w, conn, c->received);
    uint64_t service_ns = now_ns - s->sent_ns;
    uint64_t latency_ns = now_ns - s->intended_ns;
    uint64_t belongs_ns = w->load->open ? s->intended_ns : now_ns;
    c->received++;
    c->offset = 0;
    tell_done(w, service_ns);
    uint64_t wire_ns = client_within_window(w, s->sent_ns, now_ns);
    w->wire_sum_ns += wire_ns;
    if (waited_long(w, wire_ns)) c->starved = true;
    if (client_in_window(w, now_ns)) w->answered++;
    if (!client_in_window(w, belongs_ns)) return;
    c->window_echoes++;
    record(w, belongs_ns, latency_ns);
    if (w->load->open) {
        hist_record(&w->service, service_ns);
        if (now_ns < w->t1_ns) w->achieved++;
    }
}

static void on_mismatch(struct worker *w, uint32_t conn) {
    w->errors.mismatch++;
    w->load->transport->close(w->transport, conn);
    client_give_up(w, conn, false);
    leave(w, conn);
}

static void on_end_of_stream(struct worker *w, uint32_t conn) {
    struct client *c = &w->clients[conn];
    w->load->transport->close(w->transport, conn);
    if (c->sent > c->received) {
        w->errors.cut++;
    } else if (!c->half_closed) {
        w->errors.reset++; /* the server left first, owing nothing */
    }
    client_give_up(w, conn, false);
    leave(w, conn);
}

static void on_received(void *context, uint32_t conn, const uint8_t *data, size_t size,
                        uint64_t now_ns) {
    struct worker *w = context;
    if (conn >= w->regulars) {
        visitor_received(w, conn, data, size, now_ns);
        return;
    }
    struct client *c = &w->clients[conn];
    if (size == 0) {
        on_end_of_stream(w, conn);
        return;
    }
    w->bytes_received += size;
    if (c->abandoned) return; /* answers after the drain: counted as timeouts already */
    uint32_t completed = 0;
    while (size > 0) {
        size_t missing = w->load->size_bytes - c->offset;
        size_t part = size < missing ? size : missing;
        if (c->received == c->sent || /* an answer to nothing */
            !payload_matches(payload_message_key(c->key, c->received), c->offset, data, part)) {
            change_outstanding(w, 0, completed);
            on_mismatch(w, conn);
            return;
        }
        c->offset += (uint32_t)part;
        data += part;
        size -= part;
        if (c->offset == w->load->size_bytes) {
            complete(w, conn, now_ns);
            completed++;
        }
    }
    if (completed == 0) return;
    /* From here on nothing is sent anew: the rest of a turn must not count for the window's part.
     */
    if (!w->exact && now_ns >= w->t1_ns) client_integrate(w, now_ns);
    change_outstanding(w, 0, completed);
    if (w->load->open) {
        send_waiting(w, conn);
    } else if (now_ns < w->t1_ns) {
        client_send(w, conn, completed);
    }
}

const struct transport_handlers client_handlers = {
    .connected = on_connected,
    .received = on_received,
    .failed = on_failed,
};
