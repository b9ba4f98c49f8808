#include "include/ckernels_tiff.h"

#include <stdint.h>
#include <string.h>

#include "wide.h"

// Numbers anywhere in memory.
typedef struct __attribute__((packed)) { uint16_t value; } any16;
typedef struct __attribute__((packed)) { uint32_t value; } any32;

// MARK: Bands

enum { CHUNK = 512 };

// With a constant number of bands the compiler turns these loops into shuffles of registers.
#define SPLIT(TYPE)                                                                                              \
    INLINE void split_##TYPE(const TYPE *restrict from, size_t count, size_t bands, uint8_t *into, size_t plane) { \
        for (size_t start = 0; start < count; start += CHUNK) {                                                  \
            const size_t end = count - start < CHUNK ? count : start + CHUNK;                                    \
            for (size_t band = 0; band < bands; band++) {                                                        \
                TYPE *restrict to = (TYPE *)(into + band * plane);                                               \
                for (size_t at = start; at < end; at++) to[at] = from[at * bands + band];                        \
            }                                                                                                    \
        }                                                                                                        \
    }
SPLIT(uint8_t)
SPLIT(any16)
SPLIT(any32)

#define SPLIT_BY_BANDS(TYPE)                                                   \
    switch (bands) {                                                           \
    case 3: split_##TYPE((const TYPE *)pixels, count, 3, into, plane); break;  \
    case 4: split_##TYPE((const TYPE *)pixels, count, 4, into, plane); break;  \
    case 8: split_##TYPE((const TYPE *)pixels, count, 8, into, plane); break;  \
    default: split_##TYPE((const TYPE *)pixels, count, bands, into, plane);    \
    }

WIDE void ckernels_split_bands(const void *pixels, size_t count, size_t bands, size_t bytes, void *into, size_t plane) {
    if (bands == 1) {
        memcpy(into, pixels, count * bytes);
    } else if (bytes == 1) {
        SPLIT_BY_BANDS(uint8_t)
    } else if (bytes == 2) {
        SPLIT_BY_BANDS(any16)
    } else {
        SPLIT_BY_BANDS(any32)
    }
}

// MARK: Byte order

WIDE void ckernels_swap_bytes(void *numbers, size_t count, size_t bytes) {
    if (bytes == 2) {
        any16 *each = numbers;
        for (size_t at = 0; at < count; at++) each[at].value = __builtin_bswap16(each[at].value);
    } else if (bytes == 4) {
        any32 *each = numbers;
        for (size_t at = 0; at < count; at++) each[at].value = __builtin_bswap32(each[at].value);
    }
}

// MARK: Predictors

void ckernels_undo_differences(void *row, size_t count, size_t bands, size_t bytes) {
    if (bytes == 1) {
        uint8_t *each = row;
        for (size_t at = bands; at < count; at++) each[at] = (uint8_t)(each[at] + each[at - bands]);
    } else if (bytes == 2) {
        any16 *each = row;
        for (size_t at = bands; at < count; at++) each[at].value = (uint16_t)(each[at].value + each[at - bands].value);
    } else {
        any32 *each = row;
        for (size_t at = bands; at < count; at++) each[at].value += each[at - bands].value;
    }
}

void ckernels_undo_float_differences(void *row, size_t count, size_t bands, void *spare) {
    uint8_t *bytes = row, *highest_first = spare;
    for (size_t at = bands; at < 4 * count; at++) bytes[at] = (uint8_t)(bytes[at] + bytes[at - bands]);
    memcpy(highest_first, bytes, 4 * count);
    any32 *numbers = row;
    for (size_t at = 0; at < count; at++) {
        numbers[at].value = (uint32_t)highest_first[at] << 24 | (uint32_t)highest_first[count + at] << 16 |
                            (uint32_t)highest_first[2 * count + at] << 8 | highest_first[3 * count + at];
    }
}

#define JOIN(TYPE)                                                                                                   \
    INLINE void join_##TYPE(const uint8_t *row, size_t plane, size_t columns, size_t bands, TYPE *restrict into) {    \
        for (size_t band = 0; band < bands; band++) into[band] = ((const TYPE *)(row + band * plane))[0];            \
        for (size_t at = 1; at < columns; at++) {                                                                    \
            for (size_t band = 0; band < bands; band++) {                                                            \
                const TYPE *from = (const TYPE *)(row + band * plane);                                               \
                into[at * bands + band] = DIFFERENCE_##TYPE(from[at], from[at - 1]);                                 \
            }                                                                                                        \
        }                                                                                                            \
    }
#define DIFFERENCE_uint8_t(a, b) (uint8_t)((a) - (b))
#define DIFFERENCE_any16(a, b) (any16){(uint16_t)((a).value - (b).value)}
JOIN(uint8_t)
JOIN(any16)

#define JOIN_BY_BANDS(TYPE)                                                         \
    switch (bands) {                                                                \
    case 1: join_##TYPE(row, plane, columns, 1, into); break;                       \
    case 3: join_##TYPE(row, plane, columns, 3, into); break;                       \
    case 4: join_##TYPE(row, plane, columns, 4, into); break;                       \
    default: join_##TYPE(row, plane, columns, bands, into);                         \
    }

WIDE void ckernels_interleave_differences(
    const void *row, size_t plane, size_t columns, size_t bands, size_t bytes, void *into) {
    if (bytes == 1) {
        JOIN_BY_BANDS(uint8_t)
    } else {
        JOIN_BY_BANDS(any16)
    }
}
