/* test_transport.c - tests for each transport that runs on this machine: bytes arrive in order,
 * ends and failures are reported once, and no event of a closed socket reaches the next user of its
 * id. */
#include "base/os.h"

#include "loadgen/transport.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 2, BIG = 4 << 20, LIMIT_S = 10 };

/* A transport under test, and a record of the calls to its handlers. */
static struct setting {
    const struct transport_ops *ops;
    struct transport *transport;
    os_socket listener;              /* listener of the server side */
    os_socket accepted[CONNECTIONS]; /* server side of each connection */
    uint32_t connected, refused;     /* successful and failed connects */
    uint32_t heard, ended, failed;   /* calls with bytes, with the end of stream, with a failure */
    size_t bytes;                    /* bytes received */
    bool in_order;                   /* all bytes had the expected values */
    uint64_t stamp_ns;               /* time stamp of the last receive */
    bool reconnect;                  /* the first connection with bytes reconnects the other one */
} s;

static void on_connected(void *context, uint32_t conn, int error) {
    (void)context, (void)conn;
    *(error ? &s.refused : &s.connected) += 1;
}

static void on_received(void *context, uint32_t conn, const uint8_t *data, size_t size,
                        uint64_t now_ns) {
    (void)context;
    s.stamp_ns = now_ns;
    if (size == 0) {
        s.ended++;
        s.ops->close(s.transport, conn);
        return;
    }
    for (size_t i = 0; i < size; i++)
        if (data[i] != (uint8_t)((s.bytes + i) % 251)) s.in_order = false;
    s.bytes += size;
    s.heard++;
    if (!s.reconnect) return;
    s.reconnect = false;
    s.ops->close(s.transport, 1 - conn);
    assert_int_equal(s.ops->connect(s.transport, 1 - conn), 0);
}

static void on_failed(void *context, uint32_t conn, int error) {
    (void)context, (void)conn;
    assert_int_not_equal(error, 0);
    s.failed++;
}

static const struct transport_handlers handlers = {
    .connected = on_connected, .received = on_received, .failed = on_failed};

/* Byte number i of every stream is i % 251. */
static void fill(uint8_t *data, size_t from, size_t size) {
    for (size_t i = 0; i < size; i++) data[i] = (uint8_t)((from + i) % 251);
}

static void poll_once(uint64_t timeout_ns) {
    uint64_t blocked_ns = 0;
    s.ops->poll(s.transport, timeout_ns, &blocked_ns);
}

/* Polls until *count reaches `wanted`. */
static void poll_until(const uint32_t *count, uint32_t wanted) {
    uint64_t deadline_ns = os_clock_ns() + LIMIT_S * UINT64_C(1000000000);
    while (*count < wanted && os_clock_ns() < deadline_ns) poll_once(50000000u);
    assert_int_equal(*count, wanted);
}

static void open_transport(const struct transport_ops *ops) {
    char reason[160], host[64];
    uint16_t port;
    struct transport_config config = {
        .connections = CONNECTIONS, .in_flight_bytes = 64, .sources = 1, .handlers = &handlers};
    s = (struct setting){.ops = ops, .in_order = true};
    for (uint32_t i = 0; i < CONNECTIONS; i++) s.accepted[i] = OS_SOCKET_NONE;
    assert_true(os_address_resolve("127.0.0.1", 0, &config.address, reason, sizeof reason));
    assert_int_equal(os_listen(&config.address, 8, false, &s.listener), 0);
    assert_int_equal(os_socket_local(s.listener, host, sizeof host, &port), 0);
    assert_true(os_address_resolve(host, port, &config.address, reason, sizeof reason));
    assert_int_equal(ops->open(&config, &s.transport), 0);
}

static void connect_all(void) {
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        assert_int_equal(s.ops->connect(s.transport, i), 0);
        poll_until(&s.connected, i + 1);
        assert_int_equal(os_accept(s.listener, true, &s.accepted[i]), 0);
    }
}

static void close_transport(void) {
    s.ops->free(s.transport);
    for (uint32_t i = 0; i < CONNECTIONS; i++)
        if (s.accepted[i] != OS_SOCKET_NONE) os_close(s.accepted[i]);
    if (s.listener != OS_SOCKET_NONE) os_close(s.listener);
}

