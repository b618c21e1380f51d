/* test_schema.c - the JSON Schema validator: each keyword accepts, refuses, and reports the path.
 * Must run from the top of the source tree, which contains the schemas. */
#include "bench/result/schema.h"
#include "bench/support/json_file.h"
#include "bench/support/nearest.h"
#include "bench/support/reason.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static cJSON *parse(const char *text) {
    cJSON *json = cJSON_Parse(text);
    if (!json) print_error("not JSON: %s\n", text);
    assert_non_null(json);
    return json;
}

/* A schema, a document, and the expected error; NULL: none. */
struct judged {
    const char *schema, *document, *reason;
};

static void judge(const struct judged *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct reason reason = {.text = ""};
        cJSON *schema = parse(cases[i].schema), *document = parse(cases[i].document);
        bool fine = schema_check(schema, NULL, document, "", &reason);
        bool expected = cases[i].reason ? !fine && strcmp(reason.text, cases[i].reason) == 0 : fine;
        if (!expected)
            print_error("%s of %s: expected '%s', found '%s'\n", cases[i].document, cases[i].schema,
                        cases[i].reason ? cases[i].reason : "fine", fine ? "fine" : reason.text);
        assert_true(expected);
        cJSON_Delete(document);
        cJSON_Delete(schema);
    }
}

#define JUDGE(cases) judge(cases, sizeof(cases) / sizeof *(cases))

static void types(void **state) {
    (void)state;
    static const char *const names[] = {"object",  "array",   "string", "number",
                                        "integer", "boolean", "null"};
    static const struct {
        const char *text; /* document */
        unsigned is;      /* bit i is set if the document has the type names[i] */
    } documents[] = {{"{}", 1},    {"[]", 2},    {"\"1\"", 4},  {"1.5", 8},
                     {"1", 24},    {"1.0", 24},  {"-3", 24},    {"1e300", 24},
                     {"1e999", 0}, {"true", 32}, {"false", 32}, {"null", 64}};
    for (size_t d = 0; d < sizeof documents / sizeof *documents; d++) {
        for (size_t t = 0; t < sizeof names / sizeof *names; t++) {
            char schema[64];
            struct reason reason;
            snprintf(schema, sizeof schema, "{\"type\":\"%s\"}", names[t]);
            reason_set(&reason, "not of type %s", names[t]);
            const struct judged one = {schema, documents[d].text,
                                       documents[d].is >> t & 1 ? NULL : reason.text};
            judge(&one, 1);
        }
    }
}

static void several_types(void **state) {
    (void)state;
    static const struct judged cases[] = {
        {"{\"type\":[\"integer\",\"null\"]}", "null", NULL},
        {"{\"type\":[\"integer\",\"null\"]}", "3", NULL},
        {"{\"type\":[\"integer\",\"null\"]}", "3.5", "not of type integer or null"},
        {"{\"type\":[\"integer\",\"string\",\"null\"]}", "[]",
         "not of type integer, string or null"},
    };
    JUDGE(cases);
}

static void enum_and_const(void **state) {
    (void)state;
    static const struct judged cases[] = {
        {"{\"enum\":[\"a\",2,null]}", "\"a\"", NULL},
        {"{\"enum\":[\"a\",2,null]}", "2", NULL},
        {"{\"enum\":[\"a\",2,null]}", "null", NULL},
        {"{\"enum\":[\"a\",2,null]}", "\"A\"", "not one of a, 2 or null"},
        {"{\"enum\":[\"a\",2,null]}", "\"2\"", "not one of a, 2 or null"},
        {"{\"const\":1}", "1", NULL},
        {"{\"const\":1}", "2", "not 1"},
        {"{\"const\":\"x\"}", "\"x\"", NULL},
        {"{\"const\":\"x\"}", "1", "not \"x\""},
    };
    JUDGE(cases);
}

