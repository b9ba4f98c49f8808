// Which pixels surround a pixel, and the loops over rows that the kernels share.
#pragma once

#include <ATen/ATen.h>
#include <algorithm>
#include <vector>

// One body, compiled for the widest vectors the machine has; the loader picks.
#if defined(__x86_64__) && defined(__linux__)
#define MATTER_VECTORISED __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define MATTER_VECTORISED
#endif

namespace matter {

struct Offset {
    int64_t row, column;
};

/// The neighbours of a pixel: for each dilation a `size`×`size` window, row by row, with or without its centre.
inline std::vector<Offset> neighbourOffsets(
    at::IntArrayRef dilations, int64_t size, bool centre) {
    TORCH_CHECK(size >= 1 && size % 2 == 1, "kernel size must be odd and positive, got ", size);
    TORCH_CHECK(!dilations.empty(), "needs at least one dilation");
    std::vector<Offset> offsets;
    const int64_t radius = size / 2;
    for (const int64_t dilation : dilations) {
        TORCH_CHECK(dilation >= 1, "dilations must be positive, got ", dilation);
        for (int64_t row = -radius; row <= radius; ++row)
            for (int64_t column = -radius; column <= radius; ++column)
                if (centre || row != 0 || column != 0)
                    offsets.push_back({row * dilation, column * dilation});
    }
    TORCH_CHECK(!offsets.empty(), "a kernel of size 1 without its centre has no neighbours");
    return offsets;
}

/// The farthest a neighbour lies from its pixel, in pixels.
inline int64_t reach(const std::vector<Offset> &offsets) {
    int64_t farthest = 0;
    for (const Offset &offset : offsets)
        farthest = std::max({farthest, std::abs(offset.row), std::abs(offset.column)});
    return farthest;
}

inline int64_t clampTo(int64_t value, int64_t count) {
    return std::min(std::max<int64_t>(value, 0), count - 1);
}

/// Copies a row of `width` values to `padded + pad`, repeating its ends into the margins.
template <typename T>
inline void replicateRow(const T *row, int64_t width, int64_t pad, T *padded) {
    std::fill(padded, padded + pad, row[0]);
    std::copy(row, row + width, padded + pad);
    std::fill(padded + pad + width, padded + 2 * pad + width, row[width - 1]);
}

/// out[c] = Σ_n weights[n][c] · values[offsets[n] + c] for `begin` ≤ c < `end`, in the order of n.
template <typename T>
__attribute__((always_inline)) inline void combineRows(
    const T *const *weights, const T *values, const int64_t *offsets, int64_t count, int64_t begin,
    int64_t end, T *out) {
#pragma clang fp contract(fast)
    constexpr int64_t block = 64;
    int64_t column = begin;
    for (; column + block <= end; column += block) {
        T sums[block] = {};
        for (int64_t n = 0; n < count; ++n) {
            const T *w = weights[n] + column, *v = values + offsets[n] + column;
            for (int64_t i = 0; i < block; ++i) sums[i] += w[i] * v[i];
        }
        for (int64_t i = 0; i < block; ++i) out[column + i] = sums[i];
    }
    for (; column < end; ++column) {
        T sum = 0;
        for (int64_t n = 0; n < count; ++n) sum += weights[n][column] * values[offsets[n] + column];
        out[column] = sum;
    }
}

}  // namespace matter
