/* payload.h - the bytes of every message. They are a function of seed, connection, message
 * number and offset, so that a swapped, stale or shifted answer differs from the expected one. */
#ifndef LOADGEN_PAYLOAD_H
#define LOADGEN_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The key of one connection, from the run's seed and the connection's number in the whole run. */
uint64_t payload_connection_key(uint64_t seed, uint64_t connection);

/* The key of message number `message` on the connection with `connection_key`. */
uint64_t payload_message_key(uint64_t connection_key, uint64_t message);

/* Writes bytes offset..offset+size-1 of the message with key `key` to `data`. */
void payload_fill(uint64_t key, size_t offset, uint8_t *data, size_t size);

/* Whether `data` holds bytes offset..offset+size-1 of the message with key `key`. */
bool payload_matches(uint64_t key, size_t offset, const uint8_t *data, size_t size);

#endif
