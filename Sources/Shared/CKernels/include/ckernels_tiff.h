// What stands between the blocks of a TIFF file and plain bands of numbers. Memory need not be aligned.
#pragma once

#include <stddef.h>

/// Lays pixels of several bands, band after band in each, as so many bands, whose starts are `plane` bytes apart.
/// `bytes`: of a number, 1, 2 or 4.
void ckernels_split_bands(const void *pixels, size_t count, size_t bands, size_t bytes, void *into, size_t plane);

/// Turns the byte order of numbers of 1, 2 or 4 bytes around.
void ckernels_swap_bytes(void *numbers, size_t count, size_t bytes);

/// Undoes TIFF's predictor 2 in a row: each number is stored as its difference from the one `bands` before it.
void ckernels_undo_differences(void *row, size_t count, size_t bands, size_t bytes);

/// Undoes TIFF's predictor 3 in a row of 32-bit floating-point numbers (Adobe Photoshop TIFF technical note 3): differences
/// of bytes, the highest bytes of all numbers first. `spare`: 4 × count bytes.
void ckernels_undo_float_differences(void *row, size_t count, size_t bands, void *spare);

/// Lays a row of several bands, whose starts are `plane` bytes apart, pixel by pixel, each number as its difference from the one
/// before it in its band (TIFF's predictor 2); the first as it is. `bytes`: of a number, 1 or 2.
void ckernels_interleave_differences(const void *row, size_t plane, size_t columns, size_t bands, size_t bytes, void *into);
