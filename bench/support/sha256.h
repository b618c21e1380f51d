/* sha256.h - SHA-256, which identifies builds of programs.
 * Source: FIPS 180-4, Secure Hash Standard, sections 4.1.2, 5 and 6.2. */
#ifndef BENCH_SUPPORT_SHA256_H
#define BENCH_SUPPORT_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX_SIZE 65 /* 64 digits and a NUL */

struct sha256 {
    uint32_t state[8];       /* H(i) in the standard */
    uint64_t bytes;          /* hashed so far */
    unsigned char block[64]; /* the incomplete last block */
};

void sha256_start(struct sha256 *s);
void sha256_update(struct sha256 *s, const void *data, size_t size);
/* Completes the hash and writes it in lower-case hexadecimal digits. */
void sha256_finish(struct sha256 *s, char hex[SHA256_HEX_SIZE]);

/* Hashes the content of a file. Returns false if the file cannot be read. */
bool sha256_file(const char *path, char hex[SHA256_HEX_SIZE]);

#endif
