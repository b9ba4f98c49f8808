#include "include/ckernels.h"

#include <string.h>

// The same code for wider registers where the machine has them; no contraction, so that the bits are the same.
#if defined(__x86_64__) && defined(__linux__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

#define INLINE static inline __attribute__((always_inline))

typedef float f4 __attribute__((vector_size(16)));
typedef float f8 __attribute__((vector_size(32)));

enum { STEPS = 1024, WIDTH = 8 };

INLINE void weights_at(const float *table, float fraction, float *weights) {
    const float place = fraction * STEPS;
    int index = (int)place;
    if (index >= STEPS) index = STEPS - 1;
    f8 low, high;
    memcpy(&low, table + (size_t)index * WIDTH, sizeof low);
    memcpy(&high, table + (size_t)(index + 1) * WIDTH, sizeof high);
    low += (high - low) * (place - (float)index);
    memcpy(weights, &low, sizeof low);
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

/// The first pixel that has weight and the weights, of a pixel that can be done here.
INLINE uint8_t place(const ckernels_source *source, double x, double y, int taps, const float *table, size_t *first,
                     float *across, float *down) {
    if (!(x >= 0 && y >= 0 && x < source->width && y < source->height)) return CKERNELS_OUTSIDE;
    const size_t width = (size_t)source->width;
    if (!source->mask[(size_t)y * width + (size_t)x]) return CKERNELS_OUTSIDE;
    // Eight numbers are read where six count.
    const int before = taps / 2 - 1, reads = taps == 4 ? 4 : 8;
    // floor(x − 0.5) of what is not negative.
    const int32_t floor_x = (int32_t)(x + 0.5) - 1, floor_y = (int32_t)(y + 0.5) - 1;
    const int32_t left = floor_x - before, top = floor_y - before;
    *first = (size_t)top * width + (size_t)left;
    if (left < 0 || top < 0 || left + reads > source->width || top + taps > source->height ||
        !all_valid(source->mask + *first, width, taps))
        return CKERNELS_EDGE;
    weights_at(table, (float)(x - 0.5 - floor_x), across);
    weights_at(table, (float)(y - 0.5 - floor_y), down);
    return CKERNELS_DONE;
}

/// The four lanes of four sums each, added: (a0+a1)+(a2+a3), the same of b, c and d.
INLINE f4 add_lanes(f4 a, f4 b, f4 c, f4 d) {
    const f4 ab = __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7);
    const f4 cd = __builtin_shufflevector(c, d, 0, 2, 4, 6) + __builtin_shufflevector(c, d, 1, 3, 5, 7);
    return __builtin_shufflevector(ab, cd, 0, 2, 4, 6) + __builtin_shufflevector(ab, cd, 1, 3, 5, 7);
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
