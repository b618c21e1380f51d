/* identities_file.h - what the identity checks of a sample use of the rest of its file. */
#ifndef BENCH_RESULT_IDENTITIES_FILE_H
#define BENCH_RESULT_IDENTITIES_FILE_H

#include <cjson/cJSON.h>
#include <stdbool.h>

struct identities_file {
    double version_minor; /* version of the schema: relations of later versions are not checked */
    const cJSON *env;     /* environment of the session */
    const cJSON *models;  /* session.models[] */
    double memory_bytes;  /* of the machine; NAN: unknown */
    bool two_sides;       /* an ab: a name in `models` may mean two servers */
};

#endif
