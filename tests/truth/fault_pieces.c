/* fault_pieces.c - a linked list: nearly every piece is due last. */
#include "tests/truth/fault_pieces.h"

#include <stdlib.h>
#include <string.h>

struct piece *piece_new(uint64_t connection, const uint8_t *data, size_t size) {
    struct piece *piece = malloc(sizeof *piece + size);
    if (!piece) abort(); /* out of memory: the test fails */
    *piece = (struct piece){.connection = connection, .size = size};
    memcpy(piece->data, data, size);
    return piece;
}

bool piece_swap_data(struct piece *a, struct piece *b) {
    if (a->size != b->size) return false;
    for (size_t i = 0; i < a->size; i++) {
        uint8_t byte = a->data[i];
        a->data[i] = b->data[i];
        b->data[i] = byte;
    }
    return true;
}

void pieces_add(struct pieces *queue, struct piece *piece) {
    struct piece **at = &queue->first;
    if (queue->first && queue->last->due_ns <= piece->due_ns) at = &queue->last->next;
    while (*at && (*at)->due_ns <= piece->due_ns) at = &(*at)->next;
    piece->next = *at;
    *at = piece;
    if (!piece->next) queue->last = piece;
}

struct piece *pieces_take(struct pieces *queue) {
    struct piece *piece = queue->first;
    queue->first = piece->next;
    return piece;
}

void pieces_free(struct pieces *queue) {
    while (queue->first) free(pieces_take(queue));
}
