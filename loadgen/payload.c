/* payload.c - 64-bit word j of a message is key + j * an odd constant: the hot path only adds, and
 * all words of a message differ. Bytes are in the order of the machine, which makes both sides of
 * every comparison. */
#include "loadgen/payload.h"

#include "base/rng.h"

#include <string.h>

#define WORD_STEP 0x9E3779B97F4A7C15u

uint64_t payload_connection_key(uint64_t seed, uint64_t connection) {
    return rng_mix(rng_mix(seed) ^ connection);
}

uint64_t payload_message_key(uint64_t connection_key, uint64_t message) {
    return rng_mix(connection_key + message);
}

static uint64_t word(uint64_t key, size_t index) {
    return key + (uint64_t)index * WORD_STEP;
}

/* Bytes until the next word starts, at most `size`. */
static size_t to_boundary(size_t offset, size_t size) {
    size_t part = (8 - offset % 8) % 8;
    return part < size ? part : size;
}

void payload_fill(uint64_t key, size_t offset, uint8_t *data, size_t size) {
    size_t head = to_boundary(offset, size);
    if (head) {
        uint64_t w = word(key, offset / 8);
        memcpy(data, (const uint8_t *)&w + offset % 8, head);
    }
    size_t index = (offset + head) / 8, at = head;
    for (; at + 8 <= size; at += 8, index++) {
        uint64_t w = word(key, index);
        memcpy(data + at, &w, 8);
    }
    if (at < size) {
        uint64_t w = word(key, index);
        memcpy(data + at, &w, size - at);
    }
}

bool payload_matches(uint64_t key, size_t offset, const uint8_t *data, size_t size) {
    size_t head = to_boundary(offset, size);
    if (head) {
        uint64_t w = word(key, offset / 8);
        if (memcmp(data, (const uint8_t *)&w + offset % 8, head) != 0) return false;
    }
    size_t index = (offset + head) / 8, at = head;
    uint64_t difference = 0; /* no branches, so that the loop becomes vector code */
    for (; at + 8 <= size; at += 8, index++) {
        uint64_t w;
        memcpy(&w, data + at, 8);
        difference |= w ^ word(key, index);
    }
    if (difference) return false;
    if (at == size) return true;
    uint64_t w = word(key, index);
    return memcmp(data + at, &w, size - at) == 0;
}
