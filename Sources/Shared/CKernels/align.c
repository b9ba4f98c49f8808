#include "include/ckernels_align.h"

#include <math.h>
#include <string.h>

#include "wide.h"

typedef float f8 __attribute__((vector_size(32)));
typedef int32_t i8 __attribute__((vector_size(32)));

enum { LANES = 8, FEATHER = 4, BOX = 2 * FEATHER + 1 };

// Macros, because a vector as an argument would be a calling convention.
#define LOAD(from) ({ f8 lanes_; memcpy(&lanes_, (from), sizeof lanes_); lanes_; })
#define ADDED(v) ((((double)(v)[0] + (v)[1]) + ((double)(v)[2] + (v)[3])) + (((double)(v)[4] + (v)[5]) + ((double)(v)[6] + (v)[7])))
#define CHOSEN(where, yes, no) ((f8)(((i8)(yes) & (where)) | ((i8)(no) & ~(where))))
#define ABSOLUTE(v) ((f8)((i8)(v) & 0x7fffffff))

// MARK: Windows

WIDE void ckernels_window(ckernels_image image, int32_t row, int32_t column, int32_t side, float *window) {
    const int32_t first = column < 0 ? -column : 0;
    const int32_t room = image.width - column, end = room < side ? room : side;
    for (int32_t line = 0; line < side; line++, window += side) {
        const int32_t source = row + line;
        if (source < 0 || source >= image.height || first >= end) {
            memset(window, 0, (size_t)side * sizeof *window);
            continue;
        }
        const uint16_t *pixels = image.pixels + (ptrdiff_t)source * image.width + column;
        for (int32_t at = 0; at < first; at++) window[at] = 0;
        for (int32_t at = first; at < end; at++) window[at] = pixels[at];
        for (int32_t at = end; at < side; at++) window[at] = 0;
    }
}

WIDE int ckernels_usable(const float *first, const float *second, size_t count, uint8_t *valid) {
    uint8_t all = 1;
    for (size_t at = 0; at < count; at++) {
        valid[at] &= (uint8_t)((first[at] != 0) & (second[at] != 0));
        all &= valid[at];
    }
    return all;
}

/// Sums over 9 places of a line of numbers that lie `step` apart; the border repeats.
INLINE void box_line(const uint16_t *from, size_t step, int32_t side, uint16_t *to) {
    uint32_t sum = (uint32_t)from[0] * FEATHER;
    for (int32_t at = 0; at <= FEATHER; at++) sum += from[(size_t)at * step];
    for (int32_t at = 0; at < side; at++) {
        to[(size_t)at * step] = (uint16_t)sum;
        const int32_t next = at + FEATHER + 1 < side ? at + FEATHER + 1 : side - 1;
        const int32_t past = at - FEATHER > 0 ? at - FEATHER : 0;
        sum += from[(size_t)next * step];
        sum -= from[(size_t)past * step];
    }
}

/// The same down all columns at once.
INLINE void box_columns(const uint16_t *from, int32_t side, uint16_t *to) {
    for (int32_t row = 0; row < side; row++, to += side) {
        memset(to, 0, (size_t)side * sizeof *to);
        for (int32_t near = row - FEATHER; near <= row + FEATHER; near++) {
            const int32_t line = near < 0 ? 0 : near >= side ? side - 1 : near;
            const uint16_t *values = from + (size_t)line * (size_t)side;
            for (int32_t at = 0; at < side; at++) to[at] = (uint16_t)(to[at] + values[at]);
        }
    }
}

WIDE void ckernels_feather(const uint8_t *valid, int32_t side, const float *hann, uint16_t *scratch, float *weights) {
    const size_t count = (size_t)side * (size_t)side;
    uint16_t *const first = scratch, *const second = scratch + count;
    for (size_t at = 0; at < count; at++) first[at] = valid[at];
    for (int round = 0; round < 2; round++) {
        for (int32_t row = 0; row < side; row++)
            box_line(first + (size_t)row * (size_t)side, 1, side, second + (size_t)row * (size_t)side);
        box_columns(second, side, first);
    }
    // 9⁴ at most: whole numbers, so that no rounding depends on the order.
    const float half = BOX * BOX * BOX * BOX / 2.0f;
    for (size_t at = 0; at < count; at++) {
        const float over = ((float)first[at] - half) / half;
        weights[at] = valid[at] && over > 0 ? over * hann[at] : 0;
    }
}

WIDE float ckernels_sum(const float *values, size_t count) {
    f8 sum = {0};
    size_t at = 0;
    for (; at + LANES <= count; at += LANES) sum += LOAD(values + at);
    double rest = 0;
    for (; at < count; at++) rest += values[at];
    return (float)(ADDED(sum) + rest);
}

WIDE void ckernels_taper(float *window, const float *weights, float total, size_t count) {
    f8 sum = {0};
    size_t at = 0;
    for (; at + LANES <= count; at += LANES) sum += LOAD(window + at) * LOAD(weights + at);
    double rest = 0;
    for (; at < count; at++) rest += (double)(window[at] * weights[at]);
    const float mean = (float)((ADDED(sum) + rest) / total);
    for (at = 0; at < count; at++) window[at] = (window[at] - mean) * weights[at];
}

