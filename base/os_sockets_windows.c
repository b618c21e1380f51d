/* os_sockets_windows.c - the part of os.h that is Winsock: addresses and sockets.
 * Invariant: every socket made here supports overlapped calls, is not inherited by children, and
 * blocks or not as the caller asked, whatever its listener does. */
#include "base/os.h"
#include "base/os_windows.h"

#include <ws2tcpip.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- addresses ---- */

_Static_assert(sizeof(struct sockaddr_in6) <= sizeof((struct os_address){0}.storage),
               "an IPv6 address fits");

static const struct sockaddr *address_of(const struct os_address *address) {
    return (const struct sockaddr *)(const void *)&address->storage;
}

bool os_addresses_resolve(const char *host, uint16_t port, struct os_addresses *found, char *reason,
                          size_t reason_size) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;
    char service[8];
    found->count = 0;
    snprintf(service, sizeof service, "%u", (unsigned)port);
    int error = getaddrinfo(host, service, &hints, &all);
    if (error) {
        snprintf(reason, reason_size, "%s", os_error_text(error)); /* they are Winsock's codes */
        return false;
    }
    for (const struct addrinfo *at = all; at; at = at->ai_next)
        os_addresses_add(found, at->ai_addr, at->ai_addrlen);
    freeaddrinfo(all);
    if (found->count > 0) return true;
    snprintf(reason, reason_size, "neither IPv4 nor IPv6");
    return false;
}

int os_address_host(const struct os_address *address, char *host, size_t host_size) {
    return getnameinfo(address_of(address), (int)address->length, host, (DWORD)host_size, NULL, 0,
                       NI_NUMERICHOST) == 0
               ? 0
               : EINVAL;
}

int os_socket_local(os_socket s, char *host, size_t host_size, uint16_t *port) {
    struct sockaddr_storage local;
    int length = sizeof local;
    if (getsockname(s, (struct sockaddr *)&local, &length) != 0) return WSAGetLastError();
    char service[8];
    int error = getnameinfo((struct sockaddr *)&local, length, host, (DWORD)host_size, service,
                            sizeof service, NI_NUMERICHOST | NI_NUMERICSERV);
    if (error) return EINVAL;
    *port = (uint16_t)strtoul(service, NULL, 10);
    return 0;
}

/* ---- sockets ---- */

static int set_flag(os_socket s, int level, int option) {
    BOOL on = TRUE;
    int error = setsockopt(s, level, option, (const char *)&on, sizeof on);
    return error == 0 ? 0 : WSAGetLastError();
}

static int set_nonblocking(os_socket s, bool nonblocking) {
    u_long mode = nonblocking;
    return ioctlsocket(s, (long)FIONBIO, &mode) == 0 ? 0 : WSAGetLastError();
}

/* A socket that supports overlapped calls and that no child inherits. */
static int new_socket(const struct os_address *address, bool nonblocking, os_socket *s) {
    *s = WSASocketW(address_of(address)->sa_family, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
                    WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (*s == INVALID_SOCKET) return WSAGetLastError();
    int error = set_nonblocking(*s, nonblocking);
    if (error) closesocket(*s);
    return error;
}

bool os_listeners_share_ports(void) {
    return false; /* with SO_REUSEADDR one of the listeners gets all connections */
}

int os_listen(const struct os_address *address, int backlog, bool shared_port,
              os_socket *listener) {
    os_socket s;
    if (shared_port) return WSAEOPNOTSUPP;
    int error = new_socket(address, true, &s);
    if (error) return error;
    /* without it another process could take over the port; TIME_WAIT does not block a bind here */
    error = set_flag(s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE);
    if (!error && (bind(s, address_of(address), (int)address->length) != 0 ||
                   listen(s, -backlog) != 0)) /* negative: allows more than 200 */
        error = WSAGetLastError();
    if (error)
        closesocket(s);
    else
        *listener = s;
    return error;
}

/* An accepted socket is overlapped and non-blocking as its listener is, but children would inherit
 * its handle. */
int os_accept(os_socket listener, bool nonblocking, os_socket *accepted) {
    os_socket s = accept(listener, NULL, NULL);
    if (s == INVALID_SOCKET) return WSAGetLastError();
    SetHandleInformation((HANDLE)s, HANDLE_FLAG_INHERIT, 0); /* may fail with a layered provider */
    int error = set_flag(s, IPPROTO_TCP, TCP_NODELAY);
    if (!error) error = set_nonblocking(s, nonblocking);
    if (error)
        closesocket(s);
    else
        *accepted = s;
    return error;
}

int os_bind_source(os_socket s, const struct os_address *address, uint32_t source) {
    (void)s, (void)address, (void)source;
    return 0; /* only one address of 127.0.0.0/8 is sure to exist */
}

int os_connect(const struct os_address *address, uint32_t source, os_socket *s) {
    os_socket made;
    (void)source;
    int error = new_socket(address, true, &made);
    if (error) return error;
    error = set_flag(made, IPPROTO_TCP, TCP_NODELAY);
    if (!error && connect(made, address_of(address), (int)address->length) != 0 &&
        WSAGetLastError() != WSAEWOULDBLOCK)
        error = WSAGetLastError();
    if (error)
        closesocket(made);
    else
        *s = made;
    return error;
}

/* Two ends of a TCP connection over loopback: Windows has no socketpair(). */
int os_socket_pair(bool nonblocking, os_socket pair[2]) {
    struct os_address address = {.length = sizeof(struct sockaddr_in)};
    struct sockaddr_in *in = (struct sockaddr_in *)(void *)&address.storage;
    struct sockaddr_in mine, theirs;
    int length = sizeof mine;
    os_socket listener = INVALID_SOCKET, first = INVALID_SOCKET, second = INVALID_SOCKET;
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int error = new_socket(&address, false, &listener);
    if (error) return error;
    if (bind(listener, address_of(&address), sizeof *in) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)in, &length) != 0)
        error = WSAGetLastError();
    if (!error) error = new_socket(&address, false, &first);
    if (!error && connect(first, address_of(&address), sizeof *in) != 0) error = WSAGetLastError();
    if (!error) error = os_accept(listener, nonblocking, &second);
    /* another process may have connected to the listener first */
    length = sizeof mine;
    if (!error && getsockname(first, (struct sockaddr *)&mine, &length) != 0)
        error = WSAGetLastError();
    length = sizeof theirs;
    if (!error && getpeername(second, (struct sockaddr *)&theirs, &length) != 0)
        error = WSAGetLastError();
    if (!error && mine.sin_port != theirs.sin_port) error = WSAECONNABORTED;
    if (!error) error = set_flag(first, IPPROTO_TCP, TCP_NODELAY);
    if (!error) error = set_nonblocking(first, nonblocking);
    closesocket(listener);
    if (error) {
        if (first != INVALID_SOCKET) closesocket(first);
        if (second != INVALID_SOCKET) closesocket(second);
        return error;
    }
    pair[0] = first;
    pair[1] = second;
    return 0;
}

