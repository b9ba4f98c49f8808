#include "include/ckernels.h"

#include <string.h>

#include "wide.h"

typedef float f4 __attribute__((vector_size(16)));
typedef float f8 __attribute__((vector_size(32)));

/// Pixels of a row that are done at once, and weights of one.
enum { STEPS = 1024, WIDTH = 8, BLOCK = 8 };

/// Where the pixels of a block lie in the source, and what they weigh there.
typedef struct {
    /// CKERNELS_… of each, and how many are done here.
    uint8_t state[BLOCK];
    int32_t done;
    /// The first source pixel that has weight.
    size_t first[BLOCK];
    float across[BLOCK][WIDTH], down[BLOCK][WIDTH];
} places;

INLINE void weights_at(const float *table, float fraction, int taps, float *weights) {
    const float place = fraction * STEPS;
    int index = (int)place;
    if (index >= STEPS) index = STEPS - 1;
    const float *low = table + (size_t)index * WIDTH, *high = low + WIDTH, part = place - (float)index;
    if (taps == 4) {
        f4 one, other;
        memcpy(&one, low, sizeof one);
        memcpy(&other, high, sizeof other);
        one += (other - one) * part;
        memcpy(weights, &one, sizeof one);
    } else {
        f8 one, other;
        memcpy(&one, low, sizeof one);
        memcpy(&other, high, sizeof other);
        one += (other - one) * part;
        memcpy(weights, &one, sizeof one);
    }
}

INLINE int all_valid(const uint8_t *mask, size_t width, int taps) {
    if (taps == 4) {
        uint32_t all = 0x01010101u, part;
        for (int row = 0; row < 4; row++, mask += width) {
            memcpy(&part, mask, sizeof part);
            all &= part;
        }
        return all == 0x01010101u;
    }
    uint64_t all = 0x010101010101u, part;
    for (int row = 0; row < 6; row++, mask += width) {
        part = 0;
        memcpy(&part, mask, 6);
        all &= part;
    }
    return all == 0x010101010101u;
}

/// The places of up to a block of pixels; those beyond `count` are outside.
INLINE void find(const ckernels_source *source, const double *x, const double *y, int32_t count, int taps, const float *table,
                 places *at) {
    const size_t width = (size_t)source->width;
    // Eight numbers are read where six count.
    const int before = taps / 2 - 1, reads = taps == 4 ? 4 : 8;
    at->done = 0;
    for (int32_t pixel = 0; pixel < BLOCK; pixel++) {
        at->state[pixel] = CKERNELS_OUTSIDE;
        if (pixel >= count || !(x[pixel] >= 0 && y[pixel] >= 0 && x[pixel] < source->width && y[pixel] < source->height))
            continue;
        // floor(x − 0.5) of what is not negative.
        const int32_t floor_x = (int32_t)(x[pixel] + 0.5) - 1, floor_y = (int32_t)(y[pixel] + 0.5) - 1;
        const int32_t left = floor_x - before, top = floor_y - before;
        const size_t first = (size_t)top * width + (size_t)left;
        if (left < 0 || top < 0 || left + reads > source->width || top + taps > source->height ||
            !all_valid(source->mask + first, width, taps)) {
            if (source->mask[(size_t)y[pixel] * width + (size_t)x[pixel]]) at->state[pixel] = CKERNELS_EDGE;
            continue;
        }
        at->first[pixel] = first;
        weights_at(table, (float)(x[pixel] - 0.5 - floor_x), taps, at->across[pixel]);
        weights_at(table, (float)(y[pixel] - 0.5 - floor_y), taps, at->down[pixel]);
        at->state[pixel] = CKERNELS_DONE;
        at->done++;
    }
}

/// The four lanes of four sums each, added: (a0+a1)+(a2+a3), the same of b, c and d; a and b, c and d come together.
INLINE f4 add_lanes(const f8 *ab, const f8 *cd) {
    const f8 pairs = __builtin_shufflevector(*ab, *cd, 0, 2, 8, 10, 4, 6, 12, 14) +
                     __builtin_shufflevector(*ab, *cd, 1, 3, 9, 11, 5, 7, 13, 15);
    // a01 a23 c01 c23 b01 b23 d01 d23
    return __builtin_shufflevector(pairs, pairs, 0, 4, 2, 6) + __builtin_shufflevector(pairs, pairs, 1, 5, 3, 7);
}

#define PIXEL uint8_t
#define NAME(x) x##_uint8
#define LEAST 0
#define MOST 255
#include "interpolate.h"

#define PIXEL uint16_t
#define NAME(x) x##_uint16
#define LEAST 0
#define MOST 65535
#include "interpolate.h"

#define PIXEL int16_t
#define NAME(x) x##_int16
#define LEAST -32768
#define MOST 32767
#include "interpolate.h"

#define PIXEL float
#define NAME(x) x##_float32
#define LEAST 0
#define MOST 0
#include "interpolate.h"

#define FOR_TYPE(type, call, ...)                                      \
    switch (type) {                                                    \
        case CKERNELS_UINT8: call##_uint8(__VA_ARGS__); break;         \
        case CKERNELS_UINT16: call##_uint16(__VA_ARGS__); break;       \
        case CKERNELS_INT16: call##_int16(__VA_ARGS__); break;         \
        case CKERNELS_FLOAT32: call##_float32(__VA_ARGS__); break;     \
    }

void ckernels_interpolate(ckernels_source source, const double *x, const double *y, const float *table, int taps, ckernels_row row,
                          uint8_t *state) {
    FOR_TYPE(source.type, interpolate, &source, x, y, table, taps, &row, state)
}

void ckernels_nearest(ckernels_source source, const double *x, const double *y, ckernels_row row) {
    FOR_TYPE(source.type, nearest, &source, x, y, &row)
}

void ckernels_mask(ckernels_source source, uint8_t *mask) { FOR_TYPE(source.type, mask, &source, mask) }