/* Runs a case for each transport that this machine has. */
static void each(void (*run)(void)) {
    char reason[160];
    for (size_t i = 0; transports[i]; i++) {
        if (transports[i]->probe && !transports[i]->probe(reason, sizeof reason)) {
            print_message("%s does not run here: %s\n", transports[i]->name, reason);
            continue;
        }
        open_transport(transports[i]);
        run();
        close_transport();
    }
}

/* Receives and checks all bytes at the server side. Adds their number to *seen. */
static void drain_server(size_t *seen) {
    static uint8_t data[65536], wanted[65536];
    size_t size;
    while (os_receive(s.accepted[0], data, sizeof data, &size) == 0 && size > 0) {
        fill(wanted, *seen, size);
        assert_memory_equal(data, wanted, size);
        *seen += size;
    }
}

/* Sends more than the kernel accepts at once, and then more while that is pending. The caller's
 * buffer is overwritten immediately. The end of stream must follow all bytes. */
static void run_slow_reader(void) {
    uint8_t *data = malloc(BIG);
    size_t seen = 0, sent = 0, size;
    assert_non_null(data);
    connect_all();
    for (size_t part = BIG; part > 0; part /= 16) {
        fill(data, sent, part);
        s.ops->send(s.transport, 0, data, part);
        memset(data, 0xee, part);
        sent += part;
    }
    s.ops->shutdown(s.transport, 0);
    uint64_t deadline_ns = os_clock_ns() + LIMIT_S * UINT64_C(1000000000);
    while (seen < sent && os_clock_ns() < deadline_ns) {
        poll_once(1000000u);
        drain_server(&seen);
    }
    assert_int_equal(seen, sent);
    do { /* the end of stream may need another poll */
        poll_once(1000000u);
        size = 1;
    } while (os_receive(s.accepted[0], data, 1, &size) != 0 && os_clock_ns() < deadline_ns);
    assert_int_equal(size, 0);
    free(data);
}

static void slow_readers_get_every_byte_in_order(void **state) {
    (void)state;
    each(run_slow_reader);
}

/* Bytes in pieces of many sizes, then the end. No time stamp is earlier than the send. */
static void run_receive(void) {
    static uint8_t data[100000];
    static const size_t sizes[] = {1, 7, 64, 255, 256, 257, 5000, 100000};
    size_t total = 0, sent;
    connect_all();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint64_t before_ns = os_clock_ns();
        uint64_t deadline_ns = before_ns + LIMIT_S * UINT64_C(1000000000);
        fill(data, total, sizes[i]);
        assert_int_equal(os_send(s.accepted[0], data, sizes[i], &sent), 0);
        assert_int_equal(sent, sizes[i]);
        total += sent;
        while (s.bytes < total && os_clock_ns() < deadline_ns) poll_once(50000000u);
        assert_int_equal(s.bytes, total);
        assert_true(s.stamp_ns > before_ns && s.stamp_ns <= os_clock_ns());
    }
    assert_true(s.in_order);
    assert_int_equal(os_shutdown_send(s.accepted[0]), 0);
    poll_until(&s.ended, 1);
    poll_once(1000000u);
    assert_int_equal(s.ended, 1);
    assert_int_equal(s.failed, 0);
}

static void bytes_and_the_end_are_received(void **state) {
    (void)state;
    each(run_receive);
}

/* A reset by the peer is reported once, even if more is sent before it is reported. */
static void run_reset(void) {
    uint8_t data[64] = {0};
    connect_all();
    os_close_reset(s.accepted[0]);
    s.accepted[0] = OS_SOCKET_NONE;
    s.ops->send(s.transport, 0, data, sizeof data);
    s.ops->send(s.transport, 0, data, sizeof data);
    poll_until(&s.failed, 1);
    for (int i = 0; i < 3; i++) poll_once(1000000u);
    assert_int_equal(s.failed, 1);
    assert_int_equal(s.heard + s.ended, 0);
    assert_int_equal(s.ops->connect(s.transport, 0), 0);
    poll_until(&s.connected, CONNECTIONS + 1);
}

static void a_reset_is_told_once(void **state) {
    (void)state;
    each(run_reset);
}

static void run_refused(void) {
    os_close(s.listener);
    assert_int_equal(s.ops->connect(s.transport, 0), 0);
    poll_until(&s.refused, 1);
    assert_int_equal(s.connected + s.failed, 0);
    s.listener = OS_SOCKET_NONE;
}

static void a_refused_connect_is_told(void **state) {
    (void)state;
    each(run_refused);
}

/* Closes a connection while a part of a send is pending. The id is then used for another socket,
 * which must not get any of these bytes. */
