/* rio_api.h - registered I/O of Windows 8 and later, which the headers of mingw-w64 lack. Layout
 * and values are those of Microsoft's mswsockdef.h and mswsock.h, as documented at
 * learn.microsoft.com/windows/win32/api/mswsock (lpfn_rio..., rio_extension_function_table) and
 * .../api/mswsockdef (riobuf, rioresult, rio_notification_completion); the names differ, so that
 * headers that declare it do not clash. */
#ifndef SERVERS_WINDOWS_RIO_API_H
#define SERVERS_WINDOWS_RIO_API_H

#include "base/os.h"

#include <windows.h>

/* Opaque: RIO_BUFFERID, RIO_CQ, RIO_RQ. */
struct rio_buffer_id;
struct rio_completions;
struct rio_requests;

#define RIO_BUFFER_ID_NONE ((struct rio_buffer_id *)(uintptr_t)0xFFFFFFFFu)
#define RIO_COMPLETIONS_MAX 0x8000000u /* entries of one completion queue: RIO_MAX_CQ_SIZE */
#define RIO_COMPLETIONS_CORRUPT 0xFFFFFFFFu

/* RIO_BUF: a part of a registered buffer. */
struct rio_slice {
    struct rio_buffer_id *buffer;
    ULONG offset; /* of the part, in bytes */
    ULONG length; /* in bytes */
};

/* RIORESULT: a request that has ended. */
struct rio_result {
    LONG status;               /* 0, or why it failed */
    ULONG bytes;               /* transferred */
    ULONGLONG socket_context;  /* given with the request queue */
    ULONGLONG request_context; /* given with the request */
};

enum rio_notification_type { RIO_BY_EVENT = 1, RIO_BY_PORT = 2 };

/* RIO_NOTIFICATION_COMPLETION: how a completion queue reports that it has completions. */
struct rio_notification {
    enum rio_notification_type type; /* selects the member of `by` */
    union {
        struct {
            HANDLE event;     /* to be set */
            BOOL reset_first; /* by `notify` */
        } event;              /* an event object */
        struct {
            HANDLE port;            /* where the packet is queued */
            void *key;              /* its completion key */
            OVERLAPPED *overlapped; /* its overlapped structure; not NULL */
        } port;                     /* a completion port */
    } by;                           /* the two ways */
};

/* RIO_EXTENSION_FUNCTION_TABLE. Unless said otherwise FALSE or NULL is a failure, whose reason
 * WSAGetLastError gives. */
struct rio_functions {
    DWORD size; /* of this table */
    /* A request queue takes one call per direction at a time. */
    BOOL(PASCAL *receive)
    (struct rio_requests *requests, struct rio_slice *data, ULONG count, DWORD flags,
     void *request_context);
    int(PASCAL *receive_ex)(struct rio_requests *requests, struct rio_slice *data, ULONG count,
                            struct rio_slice *local, struct rio_slice *remote,
                            struct rio_slice *control, struct rio_slice *message_flags, DWORD flags,
                            void *request_context);
    BOOL(PASCAL *send)
    (struct rio_requests *requests, struct rio_slice *data, ULONG count, DWORD flags,
     void *request_context);
    BOOL(PASCAL *send_ex)
    (struct rio_requests *requests, struct rio_slice *data, ULONG count, struct rio_slice *local,
     struct rio_slice *remote, struct rio_slice *control, struct rio_slice *message_flags,
     DWORD flags, void *request_context);
    void(PASCAL *close_completions)(struct rio_completions *completions);
    struct rio_completions *(PASCAL *create_completions)(DWORD size,
                                                         struct rio_notification *notification);
    /* Reserves entries of the completion queue; closesocket frees it. */
    struct rio_requests *(PASCAL *create_requests)(SOCKET socket, ULONG receives_max,
                                                   ULONG receive_slices_max, ULONG sends_max,
                                                   ULONG send_slices_max,
                                                   struct rio_completions *of_receives,
                                                   struct rio_completions *of_sends,
                                                   void *socket_context);
    /* Fills `results`; returns how many, or RIO_COMPLETIONS_CORRUPT. */
    ULONG(PASCAL *dequeue)
    (struct rio_completions *completions, struct rio_result *results, ULONG capacity);
    void(PASCAL *deregister_buffer)(struct rio_buffer_id *buffer);
    /* Requests one notification; it comes at once if the queue is not empty. Returns 0 or an error.
     */
    int(PASCAL *notify)(struct rio_completions *completions);
    struct rio_buffer_id *(PASCAL *register_buffer)(char *data, DWORD size);
    BOOL(PASCAL *resize_completions)(struct rio_completions *completions, DWORD size);
    BOOL(PASCAL *resize_requests)
    (struct rio_requests *requests, DWORD receives_max, DWORD sends_max);
};

/* WSAID_MULTIPLE_RIO: the input of WSAIoctl. */
#define RIO_FUNCTIONS_GUID                                                                         \
    {                                                                                              \
        0x8509e081, 0x96dd, 0x4005, {                                                              \
            0xb1, 0x65, 0x9e, 0x2e, 0xe8, 0xc7, 0x9e, 0x3f                                         \
        }                                                                                          \
    }

/* SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER: the code of WSAIoctl. */
#define RIO_FUNCTIONS_IOCTL _WSAIORW(IOC_WS2, 36)

#endif
