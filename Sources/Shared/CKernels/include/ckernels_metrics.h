#pragma once

#include <stddef.h>
#include <stdint.h>

// MARK: Counting

/// What two masks have in common; what is ignored is in none of these.
typedef struct {
    uint64_t counted, both, predicted, truth;
} ckernels_mask_counts;

/// Compares two masks in which anything but 0 is positive. Where truth is `ignored` (0 … 255; −1: nowhere) nothing is counted.
ckernels_mask_counts ckernels_count_masks(const uint8_t *prediction, const uint8_t *truth, size_t count, int32_t ignored);

/// Adds up pairs of classes: `table[truth * (classes + 1) + prediction]`, for 1 … 255 classes. The last row holds what is
/// ignored; the last column, predictions that are no class. Returns how many truths are neither a class nor ignored; they
/// are in the last row too.
uint64_t ckernels_count_classes(
    const uint8_t *prediction, const uint8_t *truth, size_t count, int32_t classes, int32_t ignored, uint64_t *table);

// MARK: Ranking

/// Where the scores of one class lie: element i at scores[i * stride], its truth (anything but 0: positive) at labels[i * stride].
typedef struct {
    const float *scores;
    const uint8_t *labels;
    size_t count, stride;
} ckernels_column;

/// Sorts a column by falling score, by radix: equal scores keep their order, −0 is 0. `scratch` has room for 2 · count words.
/// A word: the score's order-preserving bits << 32 | index << 1 | positive. Returns where the sorted words are, or NULL if a
/// score is not a number (`*bad` says which one). count < 2³¹.
const uint64_t *ckernels_rank(ckernels_column column, uint64_t *scratch, size_t *bad);

/// What remains of sorted words for scoring: group << 2 | last of equal scores << 1 | positive, where an element's group is
/// groups[index / divisor], or index / divisor without groups. Groups < 2³⁰.
void ckernels_compact(const uint64_t *words, size_t count, const uint32_t *groups, size_t divisor, uint32_t *entries);

/// Average precision of sorted words: Σ precision at each positive's score ÷ positives; NaN without a positive.
double ckernels_average_precision(const uint64_t *words, size_t count);

enum { CKERNELS_LANES = 16 };

/// Average precision under 16 sets of weights at once: weights[group * 16 + lane]. NaN in a lane whose positives weigh nothing.
void ckernels_weighted_precision(const uint32_t *entries, size_t count, const uint8_t *weights, double *results);

/// Draws `groups` of `groups` with replacement for resamples first … first + 15: how often each was drawn, at most 255,
/// into weights[group * 16 + lane]. A resample depends on seed and its number alone.
void ckernels_draw(uint64_t seed, uint64_t first, uint32_t groups, uint8_t *weights);

/// Average precision of each row of (rows, columns); NaN in rows without a positive. Returns the first element that is not a
/// number, or rows · columns.
size_t ckernels_row_precision(const float *scores, const uint8_t *labels, size_t rows, size_t columns, double *results);