static void close_while_sending(bool polled) {
    uint8_t *data = calloc(1, BIG);
    size_t seen = 0;
    os_socket again;
    assert_non_null(data);
    connect_all();
    s.ops->send(s.transport, 0, data, BIG);
    if (polled) poll_once(0);
    s.ops->send(s.transport, 0, data, BIG);
    s.ops->close(s.transport, 0);
    free(data);
    assert_int_equal(s.ops->connect(s.transport, 0), 0);
    poll_until(&s.connected, CONNECTIONS + 1);
    assert_int_equal(os_accept(s.listener, true, &again), 0);
    os_close(s.accepted[0]);
    s.accepted[0] = again;
    uint8_t message[64];
    fill(message, 0, sizeof message);
    s.ops->send(s.transport, 0, message, sizeof message);
    uint64_t deadline_ns = os_clock_ns() + LIMIT_S * UINT64_C(1000000000);
    while (seen < sizeof message && os_clock_ns() < deadline_ns) {
        poll_once(1000000u);
        drain_server(&seen);
    }
    assert_int_equal(seen, sizeof message);
    assert_int_equal(s.failed + s.ended, 0);
}

static void run_close_after_poll(void) {
    close_while_sending(true);
}

/* The same if the send may not have reached the kernel yet. */
static void run_close_at_once(void) {
    close_while_sending(false);
}

static void bytes_of_a_closed_connection_are_gone(void **state) {
    (void)state;
    each(run_close_after_poll);
    each(run_close_at_once);
}

/* Two sockets have bytes in one batch of events. When the second one is processed, its socket is
 * already closed and its id belongs to another socket. */
static void run_reuse(void) {
    uint32_t connected = CONNECTIONS + 1;
    connect_all();
    s.reconnect = true;
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        size_t sent;
        assert_int_equal(os_send(s.accepted[i], "\0", 1, &sent), 0);
    }
    poll_until(&s.heard, 1);
    assert_int_equal(s.connected, CONNECTIONS); /* the new socket is not connected yet */
    poll_until(&s.connected, connected);
    for (int i = 0; i < 3; i++) poll_once(1000000u);
    assert_int_equal(s.heard, 1);
    assert_int_equal(s.connected, connected);
    assert_int_equal(s.failed + s.ended, 0);
}

static void a_stale_event_is_not_the_new_socket(void **state) {
    (void)state;
    each(run_reuse);
}

/* Without events a wait takes the given time, which is reported as time asleep. With a time of 0 it
 * does not wait. A transport that can only wait for whole milliseconds may return early. */
static void run_wait(void) {
    uint64_t blocked_ns = 0, start_ns = os_clock_ns();
    connect_all();
    s.ops->poll(s.transport, 0, &blocked_ns);
    assert_int_equal(blocked_ns, 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(s.ops->poll(s.transport, 3000000u, &blocked_ns), 0);
    assert_true(blocked_ns > 3 * 1000000u);
    assert_true(blocked_ns <= os_clock_ns() - start_ns);
}

static void a_wait_ends_and_is_told(void **state) {
    (void)state;
    each(run_wait);
}

/* Starts waits at many points of a clock tick of 1 ms, so that a tick also falls between the
 * computation of the timeout and the wait. The test runner kills a wait that never ends. */
static void run_ticks(void) {
    uint64_t ignored = 0;
    connect_all();
    for (uint64_t before_ns = 0; before_ns < 10000; before_ns += 20) {
        uint64_t tick_ns = (os_clock_ns() / 1000000u + 2) * 1000000u;
        while (os_clock_ns() + before_ns < tick_ns) continue;
        s.ops->poll(s.transport, 1000000u, &ignored);
    }
}

static void a_wait_that_begins_at_a_tick_ends(void **state) {
    (void)state;
    each(run_ticks);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_and_the_end_are_received),
        cmocka_unit_test(slow_readers_get_every_byte_in_order),
        cmocka_unit_test(a_reset_is_told_once),
        cmocka_unit_test(a_refused_connect_is_told),
        cmocka_unit_test(bytes_of_a_closed_connection_are_gone),
        cmocka_unit_test(a_stale_event_is_not_the_new_socket),
        cmocka_unit_test(a_wait_ends_and_is_told),
        cmocka_unit_test(a_wait_that_begins_at_a_tick_ends),
    };
    os_init();
    return cmocka_run_group_tests_name("transport", tests, NULL, NULL);
}