/* Keywords for numbers and arrays accept all other types. */
static void limits(void **state) {
    (void)state;
    static const struct judged cases[] = {
        {"{\"minimum\":1.5}", "1.5", NULL},
        {"{\"minimum\":1.5}", "1.4", "1.4 is below 1.5"},
        {"{\"minimum\":1.5}", "\"0\"", NULL},
        {"{\"maximum\":10}", "10", NULL},
        {"{\"maximum\":10}", "11", "11 is above 10"},
        {"{\"exclusiveMinimum\":0}", "0.1", NULL},
        {"{\"exclusiveMinimum\":0}", "0", "0 is not above 0"},
        {"{\"exclusiveMinimum\":0}", "-1", "-1 is not above 0"},
        {"{\"maximum\":9007199254740992}", "9007199254740994",
         "9007199254740994 is above 9007199254740992"},
        {"{\"minItems\":1}", "[1]", NULL},
        {"{\"minItems\":1}", "[]", "0 items, fewer than 1"},
        {"{\"minItems\":1}", "{}", NULL},
        {"{\"maxItems\":2}", "[1,2]", NULL},
        {"{\"maxItems\":2}", "[1,2,3]", "3 items, more than 2"},
    };
    JUDGE(cases);
}

static void objects(void **state) {
    (void)state;
#define CLOSED                                                                                     \
    "{\"required\":[\"rate\"],\"additionalProperties\":false,"                                     \
    "\"properties\":{\"rate\":{\"type\":\"number\"},\"connections\":{}}}"
    static const struct judged cases[] = {
        {CLOSED, "{\"rate\":1}", NULL},
        {CLOSED, "{\"connections\":1,\"rate\":1}", NULL},
        {CLOSED, "[]", NULL},
        {CLOSED, "{\"connections\":1}", "\"rate\" is missing"},
        {CLOSED, "{\"rate\":\"x\"}", "rate: not of type number"},
        {CLOSED, "{\"rate\":1,\"conections\":1}",
         "conections: unknown field; did you mean \"connections\"?"},
        {CLOSED, "{\"rate\":1,\"Rate\":1}", "Rate: unknown field; did you mean \"rate\"?"},
        {CLOSED, "{\"rate\":1,\"zzz\":1}", "zzz: unknown field"},
        {CLOSED, "{\"rate\":1,\"\":1}", "unknown field"},
        {CLOSED, "{\"rate\":1,\"rate\":2}", "rate: given twice"},
        {"{\"properties\":{\"a\":{\"type\":\"null\"}}}", "{\"b\":1}", NULL},
        {"{\"additionalProperties\":{\"type\":\"string\"}}", "{\"a\":\"x\"}", NULL},
        {"{\"additionalProperties\":{\"type\":\"string\"}}", "{\"a\":1}", "a: not of type string"},
        {"{\"properties\":{\"a\":{}},\"additionalProperties\":{\"type\":\"string\"}}",
         "{\"a\":1,\"b\":2}", "b: not of type string"},
    };
    JUDGE(cases);
}

static void paths_lead_to_the_fault(void **state) {
    (void)state;
#define DEEP                                                                                       \
    "{\"properties\":{\"cells\":{\"items\":{\"properties\":{\"samples\":{\"items\":"               \
    "{\"required\":[\"n\"],\"properties\":{\"n\":{\"type\":\"integer\"}}}}}}}}}"
    static const struct judged cases[] = {
        {DEEP, "{\"cells\":[{\"samples\":[{\"n\":1},{\"n\":2}]},{\"samples\":[]}]}", NULL},
        {DEEP, "{\"cells\":[{},{\"samples\":[{\"n\":1},{\"n\":0.5}]}]}",
         "cells[1].samples[1].n: not of type integer"},
        {DEEP, "{\"cells\":[{\"samples\":[{}]}]}", "cells[0].samples[0]: \"n\" is missing"},
        {"{\"items\":{\"items\":{\"type\":\"null\"}}}", "[[],[null,1]]",
         "[1][1]: not of type null"},
    };
    JUDGE(cases);
    cJSON *schema = parse("{\"type\":\"null\"}"), *document = parse("1");
    struct reason reason;
    assert_false(schema_check(schema, NULL, document, "root", &reason));
    assert_string_equal(reason.text, "root: not of type null");
    cJSON_Delete(document);
    cJSON_Delete(schema);
}

