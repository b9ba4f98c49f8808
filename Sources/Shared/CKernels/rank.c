#include "include/ckernels_metrics.h"

#include <math.h>
#include <string.h>

#include "wide.h"

// MARK: Sorting

/// Bits that are the smaller the greater the score, so that rising order ranks; −0 is 0.
INLINE uint32_t falling_key(float score) {
    const float value = score + 0.0f;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 31 ? bits : ~(bits | 0x80000000u);
}

enum { DIGITS = 3, BITS = 11, SIZE = 1 << BITS };

const uint64_t *ckernels_rank(ckernels_column column, uint64_t *scratch, size_t *bad) {
    const size_t count = column.count;
    size_t starts[DIGITS][SIZE];
    memset(starts, 0, sizeof starts);
    for (size_t at = 0; at < count; at++) {
        const float score = column.scores[at * column.stride];
        if (score != score) {
            *bad = at;
            return NULL;
        }
        const uint32_t key = falling_key(score);
        scratch[at] = (uint64_t)key << 32 | (uint64_t)at << 1 | (column.labels[at * column.stride] != 0);
        for (int digit = 0; digit < DIGITS; digit++) starts[digit][key >> (digit * BITS) & (SIZE - 1)]++;
    }
    uint64_t *from = scratch, *to = scratch + count;
    for (int digit = 0; digit < DIGITS; digit++) {
        const int shift = 32 + digit * BITS;
        size_t *place = starts[digit], start = 0;
        // A digit that all scores share leaves the order as it is.
        if (count > 0 && place[from[0] >> shift & (SIZE - 1)] == count) continue;
        for (int value = 0; value < SIZE; value++) {
            const size_t here = place[value];
            place[value] = start;
            start += here;
        }
        for (size_t at = 0; at < count; at++) to[place[from[at] >> shift & (SIZE - 1)]++] = from[at];
        uint64_t *const other = from;
        from = to;
        to = other;
    }
    return from;
}

void ckernels_compact(const uint64_t *words, size_t count, const uint32_t *groups, size_t divisor, uint32_t *entries) {
    for (size_t at = 0; at < count; at++) {
        const size_t element = ((uint32_t)words[at] >> 1) / divisor;
        const uint32_t group = groups ? groups[element] : (uint32_t)element;
        const uint32_t is_last = at + 1 == count || words[at + 1] >> 32 != words[at] >> 32;
        entries[at] = group << 2 | is_last << 1 | (uint32_t)(words[at] & 1);
    }
}

// MARK: Average precision

double ckernels_average_precision(const uint64_t *words, size_t count) {
    size_t positives = 0, before = 0;
    // Neumaier's sum: the result is that of exact addition, to the last bit or the one before.
    double total = 0, error = 0;
    for (size_t at = 0; at < count; at++) {
        positives += words[at] & 1;
        if (positives == before || (at + 1 < count && words[at + 1] >> 32 == words[at] >> 32)) continue;
        const double gain = (double)(positives - before) * (double)positives / (double)(at + 1);
        const double next = total + gain;
        error += total >= gain ? (total - next) + gain : (gain - next) + total;
        total = next;
        before = positives;
    }
    return positives == 0 ? NAN : (total + error) / (double)positives;
}

typedef uint8_t weights16 __attribute__((vector_size(16), aligned(1)));
typedef uint32_t counts16 __attribute__((vector_size(64)));
typedef double doubles16 __attribute__((vector_size(128)));

WIDE void ckernels_weighted_precision(const uint32_t *entries, size_t count, const uint8_t *weights, double *results) {
    counts16 all = {0}, positive = {0}, before = {0};
    doubles16 total = {0};
    int has_gain = 0;
    for (size_t at = 0; at < count; at++) {
        const uint32_t entry = entries[at];
        const counts16 weight = __builtin_convertvector(*(const weights16 *)(weights + (size_t)(entry >> 2) * 16), counts16);
        all += weight;
        if (entry & 1) {
            positive += weight;
            has_gain = 1;
        }
        if (!(entry & 2) || !has_gain) continue;
        // Where nothing was drawn yet, 0 of 1 is 0 of 0 without the NaN.
        const counts16 some = all + (counts16)((all == 0) & 1);
        total += __builtin_convertvector(positive - before, doubles16) * __builtin_convertvector(positive, doubles16)
            / __builtin_convertvector(some, doubles16);
        before = positive;
        has_gain = 0;
    }
    for (int lane = 0; lane < CKERNELS_LANES; lane++)
        results[lane] = positive[lane] == 0 ? NAN : total[lane] / (double)positive[lane];
}

// MARK: Resamples

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
INLINE uint64_t draw(uint64_t *state) {
    uint64_t value = *state += 0x9e3779b97f4a7c15u;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

void ckernels_draw(uint64_t seed, uint64_t first, uint32_t groups, uint8_t *weights) {
    memset(weights, 0, (size_t)groups * CKERNELS_LANES);
    // Lemire's bounded draw: what falls below the threshold would favour some groups.
    const uint32_t threshold = groups == 0 ? 0 : (uint32_t)(-groups) % groups;
    for (uint32_t lane = 0; lane < CKERNELS_LANES; lane++) {
        uint64_t mixed = seed;
        uint64_t state = draw(&mixed) ^ (first + lane) * 0xd1342543de82ef95u;
        state = draw(&state);
        for (uint32_t drawn = 0; drawn < groups;) {
            const uint64_t product = (draw(&state) >> 32) * groups;
            if ((uint32_t)product < threshold) continue;
            uint8_t *weight = weights + (product >> 32) * CKERNELS_LANES + lane;
            *weight += *weight < 255;
            drawn++;
        }
    }
}

// MARK: Rows

/// A positive's precision is that of all elements that score no less: few columns need no sorting.
static double row(const float *scores, const uint8_t *labels, size_t columns) {
    size_t positives = 0;
    double total = 0;
    for (size_t at = 0; at < columns; at++) {
        if (labels[at] == 0) continue;
        size_t reached = 0, found = 0;
        for (size_t other = 0; other < columns; other++) {
            const int is_reached = scores[other] >= scores[at];
            reached += (size_t)is_reached;
            found += (size_t)(is_reached & (labels[other] != 0));
        }
        total += (double)found / (double)reached;
        positives++;
    }
    return positives == 0 ? NAN : total / (double)positives;
}

size_t ckernels_row_precision(const float *scores, const uint8_t *labels, size_t rows, size_t columns, double *results) {
    for (size_t at = 0; at < rows * columns; at++) {
        if (scores[at] != scores[at]) return at;
    }
    for (size_t at = 0; at < rows; at++) results[at] = row(scores + at * columns, labels + at * columns, columns);
    return rows * columns;
}