WIDE void ckernels_texture(const float *first, const float *second, int32_t side, int32_t cells, float *shares) {
    const int32_t cell = side / cells;
    for (int32_t row = 0; row < side - 1; row++) {
        const float *a = first + (size_t)row * (size_t)side, *b = second + (size_t)row * (size_t)side;
        float *const line = shares + (row / cell < cells ? row / cell : cells - 1) * cells;
        for (int32_t place = 0; place < cells; place++) {
            const int32_t end = (place + 1) * cell < side - 1 ? (place + 1) * cell : side - 1;
            f8 sum = {0};
            int32_t at = place * cell;
            for (; at + LANES <= end; at += LANES) {
                const f8 here = LOAD(a + at), there = LOAD(b + at);
                sum += (LOAD(a + at + 1) - here) * (LOAD(b + at + 1) - there) +
                       (LOAD(a + at + side) - here) * (LOAD(b + at + side) - there);
            }
            double rest = 0;
            for (; at < end; at++)
                rest += (double)((a[at + 1] - a[at]) * (b[at + 1] - b[at]) + (a[at + side] - a[at]) * (b[at + side] - b[at]));
            line[place] += (float)(ADDED(sum) + rest);
        }
    }
}

WIDE void ckernels_structure(const float *window, int32_t side, float *even, float *odd) {
    memset(even, 0, (size_t)side * (size_t)side * sizeof *even);
    memset(odd, 0, (size_t)side * (size_t)side * sizeof *odd);
    for (int32_t row = 1; row < side - 1; row++) {
        const float *line = window + (size_t)row * (size_t)side;
        for (int32_t at = 1; at < side - 1; at++) {
            const float across = line[at + 1] - line[at - 1], down = line[at + side] - line[at - side];
            const float square = across * across + down * down;
            const float scale = square > 0 ? 1 / __builtin_sqrtf(square) : 0;
            even[(size_t)row * (size_t)side + (size_t)at] = (across * across - down * down) * scale;
            odd[(size_t)row * (size_t)side + (size_t)at] = 2 * across * down * scale;
        }
    }
}

// MARK: Spectra

WIDE void ckernels_cross(const float *first, const float *second, float scale, size_t count, float *sum) {
    for (size_t at = 0; at < count; at++) {
        const float a = first[2 * at], b = first[2 * at + 1], c = second[2 * at], d = second[2 * at + 1];
        sum[2 * at] += scale * (a * c + b * d);
        sum[2 * at + 1] += scale * (b * c - a * d);
    }
}

WIDE void ckernels_whiten(const float *spectrum, const float *weights, size_t count, float *sum) {
    for (size_t at = 0; at < count; at++) {
        const float real = spectrum[2 * at], imaginary = spectrum[2 * at + 1];
        const float square = real * real + imaginary * imaginary;
        const float scale = square > 0 ? weights[at] / __builtin_sqrtf(square) : 0;
        sum[2 * at] += scale * real;
        sum[2 * at + 1] += scale * imaginary;
    }
}

WIDE void ckernels_lengths(const float *spectrum, const int32_t *places, size_t count, float *lengths) {
    for (size_t at = 0; at < count; at++) {
        const float *value = spectrum + 2 * (size_t)places[at];
        lengths[at] = __builtin_sqrtf(value[0] * value[0] + value[1] * value[1]);
    }
}

/// The angle of (x, y) to 1e-5 radians: an odd minimax polynomial of the smaller over the larger of |x| and |y|.
INLINE void set_angle(const f8 *vertical, const f8 *horizontal, f8 *result) {
    const f8 y = *vertical, x = *horizontal, zero = {0}, ax = ABSOLUTE(x), ay = ABSOLUTE(y);
    const i8 steep = ay > ax;
    const f8 larger = CHOSEN(steep, ay, ax), smaller = CHOSEN(steep, ax, ay);
    const f8 ratio = smaller / CHOSEN(larger > zero, larger, zero + 1.0f);
    const f8 square = ratio * ratio;
    f8 value = ratio * (0.99997726f + square * (-0.33262347f + square * (0.19354346f + square * (-0.11643287f + square *
                       (0.05265332f + square * -0.01172120f)))));
    value = CHOSEN(steep, 1.57079632679f - value, value);
    value = CHOSEN(x < zero, 3.14159265359f - value, value);
    *result = CHOSEN(y < zero, -value, value);
}

WIDE void ckernels_phases(const float *spectrum, const int32_t *places, size_t count, float floor, float noise, float beyond,
                          float *phases, float *trust) {
    const float unit = noise > 0 ? 1 / noise : 0;
    for (size_t at = 0; at < count; at += LANES) {
        const size_t here = count - at < LANES ? count - at : LANES;
        f8 real = {0}, imaginary = {0};
        for (size_t lane = 0; lane < here; lane++) {
            const float *value = spectrum + 2 * (size_t)places[at + lane];
            real[lane] = value[0];
            imaginary[lane] = value[1];
        }
        const f8 square = real * real + imaginary * imaginary;
        f8 phase;
        set_angle(&imaginary, &real, &phase);
        for (size_t lane = 0; lane < here; lane++) {
            phases[at + lane] = phase[lane];
            const float over = __builtin_sqrtf(square[lane]) * unit - beyond;
            trust[at + lane] = over > 0 ? 1 / (floor + 1 / over) : 0;
        }
    }
}

