// The inner loops that Swift's generic code cannot vectorise. Plain C, no state, no allocation.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// The types of pixels that are handled here.
enum { CKERNELS_UINT8 = 0, CKERNELS_UINT16 = 1, CKERNELS_INT16 = 2, CKERNELS_FLOAT32 = 3 };

/// Pixels of several bands and which of them may be used.
typedef struct {
    /// Numbers by band, row and column.
    const void *pixels;
    /// One band: 1 where a pixel may be used, else 0.
    const uint8_t *mask;
    int32_t width, height, bands;
    /// CKERNELS_UINT8 and so on.
    int32_t type;
    /// The number that stands for "no data", where there is one.
    double nodata;
    int32_t has_nodata;
} ckernels_source;

/// Where one row of a result goes; pixels are of the source's type.
typedef struct {
    /// The row's first pixel in the first band.
    void *pixels;
    /// Numbers from one band to the next.
    size_t plane;
    /// The row's validity: 1 is written where a value is.
    uint8_t *mask;
    int32_t count;
} ckernels_row;

/// What became of a pixel of a row.
enum { CKERNELS_OUTSIDE = 0, CKERNELS_DONE = 1, CKERNELS_EDGE = 2 };

/// Interpolates a row with a separable kernel.
///
/// `x`, `y`: source pixel coordinates of each result pixel (centres at +0.5; NaN: nowhere). `table`: (1024 + 1) × 8 weights,
/// by fraction; `taps`: 4 or 6 of them count, the first of which lies `taps/2 − 1` pixels before the position. A result that
/// would be "no data" by chance is moved by 1. `state`: CKERNELS_… of each pixel; an edge pixel (valid, but not all of its
/// neighbours are) is left to the caller.
void ckernels_interpolate(ckernels_source source, const double *x, const double *y, const float *table, int taps, ckernels_row row,
                          uint8_t *state);

/// Takes for each pixel of a row the source pixel that it lies in, where that may be used.
void ckernels_nearest(ckernels_source source, const double *x, const double *y, ckernels_row row);

/// Sets a mask to 0 where a band has no data or no number; leaves it else. The source's own mask is not looked at.
void ckernels_mask(ckernels_source source, uint8_t *mask);
