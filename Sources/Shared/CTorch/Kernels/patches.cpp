// Patches around chosen pixels of a map, its edges replicated, and the way back for their gradients.
//
// Maps and patches lie pixel by pixel (channels last): a row of a patch that does not cross the map's edge is one run of memory.
#include "patches.h"

#include "neighbours.h"
#include <ATen/Parallel.h>
#include <cstring>

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

/// The window of patches on maps of a size.
struct Frame {
    int64_t height, width, window;

    /// The row of the batch's maps, one under the other, that a patch's row shows.
    int64_t row(const int64_t *position, int64_t r) const {
        return position[0] * height + clampTo(position[1] + r - window / 2, height);
    }

    int64_t column(const int64_t *position, int64_t c) const {
        return clampTo(position[2] + c - window / 2, width);
    }

    bool crossesEdge(const int64_t *position) const {
        return position[2] < window / 2 || position[2] + window / 2 >= width;
    }
};

void checkImages(const at::Tensor &positions, int64_t images) {
    const int64_t *p = positions.data_ptr<int64_t>();
    for (int64_t n = 0; n < positions.size(0); ++n)
        TORCH_CHECK(
            p[3 * n] >= 0 && p[3 * n] < images, "patch ", n, " names image ", p[3 * n], " of ",
            images);
}

/// Copies a patch; `bytes` are those of a pixel.
void copyPatch(
    const Frame &f, const int64_t *position, const char *map, int64_t bytes, char *patch) {
    for (int64_t r = 0; r < f.window; ++r, patch += f.window * bytes) {
        const char *row = map + f.row(position, r) * f.width * bytes;
        if (!f.crossesEdge(position)) {
            std::memcpy(patch, row + f.column(position, 0) * bytes, f.window * bytes);
            continue;
        }
        for (int64_t c = 0; c < f.window; ++c)
            std::memcpy(patch + c * bytes, row + f.column(position, c) * bytes, bytes);
    }
}

/// Adds a patch's rows to the map where they fall on its rows `begin` to `end`.
template <typename T>
void addPatch(
    const Frame &f, const int64_t *position, const T *patch, int64_t channels, int64_t begin,
    int64_t end, T *map) {
    for (int64_t r = 0; r < f.window; ++r) {
        const int64_t row = f.row(position, r);
        if (row < begin || row >= end) continue;
        for (int64_t c = 0; c < f.window; ++c) {
            const T *from = patch + (r * f.window + c) * channels;
            T *to = map + (row * f.width + f.column(position, c)) * channels;
            for (int64_t k = 0; k < channels; ++k) to[k] += from[k];
        }
    }
}

}  // namespace

at::Tensor gatherPatches(const at::Tensor &map, const at::Tensor &positions, int64_t window) {
    check(map, positions, window);
    const at::Tensor source = map.permute({0, 2, 3, 1}).contiguous(), at = positions.contiguous();
    checkImages(at, map.size(0));
    const Frame frame{map.size(2), map.size(3), window};
    const int64_t bytes = map.size(1) * map.element_size();
    const at::Tensor patches = at::empty({at.size(0), window, window, map.size(1)}, map.options());
    const char *from = static_cast<const char *>(source.data_ptr());
    char *to = static_cast<char *>(patches.data_ptr());
    at::parallel_for(0, at.size(0), 16, [&](int64_t begin, int64_t end) {
        for (int64_t n = begin; n < end; ++n)
            copyPatch(
                frame, at.data_ptr<int64_t>() + 3 * n, from, bytes,
                to + n * window * window * bytes);
    });
    return patches.permute({0, 3, 1, 2});
}

at::Tensor scatterPatches(
    const at::Tensor &gradient, const at::Tensor &positions, at::IntArrayRef sizes) {
    const at::Tensor source = gradient.permute({0, 2, 3, 1}).contiguous();
    const at::Tensor at = positions.contiguous();
    const Frame frame{sizes[2], sizes[3], gradient.size(2)};
    const int64_t channels = sizes[1];
    const at::Tensor map = at::zeros({sizes[0], sizes[2], sizes[3], channels}, gradient.options());
    AT_DISPATCH_FLOATING_TYPES_AND2(at::kHalf, at::kBFloat16, gradient.scalar_type(), "matter::gather_patches", [&] {
        const scalar_t *from = source.data_ptr<scalar_t>();
        scalar_t *to = map.data_ptr<scalar_t>();
        // One thread owns some rows and takes the patches in order: the same sums for any thread count.
        at::parallel_for(0, sizes[0] * sizes[2], 8, [&](int64_t begin, int64_t end) {
            for (int64_t n = 0; n < at.size(0); ++n)
                addPatch(
                    frame, at.data_ptr<int64_t>() + 3 * n,
                    from + n * frame.window * frame.window * channels, channels, begin, end, to);
        });
    });
    return map.permute({0, 3, 1, 2});
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