static void one_of_is_exactly_one(void **state) {
    (void)state;
#define EITHER "{\"oneOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}]}"
#define EITHER_SAID "must be exactly one of [{\"required\":[\"a\"]},{\"required\":[\"b\"]}]"
    static const struct judged cases[] = {
        {EITHER, "{\"a\":1}", NULL},
        {EITHER, "{\"b\":1}", NULL},
        {EITHER, "{}", EITHER_SAID},
        {EITHER, "{\"a\":1,\"b\":1}", EITHER_SAID},
        {"{\"properties\":{\"x\":" EITHER "}}", "{\"x\":{}}", "x: " EITHER_SAID},
        /* a failed alternative leaves no trace in the path */
        {"{\"oneOf\":[{\"properties\":{\"a\":{\"type\":\"null\"}}},{}],\"required\":[\"c\"]}",
         "{\"a\":1}", "\"c\" is missing"},
    };
    JUDGE(cases);
}

static void references(void **state) {
    (void)state;
#define TREE                                                                                       \
    "{\"$ref\":\"#/$defs/tree\",\"$defs\":{\"tree\":{\"type\":\"array\","                          \
    "\"items\":{\"$ref\":\"#/$defs/tree\"}}}}"
    static const struct judged cases[] = {
        {TREE, "[[],[[]]]", NULL},
        {TREE, "[[],[[],1]]", "[1][1]: not of type array"},
    };
    JUDGE(cases);
    cJSON *schema = parse(TREE), *document = parse("3");
    struct reason reason;
    assert_false(schema_check(schema, "tree", document, "tree", &reason));
    assert_string_equal(reason.text, "tree: not of type array");
    cJSON_Delete(document);
    cJSON_Delete(schema);
}

/* A document as deep as the JSON parser allows is refused and does not overflow the stack. */
static void nesting_is_bounded(void **state) {
    (void)state;
    cJSON *schema = parse(TREE);
    for (int depth = 10; depth <= 900; depth += 890) {
        char text[2001] = "";
        struct reason reason = {.text = ""};
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        cJSON *document = parse(text);
        bool fine = schema_check(schema, NULL, document, "", &reason);
        assert_int_equal(fine, depth == 10);
        if (!fine) assert_non_null(strstr(reason.text, ": nested more than 64 deep"));
        cJSON_Delete(document);
    }
    cJSON_Delete(schema);
}

static void long_keys_are_cut_not_overrun(void **state) {
    (void)state;
    static const size_t lengths[] = {200, 256, 512, REASON_SIZE - 40, REASON_SIZE, 2 * REASON_SIZE};
    cJSON *schema = parse("{\"additionalProperties\":{\"additionalProperties\":"
                          "{\"items\":{\"type\":\"null\"}}}}");
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        char text[2 * REASON_SIZE + 64] = "{\"";
        struct {
            struct reason reason;
            char behind[64]; /* must not be overwritten */
        } room;
        memset(text + 2, 'k', lengths[l]);
        strcpy(text + 2 + lengths[l], "\":{\"b\":[1]}}");
        cJSON *document = parse(text);
        memset(&room, '#', sizeof room);
        assert_false(schema_check(schema, NULL, document, "", &room.reason));
        assert_non_null(memchr(room.reason.text, '\0', REASON_SIZE));
        for (size_t i = 0; i < sizeof room.behind; i++) assert_int_equal(room.behind[i], '#');
        cJSON_Delete(document);
    }
    cJSON_Delete(schema);
}

