#include "include/ckernels_batch.h"

#include <float.h>
#include <string.h>

#include "include/ckernels.h"
#include "wide.h"

// MARK: Where places of the grid lie in the plane

/// The pixel before (or at) a place, and how much the next one weighs there.
INLINE int32_t before(int32_t place, double ratio, float *weight) {
    double at = ((double)place + 0.5) * ratio - 0.5;
    at = at < 0 ? 0 : at;
    const int32_t first = (int32_t)at;
    *weight = (float)(at - (double)first);
    return first;
}

enum { AS_IS, DOUBLED, WIDER };

/// How rows are enlarged across, which comes first, so that each row is enlarged once only; they are mixed down then.
typedef struct {
    int32_t way;
    /// Columns of the plane that are read, and of the grid that are made of them.
    int32_t first, count, columns;
    /// DOUBLED: the place in the row of the first pair's pixel, and the first column that is wanted of what comes of it.
    int32_t lead, start;
    /// WIDER: the place in the row of the pixel before each column, and the weight of the next.
    const int32_t *places;
    const float *weights;
    /// A row of the plane, with room on both sides.
    float *row;
} across;

// MARK: Rows as numbers

#define CONVERTED(TYPE)                                              \
    do {                                                             \
        const TYPE *pixels = (const TYPE *)band->pixels + from;      \
        for (int32_t at = 0; at < count; at++) row[at] = (float)pixels[at]; \
    } while (0)

INLINE size_t convert(const ckernels_band *band, size_t from, int32_t count, float fill, float *row) {
    switch (band->type) {
    case CKERNELS_UINT8: CONVERTED(uint8_t); return 0;
    case CKERNELS_UINT16: CONVERTED(uint16_t); return 0;
    case CKERNELS_INT16: CONVERTED(int16_t); return 0;
    default: break;
    }
    const float *pixels = (const float *)band->pixels + from;
    int32_t bad = 0;
    for (int32_t at = 0; at < count; at++) {
        const int is_number = pixels[at] >= -FLT_MAX && pixels[at] <= FLT_MAX;
        bad += !is_number;
        row[at] = is_number ? pixels[at] : fill;
    }
    return (size_t)bad;
}

/// Twice as wide: even places lie a quarter before a centre, odd ones a quarter behind.
INLINE void widen_by_two(const float *row, int32_t pairs, float *result) {
    for (int32_t at = 0; at < pairs; at++) {
        const float left = row[at - 1], here = row[at], right = row[at + 1];
        result[2 * at] = left + (here - left) * 0.75f;
        result[2 * at + 1] = here + (right - here) * 0.25f;
    }
}

/// Row `line` of the plane, enlarged across; returns where it is.
INLINE const float *enlarge(const ckernels_band *band, const across *plan, int32_t line, float fill, float *result, size_t *bad) {
    const size_t from = (size_t)line * (size_t)band->width + (size_t)plan->first;
    if (plan->way == AS_IS) {
        *bad += convert(band, from, plan->count, fill, result);
        return result;
    }
    float *row = plan->row;
    *bad += convert(band, from, plan->count, fill, row);
    row[-1] = row[0];
    row[plan->count] = row[plan->count - 1];
    if (plan->way == DOUBLED) {
        widen_by_two(row + plan->lead, plan->columns / 2, result);
        return result + plan->start;
    }
    for (int32_t at = 0; at < plan->columns; at++) {
        const float low = row[plan->places[at]], high = row[plan->places[at] + 1];
        result[at] = low + (high - low) * plan->weights[at];
    }
    return result;
}

// MARK: Rows to their place

typedef float f8 __attribute__((vector_size(32)));

enum { ROWS = 8, ROOM = 16 };

INLINE void mix(const float *restrict upper, const float *restrict lower, float weight, float scale, float shift, int32_t count,
                float *restrict to) {
    for (int32_t at = 0; at < count; at++) to[at] = (upper[at] + (lower[at] - upper[at]) * weight) * scale + shift;
}

#define SCALED(TYPE)                                                                          \
    do {                                                                                      \
        const TYPE *restrict pixels = (const TYPE *)band->pixels + from;                      \
        for (int32_t at = 0; at < count; at++) to[at] = (float)pixels[at] * scale + shift;    \
    } while (0)

/// A row of a plane of whole numbers that is not enlarged.
INLINE void scale_row(const ckernels_band *band, size_t from, int32_t count, float scale, float shift, float *restrict to) {
    switch (band->type) {
    case CKERNELS_UINT8: SCALED(uint8_t); break;
    case CKERNELS_UINT16: SCALED(uint16_t); break;
    default: SCALED(int16_t); break;
    }
}

