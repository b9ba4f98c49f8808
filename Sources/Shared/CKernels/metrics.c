#include "include/ckernels_metrics.h"

#include <math.h>
#include <string.h>

#include "wide.h"

typedef uint8_t bytes32 __attribute__((vector_size(32), aligned(1)));
typedef int8_t flags32 __attribute__((vector_size(32)));
typedef uint16_t words32 __attribute__((vector_size(64)));

// MARK: Masks

INLINE uint64_t sum(const bytes32 *counts) {
    uint64_t total = 0;
    for (int lane = 0; lane < 32; lane++) total += (*counts)[lane];
    return total;
}

/// Counts in 32 bytes that each hold at most 255, so that 255 · 32 pixels are counted between two sums.
WIDE static size_t count_blocks(
    const uint8_t *prediction, const uint8_t *truth, size_t count, int32_t ignored, ckernels_mask_counts *counts) {
    const bytes32 zero = {0};
    const bytes32 code = zero + (uint8_t)ignored;
    // Without a code to ignore nothing may equal it.
    const flags32 has_code = (flags32)(zero - (uint8_t)(ignored >= 0 && ignored <= 255 ? 1 : 0));
    size_t at = 0;
    while (at + 32 <= count) {
        const size_t blocks = (count - at) / 32 < 255 ? (count - at) / 32 : 255;
        bytes32 counted = zero, both = zero, predicted = zero, actual = zero;
        for (size_t block = 0; block < blocks; block++, at += 32) {
            const bytes32 p = *(const bytes32 *)(prediction + at), t = *(const bytes32 *)(truth + at);
            const flags32 valid = ~((flags32)(t == code) & has_code);
            const flags32 is_predicted = (flags32)(p != zero) & valid, is_actual = (flags32)(t != zero) & valid;
            counted -= (bytes32)valid;
            predicted -= (bytes32)is_predicted;
            actual -= (bytes32)is_actual;
            both -= (bytes32)(is_predicted & is_actual);
        }
        counts->counted += sum(&counted);
        counts->both += sum(&both);
        counts->predicted += sum(&predicted);
        counts->truth += sum(&actual);
    }
    return at;
}

ckernels_mask_counts ckernels_count_masks(const uint8_t *prediction, const uint8_t *truth, size_t count, int32_t ignored) {
    ckernels_mask_counts counts = {0, 0, 0, 0};
    for (size_t at = count_blocks(prediction, truth, count, ignored, &counts); at < count; at++) {
        if ((int32_t)truth[at] == ignored) continue;
        counts.counted++;
        counts.predicted += prediction[at] != 0;
        counts.truth += truth[at] != 0;
        counts.both += prediction[at] != 0 && truth[at] != 0;
    }
    return counts;
}

// MARK: Classes

enum { TABLES = 8, PIECE = 4096 };

/// truth · width + prediction of each pixel, both kept below `width`; counts truths that are no class and not ignored.
WIDE static uint64_t pair_up(
    const uint8_t *prediction, const uint8_t *truth, size_t count, int32_t classes, int32_t ignored, uint16_t *pairs) {
    const bytes32 limit = (bytes32){0} + (uint8_t)classes;
    const bytes32 code = (bytes32){0} + (uint8_t)(ignored < 0 ? classes : ignored);
    const words32 width = (words32){0} + (uint16_t)(classes + 1);
    const int has_code = ignored >= 0 && ignored <= 255;
    uint64_t strange = 0;
    size_t at = 0;
    bytes32 wrong = {0};
    for (; at + 32 <= count; at += 32) {
        const bytes32 t = *(const bytes32 *)(truth + at), p = *(const bytes32 *)(prediction + at);
        const bytes32 is_code = has_code ? (bytes32)(t == code) : (bytes32){0};
        wrong -= (bytes32)(t >= limit) & ~is_code;
        const bytes32 is_row = (bytes32)(t < limit) & ~is_code, is_column = (bytes32)(p < limit);
        const bytes32 row = (t & is_row) | (limit & ~is_row), column = (p & is_column) | (limit & ~is_column);
        const words32 pair = __builtin_convertvector(row, words32) * width
            + __builtin_convertvector(column, words32);
        memcpy(pairs + at, &pair, sizeof pair);
    }
    strange += sum(&wrong);
    for (; at < count; at++) {
        const int is_code = has_code && truth[at] == ignored;
        strange += !is_code && truth[at] >= classes;
        const int32_t row = is_code || truth[at] >= classes ? classes : truth[at];
        pairs[at] = (uint16_t)(row * (classes + 1) + (prediction[at] >= classes ? classes : prediction[at]));
    }
    return strange;
}

/// Eight tables in turn: an addition to a place need not wait for the one before it to reach memory.
static void tally(const uint16_t *pairs, size_t count, size_t size, uint32_t *tables) {
    uint32_t *t[TABLES];
    for (size_t table = 0; table < TABLES; table++) t[table] = tables + table * size;
    size_t at = 0;
    for (; at + 8 <= count; at += 8) {
        uint64_t low, high;
        memcpy(&low, pairs + at, 8);
        memcpy(&high, pairs + at + 4, 8);
        t[0][low & 0xffff]++;
        t[1][high & 0xffff]++;
        t[2][low >> 16 & 0xffff]++;
        t[3][high >> 16 & 0xffff]++;
        t[4][low >> 32 & 0xffff]++;
        t[5][high >> 32 & 0xffff]++;
        t[6][low >> 48]++;
        t[7][high >> 48]++;
    }
    for (; at < count; at++) t[0][pairs[at]]++;
}

/// Room for the tables of so few classes lies on the stack; more of them are counted one by one.
enum { FEW = 63 };

uint64_t ckernels_count_classes(
    const uint8_t *prediction, const uint8_t *truth, size_t count, int32_t classes, int32_t ignored, uint64_t *table) {
    const size_t size = (size_t)(classes + 1) * (size_t)(classes + 1);
    uint16_t pairs[PIECE];
    uint32_t tables[TABLES * (FEW + 1) * (FEW + 1)];
    uint64_t strange = 0;
    size_t at = 0;
    while (at < count) {
        // Below 2³² even where all pixels are of one pair.
        const size_t end = count - at > (size_t)1 << 30 ? at + ((size_t)1 << 30) : count;
        if (classes <= FEW) memset(tables, 0, TABLES * size * sizeof *tables);
        while (at < end) {
            const size_t piece = end - at < PIECE ? end - at : PIECE;
            strange += pair_up(prediction + at, truth + at, piece, classes, ignored, pairs);
            if (classes <= FEW) {
                tally(pairs, piece, size, tables);
            } else {
                for (size_t place = 0; place < piece; place++) table[pairs[place]]++;
            }
            at += piece;
        }
        if (classes <= FEW) {
            for (size_t place = 0; place < TABLES * size; place++) table[place % size] += tables[place];
        }
    }
    return strange;
}
