/* test_os.c - the functions of base/os.h, which behave the same on every system. */
#include "base/os.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIMIT_NS UINT64_C(10000000000)
#define MS_NS UINT64_C(1000000)

static struct os_address resolve(const char *host, uint16_t port) {
    struct os_address address;
    char reason[160];
    assert_true(os_address_resolve(host, port, &address, reason, sizeof reason));
    return address;
}

/* Opens a listener on a free port of `host`, and writes its address. */
static os_socket listen_on(const char *host, struct os_address *address) {
    os_socket listener;
    char name[64];
    uint16_t port;
    *address = resolve(host, 0);
    assert_int_equal(os_listen(address, 8, false, &listener), 0);
    assert_int_equal(os_socket_local(listener, name, sizeof name, &port), 0);
    assert_string_equal(name, host);
    assert_int_not_equal(port, 0);
    *address = resolve(host, port);
    return listener;
}

/* Receives, and repeats as long as no data has arrived yet. */
static int receive_soon(os_socket s, void *data, size_t size, size_t *received) {
    uint64_t deadline_ns = os_clock_ns() + LIMIT_NS;
    int error;
    while (os_error_would_block(error = os_receive(s, data, size, received)) &&
           os_clock_ns() < deadline_ns)
        continue;
    return error;
}

static int accept_soon(os_socket listener, bool nonblocking, os_socket *accepted) {
    uint64_t deadline_ns = os_clock_ns() + LIMIT_NS;
    int error;
    while (os_error_would_block(error = os_accept(listener, nonblocking, accepted)) &&
           os_clock_ns() < deadline_ns)
        continue;
    return error;
}

static void the_clock_goes_on_and_sleep_keeps_to_it(void **state) {
    (void)state;
    uint64_t last_ns = os_clock_ns(), resolution_ns = os_clock_resolution_ns();
    assert_true(resolution_ns > 0 && resolution_ns <= 1000);
    for (int i = 0; i < 10000; i++) {
        uint64_t now_ns = os_clock_ns();
        assert_true(now_ns >= last_ns);
        last_ns = now_ns;
    }
    os_timer_fine();
    for (uint64_t ns = 1; ns < 30 * MS_NS; ns *= 7) {
        uint64_t deadline_ns = os_clock_ns() + ns;
        os_sleep_until_ns(deadline_ns);
        assert_true(os_clock_ns() >= deadline_ns);
    }
    os_sleep_until_ns(0); /* long ago */
}

static void a_pair_carries_bytes_and_its_end(void **state) {
    (void)state;
    os_socket pair[2];
    char text[8];
    size_t n;
    assert_int_equal(os_socket_pair(true, pair), 0);
    assert_true(os_error_would_block(os_receive(pair[0], text, sizeof text, &n)));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(os_send(pair[i], "abc", 3, &n), 0);
        assert_int_equal(n, 3);
        assert_int_equal(receive_soon(pair[1 - i], text, sizeof text, &n), 0);
        assert_int_equal(n, 3);
        assert_memory_equal(text, "abc", 3);
    }
    assert_int_equal(os_shutdown_send(pair[1]), 0);
    for (int i = 0; i < 3; i++) { /* each call reports it again */
        assert_int_equal(receive_soon(pair[0], text, sizeof text, &n), 0);
        assert_int_equal(n, 0);
    }
    os_close(pair[0]);
    os_close(pair[1]);
}

/* Expects that the peer has reset the connection. Wine reports the end of the stream first. */
static void check_gone(os_socket s) {
    char byte;
    size_t n = 1;
    int error = receive_soon(s, &byte, 1, &n);
    assert_true(error ? os_error_peer_gone(error) : n == 0);
    assert_false(os_error_would_block(error) || os_error_exhausted(error));
}

static void check_connection(const char *host) {
    struct os_address address;
    os_socket listener = listen_on(host, &address), accepted, client;
    char byte = 0;
    size_t n;
    for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
        assert_true(os_error_would_block(os_accept(listener, true, &accepted)));
        assert_int_equal(os_connect(&address, 0, &client), 0);
        assert_int_equal(accept_soon(listener, nonblocking, &accepted), 0);
        if (nonblocking) assert_true(os_error_would_block(os_receive(accepted, &byte, 1, &n)));
        assert_int_equal(os_send(accepted, "x", 1, &n), 0);
        assert_int_equal(receive_soon(client, &byte, 1, &n), 0);
        assert_int_equal(byte, 'x');
        assert_int_equal(os_socket_error(client), 0);
        assert_int_equal(os_send(client, "y", 1, &n), 0);
        /* a blocking socket waits for the data */
        assert_int_equal(nonblocking ? receive_soon(accepted, &byte, 1, &n)
                                     : os_receive(accepted, &byte, 1, &n),
                         0);
        assert_int_equal(byte, 'y');
        os_close_reset(client);
        check_gone(accepted);
        os_close(accepted);
    }
    os_close(listener);
}