INLINE void reverse(const float *from, int32_t count, float *to) {
    int32_t at = 0;
    for (; at + 8 <= count; at += 8) {
        f8 some;
        memcpy(&some, from + at, sizeof some);
        some = __builtin_shufflevector(some, some, 7, 6, 5, 4, 3, 2, 1, 0);
        memcpy(to - at - 7, &some, sizeof some);
    }
    for (; at < count; at++) to[-at] = from[at];
}

/// Some rows that could not be written where they go, to where they go: mirrored, or as columns.
INLINE void lay(const float *rows, size_t line, int32_t count, int32_t columns, const ckernels_canvas *canvas, float *to) {
    if (canvas->across == -1) {
        for (int32_t row = 0; row < count; row++) reverse(rows + (size_t)row * line, columns, to + row * canvas->down);
        return;
    }
    const int is_back = canvas->down == -1;
    if (count < ROWS || (canvas->down != 1 && !is_back)) {
        for (int32_t row = 0; row < count; row++)
            for (int32_t at = 0; at < columns; at++)
                to[row * canvas->down + at * canvas->across] = rows[(size_t)row * line + (size_t)at];
        return;
    }
    for (int32_t at = 0; at < columns; at++, to += canvas->across) {
        const float *from = rows + at;
        f8 some = {from[0],        from[line],     from[2 * line], from[3 * line],
                   from[4 * line], from[5 * line], from[6 * line], from[7 * line]};
        if (is_back) some = __builtin_shufflevector(some, some, 7, 6, 5, 4, 3, 2, 1, 0);
        memcpy(is_back ? to - 7 : to, &some, sizeof some);
    }
}

/// The columns that are read, and how each place is made of two of them.
INLINE across plan_across(const ckernels_band *band, const ckernels_cut *cut, int32_t *places, float *weights, float *row) {
    across plan = {AS_IS, cut->column, cut->columns, cut->columns, 0, 0, places, weights, row};
    if (band->width == cut->width) return plan;
    const int32_t end = cut->column + cut->columns - 1;
    int32_t last;
    if (cut->width == 2 * band->width) {
        // Whole pairs of columns, a pixel before the first and one behind the last, where there is one.
        const int32_t low = cut->column / 2, high = end / 2;
        plan.way = DOUBLED;
        plan.columns = 2 * (high - low + 1);
        plan.start = cut->column - 2 * low;
        plan.first = low > 0 ? low - 1 : 0;
        plan.lead = low - plan.first;
        last = high + 1;
    } else {
        const double ratio = (double)band->width / (double)cut->width;
        float weight;
        plan.way = WIDER;
        plan.first = before(cut->column, ratio, &weight);
        last = before(end, ratio, &weight) + 1;
        for (int32_t at = 0; at < cut->columns; at++)
            places[at] = before(cut->column + at, ratio, &weights[at]) - plan.first;
    }
    plan.count = (last < band->width ? last : band->width - 1) + 1 - plan.first;
    return plan;
}

size_t ckernels_resize_scratch(ckernels_band band, ckernels_cut cut) {
    // Two enlarged rows, places, weights, rows that are turned, and a row of the plane.
    return (4 + ROWS) * ((size_t)cut.columns + ROOM) + (size_t)band.width + ROOM;
}

/// Rows of the plane that were enlarged last: one of an even number and one of an odd one, so that neighbours are both kept.
typedef struct {
    int32_t number[2];
    const float *found[2];
    float *room[2];
} held_rows;

INLINE const float *hold(held_rows *held, const ckernels_band *band, const across *plan, int32_t line, float fill, size_t *bad) {
    const int32_t place = line & 1;
    if (held->number[place] != line) {
        held->found[place] = enlarge(band, plan, line, fill, held->room[place], bad);
        held->number[place] = line;
    }
    return held->found[place];
}

