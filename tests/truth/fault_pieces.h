/* fault_pieces.h - received pieces on their way back.
 * Invariant: a queue is in the order in which its pieces are due. */
#ifndef TESTS_FAULT_PIECES_H
#define TESTS_FAULT_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one receive brought. */
struct piece {
    struct piece *next;  /* due after this one */
    uint64_t due_ns;     /* when it goes back */
    uint64_t connection; /* whose it is, by number of acceptance */
    size_t size, sent;   /* its bytes, and how many of them have gone back */
    uint8_t data[];      /* they */
};

struct pieces {
    struct piece *first, *last; /* ends; `last` is of no meaning if it is empty */
};

/* A copy of `data`; never NULL. */
struct piece *piece_new(uint64_t connection, const uint8_t *data, size_t size);

/* Exchanges what two pieces carry. False if they differ in size. */
bool piece_swap_data(struct piece *a, struct piece *b);

/* Puts a piece behind all that are due no later. */
void pieces_add(struct pieces *queue, struct piece *piece);

/* Takes the first one; there is one. */
struct piece *pieces_take(struct pieces *queue);

/* Frees all in it. */
void pieces_free(struct pieces *queue);

#endif
