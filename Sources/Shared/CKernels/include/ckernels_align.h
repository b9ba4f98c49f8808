// The inner loops of alignment: windows cut and tapered, phases of cross-spectra, sums of the plane through them.
// Plain C, no state, no allocation; sums run in eight lanes, so that the bits are the same for every width of register.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// An image of uint16 by row; 0 must not be used.
typedef struct {
    const uint16_t *pixels;
    int32_t width, height;
} ckernels_image;

/// Copies a square window as float32, (side, side); 0 outside of the image.
void ckernels_window(ckernels_image image, int32_t row, int32_t column, int32_t side, float *window);

/// Clears the places of `valid` at which either window is 0. Returns 1 where none is.
int ckernels_usable(const float *first, const float *second, size_t count, uint8_t *valid);

/// Hann weights times the mask, feathered: the mask is averaged twice over 9 × 9 pixels (its border repeats), and what is
/// over one half of that is stretched to 0…1. `scratch`: 2 · side² numbers.
void ckernels_feather(const uint8_t *valid, int32_t side, const float *hann, uint16_t *scratch, float *weights);

/// The sum of some numbers.
float ckernels_sum(const float *values, size_t count);

/// Takes the weighted mean off a window and multiplies it by the weights; `total`: their sum.
void ckernels_taper(float *window, const float *weights, float total, size_t count);

/// Where both windows have gradients: adds the product of both gradients to `shares`, (cells, cells).
void ckernels_texture(const float *first, const float *second, int32_t side, int32_t cells, float *shares);

/// Gradients by doubled angle, |g|·cos 2φ and |g|·sin 2φ: the same where bright and dark are exchanged. The border is 0.
void ckernels_structure(const float *window, int32_t side, float *even, float *odd);

/// Adds scale · first · conj(second) of `count` complex numbers (pairs) to `sum`.
void ckernels_cross(const float *first, const float *second, float scale, size_t count, float *sum);

/// Divides complex numbers (pairs) by their length and adds them, times a weight each, to `sum`; 0 adds nothing.
void ckernels_whiten(const float *spectrum, const float *weights, size_t count, float *sum);

/// Lengths of the complex numbers (pairs) at some places.
void ckernels_lengths(const float *spectrum, const int32_t *places, size_t count, float *lengths);

/// Angles in radians of the complex numbers at some places, and the trust in each: 1 / (floor + 1 / s) where s is what the
/// length has over `beyond` times the noise, in units of the noise; 0 where it has nothing over it.
void ckernels_phases(const float *spectrum, const int32_t *places, size_t count, float floor, float noise, float beyond,
                     float *phases, float *trust);

/// A phase at each frequency, how far it is trusted, and 2π times the frequency along rows and columns.
typedef struct {
    const float *phases, *trust, *row_slopes, *column_slopes;
    size_t count;
} ckernels_plane;

/// The normal equations of the plane that is left, weighted by trust / (1 + (residual / scale)²)²:
/// Σw·uu, Σw·uv, Σw·vv, Σw·u·residual, Σw·v·residual.
void ckernels_plane_sums(ckernels_plane plane, float rows, float columns, float scale, double sums[5]);

/// What tells how well a plane is known, of distances r from it and q = (u² + v²) / 2: Σtrust·cos r, Σtrust, Σtrust·q,
/// Σtrust²·q.
void ckernels_plane_agreement(ckernels_plane plane, float rows, float columns, double sums[4]);

/// Replaces a symmetric, positive definite matrix by its Cholesky factor. `band`: (count, width + 1), of each row r the columns
/// r − width … r, those before the first being 0. Returns 0 where it is not positive definite.
int ckernels_band_factor(double *band, size_t count, size_t width);

/// Solves for `values`, (count), with that factor.
void ckernels_band_solve(const double *band, size_t count, size_t width, double *values);