static void objects_of_too_many_fields_are_refused(void **state) {
    (void)state;
    cJSON *schema = parse("{\"additionalProperties\":{}}"), *document = cJSON_CreateObject();
    char key[16];
    struct reason reason = {.text = ""};
    for (int i = 0; i <= 1000; i++) {
        if (i == 1000) assert_true(schema_check(schema, NULL, document, "", &reason));
        snprintf(key, sizeof key, "k%d", i);
        cJSON_AddNullToObject(document, key);
    }
    assert_false(schema_check(schema, NULL, document, "", &reason));
    assert_string_equal(reason.text, "more than 1000 fields");
    cJSON_Delete(document);
    cJSON_Delete(schema);
}

static void annotations_say_nothing(void **state) {
    (void)state;
    static const struct judged cases[] = {
        {"{\"$schema\":\"x\",\"$id\":\"x\",\"title\":\"x\",\"description\":\"x\",\"default\":1,"
         "\"format\":\"date-time\",\"examples\":[1],\"$defs\":{\"a\":{\"type\":\"null\"}}}",
         "\"anything\"", NULL},
    };
    JUDGE(cases);
}

/* A schema with an unsupported keyword is a programming error: it aborts and accepts no document.
 */
static void what_is_not_understood_is_not_ignored(void **state) {
    (void)state;
    static const char *const schemas[] = {
        "{\"pattern\":\"^a$\"}",     "{\"anyOf\":[{}]}",           "{\"maxLength\":1}",
        "{\"type\":\"float\"}",      "{\"exclusiveMaximum\":1}",   "{\"uniqueItems\":true}",
        "{\"$ref\":\"other.json\"}", "{\"$ref\":\"#/$defs/none\"}"};
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        cJSON *schema = parse(schemas[i]), *document = parse("\"b\"");
        int status = 0;
        fflush(NULL);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct reason reason;
            dup2(open("/dev/null", O_WRONLY), 2);
            schema_check(schema, NULL, document, "", &reason);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 134) print_error("%s\n", schemas[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 134);
        cJSON_Delete(document);
        cJSON_Delete(schema);
    }
}

static void the_nearest_word_is_the_likeliest(void **state) {
    (void)state;
    static const char *const words[] = {"depth", "connections", "rate_per_s", "size_bytes", NULL};
    static const char *const none[] = {NULL};
    char longest[300] = "";
    assert_string_equal(nearest_word("depht", words), "depth");
    assert_string_equal(nearest_word("conections", words), "connections");
    assert_string_equal(nearest_word("rate_per_second", words), "rate_per_s");
    assert_string_equal(nearest_word("depth", words), "depth");
    assert_null(nearest_word("burn", words));
    assert_null(nearest_word("", words));
    assert_null(nearest_word("depth", none));
    memset(longest, 'x', sizeof longest - 1);
    assert_null(nearest_word(longest, words));
}

/* Checks a document against each keyword of `schema` and its nested schemas separately, so that an
 * earlier error hides none of them. An unsupported keyword aborts. */
static size_t understand(const cJSON *schema, const cJSON *definitions) {
    static const char *const documents[] = {"null", "{\"a\":1}", "[[]]", "\"x\"", "1", "false"};
    size_t keywords = 0;
    const cJSON *k, *inner;
    cJSON_ArrayForEach(k, schema) {
        keywords++;
        cJSON *alone = cJSON_CreateObject();
        cJSON_AddItemToObject(alone, "$defs", cJSON_Duplicate(definitions, true));
        if (strcmp(k->string, "$defs") != 0)
            cJSON_AddItemToObject(alone, k->string, cJSON_Duplicate(k, true));
        for (size_t d = 0; d < sizeof documents / sizeof *documents; d++) {
            struct reason reason;
            cJSON *document = parse(documents[d]);
            schema_check(alone, NULL, document, "", &reason);
            cJSON_Delete(document);
        }
        cJSON_Delete(alone);
        bool one = !strcmp(k->string, "items") || !strcmp(k->string, "additionalProperties");
        if (one && cJSON_IsObject(k)) keywords += understand(k, definitions);
        bool many = !strcmp(k->string, "properties") || !strcmp(k->string, "$defs") ||
                    !strcmp(k->string, "oneOf");
        if (!many) continue;
        cJSON_ArrayForEach(inner, k) keywords += understand(inner, definitions);
    }
    return keywords;
}

