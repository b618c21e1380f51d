/* nearest.c - edit distance to known words; see nearest.h. */
#include "bench/support/nearest.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WORD_MAX 64

/* Edit distance (Levenshtein); SIZE_MAX if a word has more than WORD_MAX characters. */
static size_t distance(const char *a, const char *b) {
    size_t row[WORD_MAX + 1], a_length = strlen(a), b_length = strlen(b);
    if (a_length > WORD_MAX || b_length > WORD_MAX) return SIZE_MAX;
    for (size_t j = 0; j <= b_length; j++) row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b_length];
}

const char *nearest_word(const char *word, const char *const *candidates) {
    const char *nearest = NULL;
    size_t limit = strlen(word) / 3 + 1;
    for (; *candidates; candidates++) {
        size_t d = distance(word, *candidates);
        if (d > limit) continue;
        nearest = *candidates;
        limit = d - (d > 0);
        if (!d) break;
    }
    return nearest;
}
