// The inner loops that Swift's generic code cannot vectorise. Plain C, no state, no allocation.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Pixels of several bands and which of them may be used.
typedef struct {
    /// Numbers by band, row and column.
    const uint16_t *pixels;
    /// One band: 0 where a pixel must not be used.
    const uint8_t *mask;
    int32_t width, height, bands;
} ckernels_source;

/// Where one row of a result goes.
typedef struct {
    /// The row's first pixel in the first band.
    uint16_t *pixels;
    /// Numbers from one band to the next.
    size_t plane;
    /// The row's validity: 1 is written where a value is.
    uint8_t *mask;
    int32_t count;
} ckernels_row;

/// What became of a pixel of a row.
enum { CKERNELS_OUTSIDE = 0, CKERNELS_DONE = 1, CKERNELS_EDGE = 2 };

/// Interpolates a row of uint16 pixels with a separable kernel.
///
/// `x`, `y`: source pixel coordinates of each result pixel (centres at +0.5; NaN: nowhere). `table`: (1024 + 1) × 8 weights,
/// by fraction; `taps`: 4 or 6 of them count, the first of which lies `taps/2 − 1` pixels before the position.
/// `nodata`: a result that would equal it by chance is moved by 1; −1 for none. `state`: CKERNELS_… of each pixel; an edge
/// pixel (valid, but not all of its neighbours are) is left to the caller.
void ckernels_interpolate(ckernels_source source, const double *x, const double *y, const float *table, int taps,
                          int32_t nodata, ckernels_row row, uint8_t *state);

/// 1 where no band of a run of pixels equals `nodata`, else 0. `plane`: numbers from one band to the next.
void ckernels_mask(const uint16_t *pixels, size_t plane, int32_t bands, uint16_t nodata, size_t count, uint8_t *mask);