static void connections_stand_and_break(void **state) {
    (void)state;
    check_connection("127.0.0.1");
    check_connection("::1");
}

static void a_port_is_listened_on_once(void **state) {
    (void)state;
    struct os_address address;
    os_socket listener = listen_on("127.0.0.1", &address), second;
    assert_int_not_equal(os_listen(&address, 8, false, &second), 0);
    os_close(listener);
    assert_int_equal(os_listen(&address, 8, false, &listener), 0);
    os_close(listener);
    if (!os_listeners_share_ports()) return;
    assert_int_equal(os_listen(&address, 8, true, &listener), 0);
    assert_int_equal(os_listen(&address, 8, true, &second), 0);
    os_close(listener);
    os_close(second);
}

static void addresses_are_numbers_or_a_reason(void **state) {
    (void)state;
    struct os_address address;
    char reason[160] = "";
    assert_false(os_address_resolve("no such host", 1, &address, reason, sizeof reason));
    assert_int_not_equal(reason[0], '\0');
}

static void errors_have_texts(void **state) {
    (void)state;
    char unknown[64];
    struct os_address address;
    os_socket listener = listen_on("127.0.0.1", &address), client;
    os_close(listener);
    int error = os_connect(&address, 0, &client);
    if (!error) {
        uint64_t deadline_ns = os_clock_ns() + LIMIT_NS;
        while (!(error = os_socket_error(client)) && os_clock_ns() < deadline_ns) continue;
        os_close(client);
    }
    assert_int_not_equal(error, 0);
    snprintf(unknown, sizeof unknown, "%s", os_error_text(INT32_MAX));
    const int errors[] = {error, ENOMEM, ETIMEDOUT, EINVAL};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        const char *text = os_error_text(errors[i]);
        assert_true(strlen(text) > 5 && !strpbrk(text, "\r\n"));
        assert_null(strstr(text, "nknown"));
        assert_string_not_equal(text, unknown);
    }
    assert_true(os_error_exhausted(ENOMEM));
}

static void a_process_is_accounted_for(void **state) {
    (void)state;
    struct os_usage usage;
    uint64_t before_ns, after_ns, own_ns = os_cpu_time_ns();
    uint64_t deadline_ns = os_clock_ns() + LIMIT_NS;
    assert_int_equal(os_process_cpu_ns(getpid(), &before_ns), 0);
    do {
        assert_int_equal(os_process_cpu_ns(getpid(), &after_ns), 0);
    } while (after_ns - before_ns < 50 * MS_NS && os_clock_ns() < deadline_ns);
    assert_true(after_ns - before_ns >= 50 * MS_NS);
    assert_true(os_cpu_time_ns() > own_ns);
    assert_int_equal(os_process_usage(getpid(), &usage), 0);
    assert_true(usage.cpu_user_ns + usage.cpu_sys_ns > 0);
    assert_true(usage.rss_bytes > 100000 && usage.rss_bytes < 1u << 30);
    assert_true(usage.threads >= 1 && usage.threads < 100);
    assert_int_not_equal(os_process_usage(INT32_MAX - 1, &usage), 0);
    assert_int_not_equal(os_process_cpu_ns(INT32_MAX - 1, &after_ns), 0);
}

static void a_process_can_be_held_to_a_cpu(void **state) {
    (void)state;
    int all[1024], one[1];
    size_t count = os_cpus_allowed(all, sizeof all / sizeof *all);
    if (count == 0) {
        all[0] = 0;
        assert_int_not_equal(os_cpus_restrict(all, 1), 0);
        print_message("skip: this system, or this user, has no choice of CPUs\n");
        skip();
    }
    assert_true(count <= sizeof all / sizeof *all);
    assert_int_equal(os_cpus_restrict(&all[count - 1], 1), 0);
    assert_int_equal(os_cpus_allowed(one, 1), 1);
    assert_int_equal(one[0], all[count - 1]);
    assert_int_equal(os_cpus_restrict(all, count), 0);
    assert_int_equal(os_cpus_allowed(one, 1), count);
}

static void the_executable_is_found(void **state) {
    (void)state;
    char path[1024];
    assert_int_equal(os_executable_path(path, sizeof path), 0);
    assert_non_null(strstr(path, "unit-os"));
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fclose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_goes_on_and_sleep_keeps_to_it),
        cmocka_unit_test(a_pair_carries_bytes_and_its_end),
        cmocka_unit_test(connections_stand_and_break),
        cmocka_unit_test(a_port_is_listened_on_once),
        cmocka_unit_test(addresses_are_numbers_or_a_reason),
        cmocka_unit_test(errors_have_texts),
        cmocka_unit_test(a_process_is_accounted_for),
        cmocka_unit_test(a_process_can_be_held_to_a_cpu),
        cmocka_unit_test(the_executable_is_found),
    };
    os_init();
    return cmocka_run_group_tests_name("os", tests, NULL, NULL);
}
