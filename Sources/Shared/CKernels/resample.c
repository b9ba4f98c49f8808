#include "include/ckernels.h"

#include <string.h>

// The same code for wider registers where the machine has them; no contraction, so that the bits are the same.
#if defined(__x86_64__) && defined(__linux__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

typedef float f4 __attribute__((vector_size(16)));
typedef uint16_t u4 __attribute__((vector_size(8)));
typedef float f8 __attribute__((vector_size(32)));
typedef uint16_t u8 __attribute__((vector_size(16)));

enum { STEPS = 1024, WIDTH = 8 };

#define INLINE static inline __attribute__((always_inline))

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

INLINE uint16_t to_pixel(float value, int32_t nodata) {
    // Half away from 0 and clamped, as everywhere in Raster.
    int32_t whole = value <= 0 ? 0 : value >= 65535.0f ? 65535 : (int32_t)(value + 0.5f);
    if (whole == nodata) whole = whole == 65535 ? 65534 : whole + 1;
    return (uint16_t)whole;
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

/// The four lanes of four sums each, added: (a0+a1)+(a2+a3), the same of b, c and d.
INLINE f4 add_lanes(f4 a, f4 b, f4 c, f4 d) {
    const f4 ab = __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7);
    const f4 cd = __builtin_shufflevector(c, d, 0, 2, 4, 6) + __builtin_shufflevector(c, d, 1, 3, 5, 7);
    return __builtin_shufflevector(ab, cd, 0, 2, 4, 6) + __builtin_shufflevector(ab, cd, 1, 3, 5, 7);
}

INLINE f4 weighted(const uint16_t *first, size_t width, f4 across, const float *down) {
    f4 sum = {0, 0, 0, 0};
    for (int row = 0; row < 4; row++, first += width) {
        u4 values;
        memcpy(&values, first, sizeof values);
        sum += __builtin_convertvector(values, f4) * down[row];
    }
    return sum * across;
}

/// Four bands of one pixel at once: the same numbers as `four` gives for each.
INLINE f4 four_bands(const uint16_t *first, size_t plane, size_t width, const float *across, const float *down) {
    f4 weights;
    memcpy(&weights, across, sizeof weights);
    return add_lanes(weighted(first, width, weights, down), weighted(first + plane, width, weights, down),
                     weighted(first + 2 * plane, width, weights, down), weighted(first + 3 * plane, width, weights, down));
}

INLINE float four(const uint16_t *first, size_t width, const float *across, const float *down) {
    f4 weights;
    memcpy(&weights, across, sizeof weights);
    const f4 sum = weighted(first, width, weights, down);
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

INLINE float six(const uint16_t *first, size_t width, const float *across, const float *down) {
    f8 sum = {0, 0, 0, 0, 0, 0, 0, 0};
    for (int row = 0; row < 6; row++, first += width) {
        u8 values;
        memcpy(&values, first, sizeof values);
        sum += __builtin_convertvector(values, f8) * down[row];
    }
    f8 weights;
    memcpy(&weights, across, sizeof weights);
    sum *= weights;
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + (sum[4] + sum[5]);
}

WIDE void ckernels_interpolate(ckernels_source source, const double *x, const double *y, const float *table, int taps,
                               int32_t nodata, ckernels_row row, uint8_t *state) {
    const size_t width = (size_t)source.width, plane = width * (size_t)source.height;
    const int before = taps / 2 - 1;
    // Eight numbers are read where six count.
    const int reads = taps == 4 ? 4 : 8;
    for (int32_t at = 0; at < row.count; at++) {
        state[at] = CKERNELS_OUTSIDE;
        if (!(x[at] >= 0 && y[at] >= 0 && x[at] < source.width && y[at] < source.height)) continue;
        const size_t nearest = (size_t)y[at] * width + (size_t)x[at];
        if (!source.mask[nearest]) continue;
        // floor(x − 0.5) of what is not negative.
        const int32_t floor_x = (int32_t)(x[at] + 0.5) - 1, floor_y = (int32_t)(y[at] + 0.5) - 1;
        const int32_t left = floor_x - before, top = floor_y - before;
        const size_t first = (size_t)top * width + (size_t)left;
        if (left < 0 || top < 0 || left + reads > source.width || top + taps > source.height ||
            !all_valid(source.mask + first, width, taps)) {
            state[at] = CKERNELS_EDGE;
            continue;
        }
        float across[WIDTH], down[WIDTH];
        weights_at(table, (float)(x[at] - 0.5 - floor_x), across);
        weights_at(table, (float)(y[at] - 0.5 - floor_y), down);
        const uint16_t *pixels = source.pixels + first;
        int32_t band = 0;
        for (; taps == 4 && band + 4 <= source.bands; band += 4, pixels += 4 * plane) {
            const f4 values = four_bands(pixels, plane, width, across, down);
            for (int lane = 0; lane < 4; lane++)
                row.pixels[(size_t)(band + lane) * row.plane + (size_t)at] = to_pixel(values[lane], nodata);
        }
        for (; band < source.bands; band++, pixels += plane) {
            const float value = taps == 4 ? four(pixels, width, across, down) : six(pixels, width, across, down);
            row.pixels[(size_t)band * row.plane + (size_t)at] = to_pixel(value, nodata);
        }
        row.mask[at] = 1;
        state[at] = CKERNELS_DONE;
    }
}

WIDE void ckernels_mask(const uint16_t *pixels, size_t plane, int32_t bands, uint16_t nodata, size_t count, uint8_t *mask) {
    memset(mask, 1, count);
    for (int32_t band = 0; band < bands; band++, pixels += plane)
        for (size_t at = 0; at < count; at++) mask[at] &= (uint8_t)(pixels[at] != nodata);
}
