/* test_address.c - the addresses of a name, which of them answers, connections to oneself, and the
 * ports of commands. */
#include "base/os.h"

#include "bench/session/port.h"
#include "loadgen/reach.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static struct os_address address_of(const char *host, uint16_t port) {
    struct os_address address;
    char reason[160];
    assert_true(os_address_resolve(host, port, &address, reason, sizeof reason));
    return address;
}

static uint16_t port_of(os_socket s) {
    char host[64];
    uint16_t port;
    assert_int_equal(os_socket_local(s, host, sizeof host, &port), 0);
    return port;
}

/* A port of `host` that is taken, but on which nobody listens. Returns OS_SOCKET_NONE without such
 * an address. */
static os_socket bind_to(const char *host, uint16_t port) {
    struct os_address address = address_of(host, port);
    const struct sockaddr *to = (const struct sockaddr *)(const void *)&address.storage;
    os_socket s = socket(to->sa_family, SOCK_STREAM, 0);
    if (s < 0) return OS_SOCKET_NONE;
    if (bind(s, to, address.length) == 0) return s;
    os_close(s);
    return OS_SOCKET_NONE;
}

static void each_address_is_listed_once(void **state) {
    (void)state;
    struct os_addresses all = {.count = 0};
    struct os_address first = address_of("127.0.0.1", 7), next = address_of("::1", 7);
    for (int i = 0; i < 2; i++) {
        os_addresses_add(&all, &first.storage, first.length);
        os_addresses_add(&all, &next.storage, next.length);
        os_addresses_add(&all, &next.storage, sizeof next.storage + 1); /* of another family */
    }
    assert_int_equal(all.count, 2);
    assert_memory_equal(&all.list[0].storage, &first.storage, first.length);
    assert_memory_equal(&all.list[1].storage, &next.storage, next.length);
    for (unsigned i = 1; i < 2 * OS_ADDRESSES_MAX; i++) {
        next = address_of("127.0.0.1", (uint16_t)(7 + i));
        os_addresses_add(&all, &next.storage, next.length);
    }
    assert_int_equal(all.count, OS_ADDRESSES_MAX);
    assert_memory_equal(&all.list[0].storage, &first.storage, first.length);
}

static void hosts_are_told_as_numbers(void **state) {
    (void)state;
    static const char *const hosts[] = {"127.0.0.1", "::1", "::ffff:127.0.0.1"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct os_address address = address_of(hosts[i], 7);
        char host[64];
        assert_int_equal(os_address_host(&address, host, sizeof host), 0);
        assert_string_equal(host, hosts[i]);
        assert_int_not_equal(os_address_host(&address, host, 2), 0);
    }
}

/* Connects a socket to the address to which it is bound. Returns whether the port is free
 * afterwards: a connection that has ended would keep it, and in rare cases somebody else takes it.
 */
static bool to_itself(const char *host) {
    os_socket s = bind_to(host, 0);
    if (s == OS_SOCKET_NONE) {
        print_message("no %s here\n", host);
        return true;
    }
    uint16_t port = port_of(s);
    struct os_address own = address_of(host, port);
    assert_int_equal(connect(s, (const struct sockaddr *)(const void *)&own.storage, own.length),
                     0);
    assert_int_equal(os_connect_result(s, &own), ECONNREFUSED);
    os_close(s);
    s = bind_to(host, port);
    if (s != OS_SOCKET_NONE) os_close(s);
    return s != OS_SOCKET_NONE;
}

