/* sha256.h - the hash that tells one build of a program from another.
 * Source: FIPS 180-4, Secure Hash Standard, sections 4.1.2, 5 and 6.2.
 * Invariant: the digest does not depend on how the input was cut into updates. */
#ifndef BENCH_SUPPORT_SHA256_H
#define BENCH_SUPPORT_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX_SIZE 65 /* 64 digits and a NUL */

struct sha256 {
    uint32_t state[8];       /* H(i) of the standard */
    uint64_t bytes;          /* hashed so far */
    unsigned char block[64]; /* bytes that do not fill a block yet */
};

void sha256_start(struct sha256 *s);
void sha256_update(struct sha256 *s, const void *data, size_t size);
/* Ends the hash and writes it in lower-case hexadecimal digits. */
void sha256_finish(struct sha256 *s, char hex[SHA256_HEX_SIZE]);

/* Hash of a file's content. Returns false if it cannot be read. */
bool sha256_file(const char *path, char hex[SHA256_HEX_SIZE]);

#endif
