// Patches around chosen pixels of a map, its edges replicated, and the way back for their gradients.
#include "patches.h"

#include "neighbours.h"
#include <ATen/Parallel.h>

namespace matter {
namespace {

void check(const at::Tensor &map, const at::Tensor &positions, int64_t window) {
    TORCH_CHECK(map.dim() == 4, "map must be (batch, channels, height, width), got ", map.sizes());
    TORCH_CHECK(
        positions.dim() == 2 && positions.size(1) == 3 && positions.scalar_type() == at::kLong,
        "positions must be int64 (patches, 3), got ", positions.sizes());
    TORCH_CHECK(window >= 1 && window % 2 == 1, "window must be odd and positive, got ", window);
}

/// The indices, into an image flattened to height·width, of every pixel of every patch; image number included.
at::Tensor flatIndices(const at::Tensor &positions, at::IntArrayRef sizes, int64_t window) {
    const at::Tensor steps =
        at::arange(window, positions.options()).sub_(window / 2);
    const at::Tensor rows =
        (positions.select(1, 1).unsqueeze(1) + steps).clamp(0, sizes[2] - 1);
    const at::Tensor columns =
        (positions.select(1, 2).unsqueeze(1) + steps).clamp(0, sizes[3] - 1);
    const at::Tensor image = positions.select(1, 0).view({-1, 1, 1});
    return ((image * sizes[2] + rows.unsqueeze(2)) * sizes[3] + columns.unsqueeze(1)).flatten();
}

/// Calls `body(from, to)` with the offsets of every pixel of a patch within a channel of its image and of the patch.
template <typename Body>
void forPixels(const int64_t *position, int64_t height, int64_t width, int64_t window, Body body) {
    for (int64_t r = 0; r < window; ++r) {
        const int64_t row = clampTo(position[1] + r - window / 2, height) * width;
        for (int64_t c = 0; c < window; ++c)
            body(row + clampTo(position[2] + c - window / 2, width), r * window + c);
    }
}

void checkImages(const at::Tensor &positions, int64_t images) {
    const int64_t *p = positions.data_ptr<int64_t>();
    for (int64_t n = 0; n < positions.size(0); ++n)
        TORCH_CHECK(
            p[3 * n] >= 0 && p[3 * n] < images, "patch ", n, " names image ", p[3 * n], " of ",
            images);
}

}  // namespace

at::Tensor gatherPatches(const at::Tensor &map, const at::Tensor &positions, int64_t window) {
    check(map, positions, window);
    const at::Tensor source = map.contiguous(), at = positions.contiguous();
    checkImages(at, map.size(0));
    const int64_t channels = map.size(1), height = map.size(2), width = map.size(3);
    at::Tensor patches = at::empty({at.size(0), channels, window, window}, map.options());
    AT_DISPATCH_ALL_TYPES_AND2(at::kHalf, at::kBFloat16, map.scalar_type(), "matter::gather_patches", [&] {
        const scalar_t *from = source.data_ptr<scalar_t>();
        scalar_t *to = patches.data_ptr<scalar_t>();
        at::parallel_for(0, at.size(0), 4, [&](int64_t begin, int64_t end) {
            for (int64_t n = begin; n < end; ++n) {
                const int64_t *position = at.data_ptr<int64_t>() + 3 * n;
                for (int64_t k = 0; k < channels; ++k) {
                    const scalar_t *plane = from + (position[0] * channels + k) * height * width;
                    scalar_t *patch = to + (n * channels + k) * window * window;
                    forPixels(position, height, width, window,
                              [&](int64_t i, int64_t o) { patch[o] = plane[i]; });
                }
            }
        });
    });
    return patches;
}

at::Tensor scatterPatches(
    const at::Tensor &gradient, const at::Tensor &positions, at::IntArrayRef sizes) {
    const at::Tensor source = gradient.contiguous(), at = positions.contiguous();
    const int64_t channels = sizes[1], height = sizes[2], width = sizes[3];
    const int64_t window = gradient.size(2);
    at::Tensor map = at::zeros(sizes, gradient.options());
    AT_DISPATCH_FLOATING_TYPES_AND2(at::kHalf, at::kBFloat16, gradient.scalar_type(), "matter::gather_patches", [&] {
        const scalar_t *from = source.data_ptr<scalar_t>();
        scalar_t *to = map.data_ptr<scalar_t>();
        // One thread owns a channel of every image, and takes the patches in order: the same sums for any thread count.
        at::parallel_for(0, channels, 1, [&](int64_t begin, int64_t end) {
            for (int64_t n = 0; n < at.size(0); ++n) {
                const int64_t *position = at.data_ptr<int64_t>() + 3 * n;
                for (int64_t k = begin; k < end; ++k) {
                    scalar_t *plane = to + (position[0] * channels + k) * height * width;
                    const scalar_t *patch = from + (n * channels + k) * window * window;
                    forPixels(position, height, width, window,
                              [&](int64_t i, int64_t o) { plane[i] += patch[o]; });
                }
            }
        });
    });
    return map;
}

at::Tensor gatherPatchesComposed(
    const at::Tensor &map, const at::Tensor &positions, int64_t window) {
    check(map, positions, window);
    const at::Tensor flat = map.permute({1, 0, 2, 3}).reshape({map.size(1), -1});
    return flat.index_select(1, flatIndices(positions, map.sizes(), window))
        .view({map.size(1), positions.size(0), window, window})
        .permute({1, 0, 2, 3});
}

}  // namespace matter