static void a_connection_to_itself_is_refused(void **state) {
    (void)state;
    static const char *const hosts[] = {"127.0.0.1", "::1", "::ffff:127.0.0.1"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        assert_true(to_itself(hosts[i]) || to_itself(hosts[i]) || to_itself(hosts[i]));
}

/* The same port on both sides is no reason for that: their addresses differ. */
static void the_same_port_at_another_address_is_fine(void **state) {
    (void)state;
    struct os_address there = address_of("127.0.0.1", 0);
    os_socket listener;
    assert_int_equal(os_listen(&there, 4, false, &listener), 0);
    there = address_of("127.0.0.1", port_of(listener));
    os_socket s = bind_to("127.0.0.2", port_of(listener));
    if (s == OS_SOCKET_NONE) {
        print_message("skip: no 127.0.0.2 here\n");
        os_close(listener);
        skip();
    }
    assert_int_equal(
        connect(s, (const struct sockaddr *)(const void *)&there.storage, there.length), 0);
    assert_int_equal(os_connect_result(s, &there), 0);
    os_close(s);
    os_close(listener);
}

/* The first of two addresses refuses, the second serves, by each transport. */
static void the_first_that_answers_is_chosen(void **state) {
    (void)state;
    struct os_address any = address_of("127.0.0.1", 0);
    static const _Atomic bool go_on = false, stopped = true;
    os_socket listener, closed = bind_to("127.0.0.1", 0);
    char reason[512], no[160];
    assert_int_equal(os_listen(&any, 16, false, &listener), 0);
    struct os_address open = address_of("127.0.0.1", port_of(listener)), chosen;
    struct os_address refuses = address_of("127.0.0.1", port_of(closed));
    for (size_t i = 0; transports[i]; i++) {
        if (transports[i]->probe && !transports[i]->probe(no, sizeof no)) continue;
        struct os_addresses found = {.list = {refuses, open}, .count = 2};
        assert_true(reach_choose(transports[i], &found, &chosen, &go_on, reason));
        assert_memory_equal(&chosen.storage, &open.storage, open.length);
        found = (struct os_addresses){.list = {open, refuses}, .count = 2};
        assert_true(reach_choose(transports[i], &found, &chosen, &go_on, reason));
        assert_memory_equal(&chosen.storage, &open.storage, open.length);
        found = (struct os_addresses){.list = {refuses, refuses}, .count = 2};
        assert_false(reach_choose(transports[i], &found, &chosen, &go_on, reason));
        assert_string_equal(reason, "127.0.0.1: Connection refused; 127.0.0.1: Connection refused");
        assert_false(reach_choose(transports[i], &found, &chosen, &stopped, reason));
        assert_string_equal(reason, "");
        found.count = 1; /* a single one is not tried */
        assert_true(reach_choose(transports[i], &found, &chosen, &go_on, reason));
        assert_memory_equal(&chosen.storage, &refuses.storage, refuses.length);
    }
    os_close(listener);
    os_close(closed);
}

/* Who listens on ::1 alone holds the port, too, and answers. */
static void ports_are_those_of_both_addresses(void **state) {
    (void)state;
    struct process_loop loop;
    struct os_address any = address_of("::1", 0);
    os_socket second, first;
    if (os_listen(&any, 4, false, &second) != 0) {
        print_message("skip: no ::1 here\n");
        skip();
    }
    uint16_t port = port_of(second);
    assert_int_equal(process_loop_open(&loop, false), 0);
    assert_true(port_taken(port));
    const char *host = port_answers(&loop, port, 10);
    assert_non_null(host);
    assert_string_equal(host, "[::1]");
    any = address_of("127.0.0.1", port);
    if (os_listen(&any, 4, false, &first) == 0) { /* else somebody else has it */
        assert_string_equal(port_answers(&loop, port, 10), "127.0.0.1");
        os_close(first);
    }
    os_close(second);
    assert_int_equal(port_choose(&port), 0);
    assert_int_not_equal(port, 0);
    first = bind_to("127.0.0.1", port);
    if (first != OS_SOCKET_NONE) {
        assert_null(port_answers(&loop, port, 10));
        os_close(first);
    }
    process_loop_close(&loop);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_address_is_listed_once),
        cmocka_unit_test(hosts_are_told_as_numbers),
        cmocka_unit_test(a_connection_to_itself_is_refused),
        cmocka_unit_test(the_same_port_at_another_address_is_fine),
        cmocka_unit_test(the_first_that_answers_is_chosen),
        cmocka_unit_test(ports_are_those_of_both_addresses),
    };
    os_init();
    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