static int limited(size_t size) {
    return size < INT32_MAX ? (int)size : INT32_MAX;
}

int os_receive(os_socket s, void *data, size_t size, size_t *received) {
    int n = recv(s, data, limited(size), 0);
    if (n < 0) return os_windows_error(GetLastError()); /* a cancelled call has a Win32 code */
    /* Wine consumes the error of a reset before it reports readiness, and recv then returns 0.
     * Sending zero bytes tells a reset from an orderly end, and has no other effect. */
    if (n == 0 && size > 0 && send(s, "", 0, 0) < 0 && WSAGetLastError() == WSAECONNRESET)
        return WSAECONNRESET;
    *received = (size_t)n;
    return 0;
}

int os_send(os_socket s, const void *data, size_t size, size_t *sent) {
    int n = send(s, data, limited(size), 0);
    if (n < 0) return os_windows_error(GetLastError()); /* a cancelled call has a Win32 code */
    *sent = (size_t)n;
    return 0;
}

int os_shutdown_send(os_socket s) {
    return shutdown(s, SD_SEND) == 0 ? 0 : WSAGetLastError();
}

int os_socket_error(os_socket s) {
    int error = 0, length = sizeof error;
    return getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&error, &length) == 0 ? error
                                                                             : WSAGetLastError();
}

int os_connect_result(os_socket s, const struct os_address *address) {
    struct sockaddr_storage own, peer;
    int own_size = sizeof own, peer_size = sizeof peer;
    int error = os_socket_error(s);
    if (error) return error;
    memset(&own, 0, sizeof own);
    memset(&peer, 0, sizeof peer);
    if (getsockname(s, (struct sockaddr *)&own, &own_size) != 0) return WSAGetLastError();
    /* the port stands at the same place in both kinds of addresses, and seldom is the same */
    const struct sockaddr_in *mine = (const struct sockaddr_in *)(const void *)&own;
    const struct sockaddr_in *wanted = (const struct sockaddr_in *)(const void *)&address->storage;
    if (mine->sin_port != wanted->sin_port) return 0;
    if (getpeername(s, (struct sockaddr *)&peer, &peer_size) != 0) return WSAGetLastError();
    if (own_size != peer_size || memcmp(&own, &peer, (size_t)own_size) != 0) return 0;
    const struct linger none = {.l_onoff = 1, .l_linger = 0}; /* or TIME_WAIT would keep the port */
    setsockopt(s, SOL_SOCKET, SO_LINGER, (const char *)&none, sizeof none);
    return WSAECONNREFUSED;
}

void os_close_reset(os_socket s) {
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(s, SOL_SOCKET, SO_LINGER, (const char *)&none, sizeof none);
    closesocket(s);
}

void os_close(os_socket s) {
    closesocket(s);
}

uint64_t os_descriptors_limit(void) {
    return OS_UNKNOWN; /* memory is the limit */
}

int os_descriptor_spare(void) {
    return 0;
}
