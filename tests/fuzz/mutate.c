/* mutate.c - changes nodes of a JSON document, so that most inputs pass the parser and many pass
 * the schema. Invariant: the same data and seed give the same change. */
#include "base/rng.h"

#include "tests/fuzz/fuzz.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

static size_t count_nodes(const cJSON *node) {
    size_t count = 1;
    for (const cJSON *child = node->child; child; child = child->next) count += count_nodes(child);
    return count;
}

/* Finds the node number *index in document order, and its parent. NULL if there are fewer nodes;
 * *index is then reduced by their number. */
static cJSON *find_node(cJSON *node, cJSON *parent, size_t *index, cJSON **found_parent) {
    if ((*index)-- == 0) {
        *found_parent = parent;
        return node;
    }
    for (cJSON *child = node->child; child; child = child->next) {
        cJSON *found = find_node(child, node, index, found_parent);
        if (found) return found;
    }
    return NULL;
}

static cJSON *pick_node(cJSON *root, size_t nodes, struct rng *random, cJSON **parent) {
    size_t index = (size_t)rng_below(random, nodes);
    return find_node(root, NULL, &index, parent);
}

static cJSON *other_number(const cJSON *node, struct rng *random) {
    static const double numbers[] = {0,
                                     1,
                                     -1,
                                     0.5,
                                     1e-9,
                                     64,
                                     1000,
                                     65535,
                                     65536,
                                     1e6,
                                     2147483647,
                                     4294967296.0,
                                     0x1p53,
                                     0x1p53 + 2,
                                     1e18,
                                     1e300,
                                     1.7976931348623157e308};
    double old = cJSON_IsNumber(node) ? node->valuedouble : 1;
    switch (rng_below(random, 4)) {
    case 0:
        return cJSON_CreateNumber(old + 1);
    case 1:
        return cJSON_CreateNumber(old - 1);
    case 2:
        return cJSON_CreateNumber(old * 2);
    default:
        return cJSON_CreateNumber(numbers[rng_below(random, COUNT(numbers))]);
    }
}

static cJSON *other_text(struct rng *random) {
    static const char *const texts[] = {"",
                                        "a\nb",
                                        "\033[31m",
                                        "<script>\"'&",
                                        "../..",
                                        "*",
                                        "%s%n",
                                        "'; system('id'); '",
                                        "closed",
                                        "open",
                                        "churn",
                                        "epoll/closed/c1/d1/64B",
                                        "valid",
                                        "suspect",
                                        "invalid",
                                        "\xc3\xa9\xe2\x82\xac",
                                        "\xff",
                                        "epoll:a=b",
                                        "\xc2\x9b;m",
                                        "\xe2\x80\x8e",
                                        "::error ::a##[b]",
                                        "]]>"};
    char text[2001];
    if (rng_below(random, 8) != 0)
        return cJSON_CreateString(texts[rng_below(random, COUNT(texts))]);
    size_t size = (size_t)rng_below(random, sizeof text);
    memset(text, 'x', size);
    text[size] = '\0';
    return cJSON_CreateString(text);
}

/* A replacement for a node, mostly of the same type. */
static cJSON *other_node(cJSON *root, size_t nodes, const cJSON *node, struct rng *random) {
    cJSON *unused;
    switch (rng_below(random, 8)) {
    case 0:
        return cJSON_CreateNull();
    case 1:
        return rng_below(random, 2) ? cJSON_CreateArray() : cJSON_CreateObject();
    case 2:
    case 3:
        return cJSON_Duplicate(pick_node(root, nodes, random, &unused), true);
    default:
        if (cJSON_IsString(node)) return other_text(random);
        if (cJSON_IsBool(node)) return cJSON_CreateBool(cJSON_IsFalse(node));
        return other_number(node, random);
    }
}

static void change(cJSON *root, struct rng *random) {
    cJSON *parent = NULL, *node, *fresh;
    size_t nodes = count_nodes(root);
    node = pick_node(root, nodes, random, &parent);
    if (!parent) return;
    switch (rng_below(random, 6)) {
    case 0:
        cJSON_Delete(cJSON_DetachItemViaPointer(parent, node));
        break;
    case 1: /* duplicate: a second item, or a duplicate key */
        fresh = cJSON_Duplicate(node, true);
        if (cJSON_IsObject(parent))
            cJSON_AddItemToObject(parent, node->string, fresh);
        else
            cJSON_AddItemToArray(parent, fresh);
        break;
    default:
        fresh = other_node(root, nodes, node, random);
        if (cJSON_IsObject(parent)) {
            cJSON_AddItemToObject(parent, node->string, fresh);
            fresh = cJSON_DetachItemViaPointer(parent, fresh);
        }
        cJSON_ReplaceItemViaPointer(parent, node, fresh);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    struct rng random;
    rng_seed(&random, seed, 0);
    cJSON *root = rng_below(&random, 8) ? cJSON_ParseWithLength((const char *)data, size) : NULL;
    if (!root) return LLVMFuzzerMutate(data, size, max_size);
    for (uint64_t changes = 1 + rng_below(&random, 3); changes > 0; changes--)
        change(root, &random);
    char *text = cJSON_PrintUnformatted(root);
    cJSON_Delete(root);
    size_t length = text ? strlen(text) : 0;
    bool fits = text && length <= max_size;
    if (fits) memcpy(data, text, length); // NOLINT(bugprone-not-null-terminated-result): bytes
    cJSON_free(text);
    return fits ? length : LLVMFuzzerMutate(data, size, max_size);
}