WIDE size_t ckernels_resize(ckernels_band band, ckernels_cut cut, ckernels_scaling scaling, float *scratch, ckernels_canvas canvas) {
    const size_t line = (size_t)cut.columns + ROOM;
    float *const turned = scratch + 4 * line;
    const across plan = plan_across(&band, &cut, (int32_t *)(scratch + 2 * line), scratch + 3 * line,
                                    scratch + (4 + ROWS) * line + ROOM / 2);
    held_rows held = {{-1, -1}, {0, 0}, {scratch, scratch + line}};
    const int is_same = band.width == cut.width && band.height == cut.height && band.type != CKERNELS_FLOAT32;
    const double ratio = (double)band.height / (double)cut.height;
    size_t bad = 0;
    for (int32_t row = 0; row < cut.rows; row++) {
        float *const to = canvas.across == 1 ? canvas.values + row * canvas.down : turned + (size_t)(row % ROWS) * line;
        if (is_same) {
            const size_t from = (size_t)(cut.row + row) * (size_t)band.width + (size_t)cut.column;
            scale_row(&band, from, cut.columns, scaling.scale, scaling.shift, to);
        } else {
            float weight;
            const int32_t upper = before(cut.row + row, ratio, &weight);
            const int32_t lower = upper + 1 < band.height ? upper + 1 : upper;
            const float *const above = hold(&held, &band, &plan, upper, scaling.fill, &bad);
            const float *const below = hold(&held, &band, &plan, lower, scaling.fill, &bad);
            mix(above, below, weight, scaling.scale, scaling.shift, cut.columns, to);
        }
        if (canvas.across != 1 && (row % ROWS == ROWS - 1 || row == cut.rows - 1)) {
            const int32_t first = row - row % ROWS;
            lay(turned, line, row - first + 1, cut.columns, &canvas, canvas.values + first * canvas.down);
        }
    }
    return bad;
}

// MARK: Codes

#define TAKEN(TYPE)                                                                                          \
    for (int32_t row = 0; row < cut.rows; row++) {                                                           \
        const int64_t line = ((int64_t)(2 * (int64_t)(cut.row + row) + 1) * band.height) / (2 * (int64_t)cut.height); \
        const TYPE *from = (const TYPE *)band.pixels + line * band.width;                                    \
        int32_t *to = canvas.codes + row * canvas.down;                                                      \
        if (band.width == cut.width)                                                                         \
            for (int32_t at = 0; at < cut.columns; at++) to[at * canvas.across] = from[cut.column + at];     \
        else                                                                                                 \
            for (int32_t at = 0; at < cut.columns; at++)                                                     \
                to[at * canvas.across] =                                                                     \
                    from[((2 * (int64_t)(cut.column + at) + 1) * band.width) / (2 * (int64_t)cut.width)];    \
    }

WIDE void ckernels_codes(ckernels_band band, ckernels_cut cut, ckernels_codes_canvas canvas) {
    switch (band.type) {
    case CKERNELS_UINT8: TAKEN(uint8_t) break;
    case CKERNELS_UINT16: TAKEN(uint16_t) break;
    case CKERNELS_INT16: TAKEN(int16_t) break;
    default: break;
    }
}

// MARK: Channels last

WIDE void ckernels_interleave(const float *planes, size_t channels, size_t count, float *pixels) {
    enum { FEW = 16 };
    // A few pixels at a time, so that what is written stays near while all planes are gone through.
    for (size_t first = 0; first < count; first += FEW) {
        const size_t some = count - first < FEW ? count - first : FEW;
        for (size_t channel = 0; channel < channels; channel++) {
            const float *from = planes + channel * count + first;
            float *to = pixels + first * channels + channel;
            for (size_t at = 0; at < some; at++) to[at * channels] = from[at];
        }
    }
}

// MARK: Checksums

typedef uint32_t words8 __attribute__((vector_size(32)));

enum { LANES = 8, STREAMS = 4, BLOCK = LANES * STREAMS * sizeof(uint32_t) };

/// Each step is one to one in what was there and in what comes, so that one changed word never cancels out.
INLINE void absorb(words8 *sums, const unsigned char *block) {
    for (int stream = 0; stream < STREAMS; stream++) {
        words8 words;
        memcpy(&words, block + (size_t)stream * sizeof words, sizeof words);
        const words8 mixed = (sums[stream] ^ words) * 0x9E3779B1u;
        sums[stream] = (mixed << 13) | (mixed >> 19);
    }
}

WIDE uint64_t ckernels_checksum(const void *bytes, size_t count) {
    const unsigned char *at = bytes;
    words8 sums[STREAMS];
    for (int stream = 0; stream < STREAMS; stream++)
        for (int lane = 0; lane < LANES; lane++) sums[stream][lane] = (uint32_t)(stream * LANES + lane + 1) * 0x85EBCA77u;
    size_t left = count;
    for (; left >= BLOCK; left -= BLOCK, at += BLOCK) absorb(sums, at);
    if (left) {
        unsigned char last[BLOCK] = {0};
        memcpy(last, at, left);
        absorb(sums, last);
    }
    uint64_t sum = count;
    for (int stream = 0; stream < STREAMS; stream++)
        for (int lane = 0; lane < LANES; lane++) {
            sum = (sum ^ sums[stream][lane]) * 0x9FB21C651E98DF25u;
            sum ^= sum >> 32;
        }
    return sum;
}
