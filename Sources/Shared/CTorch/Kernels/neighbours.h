// Which pixels surround a pixel.
#pragma once

#include <ATen/ATen.h>
#include <algorithm>
#include <vector>

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

}  // namespace matter
