// Gathering patches from a map.
#pragma once

#include <ATen/ATen.h>

namespace matter {

/// (batch, channels, height, width) map, int64 (patches, 3) positions (image, row, column of the centre)
/// → (patches, channels, window, window). Pixels outside the map repeat its edge. On the CPU, no gradient recorded.
at::Tensor gatherPatches(const at::Tensor &map, const at::Tensor &positions, int64_t window);

/// The transpose of `gatherPatches`; `sizes` are those of the map.
at::Tensor scatterPatches(
    const at::Tensor &gradient, const at::Tensor &positions, at::IntArrayRef sizes);

/// The same gathering as `gatherPatches` from tensor operations, for any device.
at::Tensor gatherPatchesComposed(
    const at::Tensor &map, const at::Tensor &positions, int64_t window);

}  // namespace matter
