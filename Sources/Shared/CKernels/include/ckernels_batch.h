// The inner loops of batches: a plane enlarged, normalised, cut, turned and written in one pass; checksums of records.
// Plain C, no state, no allocation; every number follows from its own inputs alone, so that the bits are the same for
// every width of register.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// A plane in its native size.
typedef struct {
    /// height × width pixels by row.
    const void *pixels;
    /// CKERNELS_UINT8 and so on, of ckernels.h.
    int32_t type;
    int32_t width, height;
} ckernels_band;

/// What of a plane is wanted: of the grid of width × height that covers the same ground, a window.
typedef struct {
    int32_t width, height;
    /// The window's first place and its size; it lies in the grid.
    int32_t column, row, columns, rows;
} ckernels_cut;

/// What a number x becomes: x · scale + shift. What is no finite number is taken for `fill` before.
typedef struct {
    float scale, shift, fill;
} ckernels_scaling;

/// Where a window goes: steps, in numbers, from one column and from one row of it to the next. Negative steps turn it,
/// exchanged ones transpose it.
typedef struct {
    float *values;
    ptrdiff_t across, down;
} ckernels_canvas;

/// The same for codes.
typedef struct {
    int32_t *codes;
    ptrdiff_t across, down;
} ckernels_codes_canvas;

/// Numbers of scratch that `ckernels_resize` needs.
size_t ckernels_resize_scratch(ckernels_band band, ckernels_cut cut);

/// Enlarges bilinearly (centres of pixels at +0.5, edges repeated), scales and writes a window of a plane.
/// Returns how many of the pixels that were read are no finite numbers: always 0 but for float32.
size_t ckernels_resize(ckernels_band band, ckernels_cut cut, ckernels_scaling scaling, float *scratch, ckernels_canvas canvas);

/// Takes for each place the pixel in which its centre lies; not for float32.
void ckernels_codes(ckernels_band band, ckernels_cut cut, ckernels_codes_canvas canvas);

/// Puts the numbers of several planes side by side: (channels, count) becomes (count, channels).
void ckernels_interleave(const float *planes, size_t channels, size_t count, float *pixels);

/// 64 bits that tell bytes from damaged bytes: any change within one word of 4 bytes is seen for sure, others but for one in
/// 2³² or fewer. No protection against intent.
uint64_t ckernels_checksum(const void *bytes, size_t count);