// MARK: The plane

/// Takes whole turns off an angle: −π…π is left. Adding 1.5 · 2²³ rounds to a whole number.
#define WRAPPED(angle) ({ \
    const f8 angle_ = (angle), turns_ = (angle_ * (1 / 6.28318530718f) + 12582912.0f) - 12582912.0f; \
    angle_ - turns_ * 6.28318530718f; \
})

WIDE void ckernels_plane_sums(ckernels_plane plane, float rows, float columns, float scale, double sums[5]) {
    f8 uu = {0}, uv = {0}, vv = {0}, u_sum = {0}, v_sum = {0};
    for (size_t at = 0; at < plane.count; at += LANES) {
        const f8 u = LOAD(plane.row_slopes + at), v = LOAD(plane.column_slopes + at);
        const f8 residual = WRAPPED(LOAD(plane.phases + at) - u * rows - v * columns);
        const f8 relative = residual * (1 / scale), bounded = 1.0f + relative * relative;
        const f8 weight = LOAD(plane.trust + at) / (bounded * bounded);
        const f8 wu = weight * u, wv = weight * v;
        uu += wu * u;
        uv += wu * v;
        vv += wv * v;
        u_sum += wu * residual;
        v_sum += wv * residual;
    }
    const f8 all[5] = {uu, uv, vv, u_sum, v_sum};
    for (int sum = 0; sum < 5; sum++) sums[sum] = ADDED(all[sum]);
}

WIDE void ckernels_plane_agreement(ckernels_plane plane, float rows, float columns, double sums[4]) {
    f8 cosines = {0}, total = {0}, once = {0}, twice = {0};
    for (size_t at = 0; at < plane.count; at += LANES) {
        const f8 u = LOAD(plane.row_slopes + at), v = LOAD(plane.column_slopes + at), trust = LOAD(plane.trust + at);
        const f8 away = WRAPPED(LOAD(plane.phases + at) - u * rows - v * columns);
        // The cosine over −π…π: cos x = 2·cos²(x/2) − 1, the half's by its series to 10⁻⁶.
        const f8 square = away * away * 0.25f;
        const f8 half = 1.0f + square * (-0.5f + square * (4.16666667e-2f + square * (-1.38888889e-3f + square *
                        (2.48015873e-5f + square * -2.75573192e-7f))));
        const f8 slopes = trust * (u * u + v * v) * 0.5f;
        cosines += trust * (2.0f * half * half - 1.0f);
        total += trust;
        once += slopes;
        twice += trust * slopes;
    }
    sums[0] = ADDED(cosines);
    sums[1] = ADDED(total);
    sums[2] = ADDED(once);
    sums[3] = ADDED(twice);
}

// MARK: The field

typedef double d16 __attribute__((vector_size(128)));
enum { WIDTH = 16 };

/// Σ first · second, in 16 lanes and then in order.
INLINE double product_sum(const double *first, const double *second, size_t count) {
    d16 sums = {0}, left, right;
    size_t at = 0;
    for (; at + WIDTH <= count; at += WIDTH) {
        memcpy(&left, first + at, sizeof left);
        memcpy(&right, second + at, sizeof right);
        sums += left * right;
    }
    double sum = 0;
    for (int lane = 0; lane < WIDTH; lane++) sum += sums[lane];
    for (; at < count; at++) sum += first[at] * second[at];
    return sum;
}

WIDE int ckernels_band_factor(double *band, size_t count, size_t width) {
    for (size_t row = 0; row < count; row++) {
        // Row r's columns r − width … r; a line's place of column c is c + width − r.
        double *const line = band + row * (width + 1);
        const size_t first = row < width ? 0 : row - width;
        for (size_t column = first; column < row; column++) {
            const double *const above = band + column * (width + 1);
            const double known =
                product_sum(line + (first + width - row), above + (first + width - column), column - first);
            line[column + width - row] = (line[column + width - row] - known) / above[width];
        }
        const double *const known = line + (first + width - row);
        const double square = line[width] - product_sum(known, known, row - first);
        if (!(square > 0)) return 0;
        line[width] = sqrt(square);
    }
    return 1;
}

WIDE void ckernels_band_solve(const double *band, size_t count, size_t width, double *values) {
    for (size_t row = 0; row < count; row++) {
        const double *const line = band + row * (width + 1);
        const size_t first = row < width ? 0 : row - width;
        const double known = product_sum(line + (first + width - row), values + first, row - first);
        values[row] = (values[row] - known) / line[width];
    }
    for (size_t row = count; row-- > 0;) {
        const double *const line = band + row * (width + 1);
        const size_t first = row < width ? 0 : row - width;
        values[row] /= line[width];
        for (size_t column = first; column < row; column++) values[column] -= line[column + width - row] * values[row];
    }
}
