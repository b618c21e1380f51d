/* test_sha256.c - SHA-256 compared with published digests, with input in pieces of different sizes.
 * Digests: NIST, Cryptographic Standards and Guidelines, example values for SHA-256, and FIPS 180-2
 * appendix B. Those for lengths around a block are from sha256sum(1). */
#include "bench/support/sha256.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void hash(const void *data, size_t size, size_t chunk, char hex[SHA256_HEX_SIZE]) {
    struct sha256 s;
    sha256_start(&s);
    for (size_t at = 0; at < size; at += chunk)
        sha256_update(&s, (const char *)data + at, size - at < chunk ? size - at : chunk);
    sha256_finish(&s, hex);
}

static void published_digests(void **state) {
    (void)state;
    static const struct {
        const char *text, *hex;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
         "lmnopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char hex[SHA256_HEX_SIZE];
        hash(cases[i].text, strlen(cases[i].text), 64, hex);
        assert_string_equal(hex, cases[i].hex);
    }
}

static void a_million_times_a(void **state) {
    (void)state;
    static const size_t chunks[] = {1, 63, 64, 65, 1000, 1000000};
    enum { SIZE = 1000000 };
    char *data = test_malloc(SIZE);
    memset(data, 'a', SIZE);
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        char hex[SHA256_HEX_SIZE];
        hash(data, SIZE, chunks[i], hex);
        assert_string_equal(hex,
                            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
    test_free(data);
}

/* n times 'a', around the lengths at which the padding needs another block. */
static void lengths_around_a_block(void **state) {
    (void)state;
    static const char *const digests[] = {
        "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318", /* 55 */
        "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a", /* 56 */
        "f13b2d724659eb3bf47f2dd6af1accc87b81f09f59f2b75e5c0bed6589dfe8c6", /* 57 */
        "d5c039b748aa64665782974ec3dc3025c042edf54dcdc2b5de31385b094cb678", /* 58 */
        "111bb261277afd65f0744b247cd3e47d386d71563d0ed995517807d5ebd4fba3", /* 59 */
        "11ee391211c6256460b6ed375957fadd8061cafbb31daf967db875aebd5aaad4", /* 60 */
        "35d5fc17cfbbadd00f5e710ada39f194c5ad7c766ad67072245f1fad45f0f530", /* 61 */
        "f506898cc7c2e092f9eb9fadae7ba50383f5b46a2a4fe5597dbb553a78981268", /* 62 */
        "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34", /* 63 */
        "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb", /* 64 */
        "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0", /* 65 */
    };
    char data[128];
    memset(data, 'a', sizeof data);
    for (size_t size = 55; size <= 65; size++) {
        for (size_t chunk = 1; chunk <= size; chunk++) {
            char hex[SHA256_HEX_SIZE];
            hash(data, size, chunk, hex);
            assert_string_equal(hex, digests[size - 55]);
        }
    }
}

static void cuts_do_not_matter(void **state) {
    (void)state;
    unsigned char data[300];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (unsigned char)(i * 7 + i / 11);
    for (size_t size = 0; size <= sizeof data; size++) {
        char whole[SHA256_HEX_SIZE], cut[SHA256_HEX_SIZE];
        hash(data, size, sizeof data, whole);
        hash(data, size, 1 + size % 97, cut);
        assert_string_equal(whole, cut);
        assert_int_equal(strlen(whole), SHA256_HEX_SIZE - 1);
    }
}

static void a_file_is_its_content(void **state) {
    (void)state;
    enum { SIZE = 40000 }; /* needs more than one read */
    char path[] = "/tmp/unit-sha256-XXXXXX", whole[SHA256_HEX_SIZE], read[SHA256_HEX_SIZE];
    unsigned char *data = test_malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++) data[i] = (unsigned char)(i * i);
    int file = mkstemp(path);
    assert_true(file >= 0);
    bool written = write(file, data, SIZE) == SIZE;
    close(file);
    bool fine = sha256_file(path, read);
    unlink(path);
    assert_true(written && fine);
    hash(data, SIZE, SIZE, whole);
    assert_string_equal(read, whole);
    test_free(data);
}

static void a_missing_file_has_no_hash(void **state) {
    (void)state;
    char hex[SHA256_HEX_SIZE];
    assert_false(sha256_file("/nonexistent/file", hex));
    assert_false(sha256_file("/", hex)); /* can be opened but not read */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_digests),      cmocka_unit_test(a_million_times_a),
        cmocka_unit_test(lengths_around_a_block), cmocka_unit_test(cuts_do_not_matter),
        cmocka_unit_test(a_file_is_its_content),  cmocka_unit_test(a_missing_file_has_no_hash),
    };
    return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