static void all_schema_files_are_understood(void **state) {
    (void)state;
    static const char *const files[] = {"results/iobench-result.schema.json",
                                        "results/iobench-gate.schema.json",
                                        "bench/suites/iobench-suite.schema.json"};
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        struct reason reason = {.text = ""};
        cJSON *schema = json_file_read(files[f], &reason);
        if (!schema) print_error("%s: %s\n", files[f], reason.text);
        assert_non_null(schema);
        const cJSON *definitions = cJSON_GetObjectItem(schema, "$defs");
        assert_in_range(understand(schema, definitions), 50, 10000);
        cJSON_Delete(schema);
    }
}

/* ---- strictness ---- */

#define SAMPLE_SCHEMA                                                                              \
    "{\"$defs\":{\"in\":{\"type\":[\"object\",\"null\"],\"properties\":{\"a\":{},\"b\":{}}}},"     \
    "\"required\":[\"x\"],\"properties\":{\"x\":{\"$ref\":\"#/$defs/"                              \
    "in\"},\"y\":{\"default\":null},"                                                              \
    "\"map\":{\"additionalProperties\":{\"type\":\"integer\"}},\"free\":{}}}"

/* Readers accept all of these documents. */
static void a_writer_keeps_to_what_is_declared(void **state) {
    (void)state;
    static const struct judged cases[] = {
        {SAMPLE_SCHEMA, "{\"x\":{\"a\":1,\"b\":null},\"map\":{\"q\":1},\"free\":{\"z\":1}}", NULL},
        {SAMPLE_SCHEMA, "{\"x\":null,\"y\":1,\"map\":{},\"free\":1}", NULL},
        {SAMPLE_SCHEMA, "{\"x\":null,\"map\":{}}",
         "\"free\" is missing but declared in the schema"},
        {SAMPLE_SCHEMA, "{\"x\":{\"a\":1},\"map\":{},\"free\":1}",
         "x: \"b\" is missing but declared in the schema"},
        {SAMPLE_SCHEMA, "{\"x\":{\"a\":1,\"b\":1,\"bb\":1},\"map\":{},\"free\":1}",
         "x.bb: unknown field; did you mean \"b\"?"},
        {SAMPLE_SCHEMA, "{\"x\":null,\"map\":{},\"free\":1,\"other\":1}", "other: unknown field"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reason reason = {.text = ""};
        cJSON *schema = parse(cases[i].schema), *document = parse(cases[i].document);
        assert_true(schema_check(schema, NULL, document, "", &reason));
        bool fine = schema_check_strict(schema, NULL, document, "", &reason);
        assert_int_equal(fine, cases[i].reason == NULL);
        if (!fine) assert_string_equal(reason.text, cases[i].reason);
        cJSON_Delete(document);
        cJSON_Delete(schema);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types),
        cmocka_unit_test(several_types),
        cmocka_unit_test(enum_and_const),
        cmocka_unit_test(limits),
        cmocka_unit_test(objects),
        cmocka_unit_test(paths_lead_to_the_fault),
        cmocka_unit_test(one_of_is_exactly_one),
        cmocka_unit_test(references),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(long_keys_are_cut_not_overrun),
        cmocka_unit_test(objects_of_too_many_fields_are_refused),
        cmocka_unit_test(annotations_say_nothing),
        cmocka_unit_test(what_is_not_understood_is_not_ignored),
        cmocka_unit_test(the_nearest_word_is_the_likeliest),
        cmocka_unit_test(a_writer_keeps_to_what_is_declared),
        cmocka_unit_test(all_schema_files_are_understood),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
