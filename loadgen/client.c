/* client.c - long-lived connections.
 * Invariant: message n is verified only after messages 0..n-1 were, byte for byte. */
#include "loadgen/client.h"

#include "loadgen/payload.h"

static struct stamp *stamp_of(struct worker *w, uint32_t conn, uint64_t message) {
    size_t per_connection = (size_t)w->stamp_mask + 1;
    return &w->stamps[conn * per_connection + (message & w->stamp_mask)];
}

/* ---- the queue of an open loop ---- */

/* An arrival of the schedule is never sent. */
static void leave_unsent(struct account *a, uint64_t intended_ns) {
    if (!account_in_window(a, intended_ns)) return;
    a->unsent++;
    a->latency.unanswered++;
}

static void queue_push(struct worker *w, struct client *c, uint64_t intended_ns) {
    uint32_t i = w->waiting_free;
    if (i != ARRIVAL_NONE) {
        w->waiting_free = w->waiting[i].next;
    } else if (w->waiting_used < w->waiting_room) {
        i = w->waiting_used++;
    } else {
        leave_unsent(&w->account, intended_ns);
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

/* Sends `count` messages in one call. Of their stamps only sent_ns is set here. */
static uint64_t send_batch(struct worker *w, uint32_t conn, uint32_t count) {
    struct client *c = &w->clients[conn];
    size_t size = w->load->size_bytes;
    for (uint32_t i = 0; i < count; i++)
        payload_fill(payload_message_key(c->key, c->sent + i), 0, w->message + i * size, size);
    account_change(&w->account, count, 0);
    uint64_t sent_ns = w->load->transport->send(w->transport, conn, w->message, count * size);
    for (uint32_t i = 0; i < count; i++) stamp_of(w, conn, c->sent + i)->sent_ns = sent_ns;
    c->sent += count;
    w->account.bytes_sent += count * size;
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

/* Sends waiting arrivals as far as --outstanding allows. */
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
    struct account *a = &w->account;
    bool of_window = account_in_window(a, intended_ns);
    if (of_window) a->offered++;
    if (!c->standing) {
        leave_unsent(a, intended_ns);
        return false;
    }
    if (c->first_waiting != ARRIVAL_NONE || c->sent - c->received >= w->load->window) {
        queue_push(w, c, intended_ns);
        return false;
    }
    stamp_of(w, conn, c->sent)->intended_ns = intended_ns;
    uint64_t sent_ns = send_batch(w, conn, 1);
    if (of_window) hist_record(&a->send_lag, sent_ns - intended_ns);
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

/* A message on the wire gets no answer: `drained` if the drain is over, else because its connection
 * broke. In a closed loop the broken connection is the only error, and it is counted already. */
static void lose(struct worker *w, const struct stamp *s, uint64_t now_ns, bool drained) {
    struct account *a = &w->account;
    if (w->load->open) {
        if (!account_in_window(a, s->intended_ns)) return;
        a->errors.timeout++;
        a->service.unanswered++;
        a->latency.unanswered++;
        return;
    }
    a->errors.timeout += drained;
    if (now_ns < a->t0_ns) return; /* lost in the warm-up */
    a->latency.unanswered++;
    account_age(a, s->sent_ns, now_ns);
}

/* Gives up the messages on the wire and the queued arrivals. */
void client_give_up(struct worker *w, uint32_t conn, bool drained) {
    struct client *c = &w->clients[conn];
    struct account *a = &w->account;
    uint64_t now_ns = os_clock_ns();
    for (uint64_t n = c->received; n < c->sent; n++) {
        const struct stamp *s = stamp_of(w, conn, n);
        lose(w, s, now_ns, drained);
        if (waited_long(w, account_lost(a, s->sent_ns, now_ns))) c->starved = true;
    }
    if (c->sent > c->received) c->abandoned = true;
    account_change(a, 0, c->sent - c->received);
    c->received = c->sent;
    while (c->first_waiting != ARRIVAL_NONE) leave_unsent(a, queue_pop(w, c));
}

static void leave(struct worker *w, uint32_t conn) {
    w->clients[conn].standing = false;
    *(conn < w->connections ? &w->standing : &w->silent) -= 1;
}

void client_connected(struct worker *w, uint32_t conn, int error) {
    w->connecting--;
    if (error) {
        w->account.errors.connect++;
        account_error(&w->account, error);
        return;
    }
    w->clients[conn].standing = true;
    *(conn < w->connections ? &w->standing : &w->silent) += 1;
    w->account.connected++;
}

void client_failed(struct worker *w, uint32_t conn, int error) {
    account_error(&w->account, error);
    w->account.errors.reset++;
    client_give_up(w, conn, false);
    leave(w, conn);
}

/* ---- receiving ---- */

/* Counts one echo whose last byte came at `now_ns`. */
static void complete(struct worker *w, uint32_t conn, uint64_t now_ns) {
    struct client *c = &w->clients[conn];
    struct account *a = &w->account;
    const struct stamp *s = stamp_of(w, conn, c->received);
    uint64_t service_ns = now_ns - s->sent_ns;
    uint64_t latency_ns = now_ns - s->intended_ns;
    uint64_t belongs_ns = w->load->open ? s->intended_ns : now_ns;
    c->received++;
    c->offset = 0;
    account_done(a, service_ns);
    if (waited_long(w, account_answered(a, s->sent_ns, now_ns))) c->starved = true;
    if (!w->load->open) account_age(a, s->sent_ns, now_ns);
    if (!account_in_window(a, belongs_ns)) return;
    c->window_echoes++;
    account_echo(a, belongs_ns, latency_ns);
    if (w->load->open) {
        hist_record(&a->service, service_ns);
        if (now_ns < a->t1_ns) a->achieved++;
    }
}

static void on_mismatch(struct worker *w, uint32_t conn) {
    w->account.errors.mismatch++;
    w->load->transport->close(w->transport, conn);
    client_give_up(w, conn, false);
    leave(w, conn);
}

static void on_end_of_stream(struct worker *w, uint32_t conn) {
    struct client *c = &w->clients[conn];
    w->load->transport->close(w->transport, conn);
    if (c->sent > c->received) {
        w->account.errors.cut++;
    } else if (!c->half_closed) {
        w->account.errors.reset++; /* the server left first, owing nothing */
    }
    client_give_up(w, conn, false);
    leave(w, conn);
}

void client_received(struct worker *w, uint32_t conn, const uint8_t *data, size_t size,
                     uint64_t now_ns) {
    struct client *c = &w->clients[conn];
    if (size == 0) {
        on_end_of_stream(w, conn);
        return;
    }
    w->account.bytes_received += size;
    if (c->abandoned) return; /* late answers: counted as timeouts already */
    uint32_t completed = 0;
    while (size > 0) {
        size_t missing = w->load->size_bytes - c->offset;
        size_t part = size < missing ? size : missing;
        if (c->received == c->sent || /* an answer to nothing */
            !payload_matches(payload_message_key(c->key, c->received), c->offset, data, part)) {
            account_change(&w->account, 0, completed);
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
    /* After t1 nothing new is sent, so the integral must not wait for the end of the turn. */
    if (!w->account.exact && now_ns >= w->account.t1_ns) account_integrate(&w->account, now_ns);
    account_change(&w->account, 0, completed);
    if (w->load->open) {
        send_waiting(w, conn);
    } else if (now_ns < w->account.t1_ns) {
        client_send(w, conn, completed);
    }
}
