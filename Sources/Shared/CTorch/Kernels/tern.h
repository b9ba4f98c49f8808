// The parts of the texture refinement operators.
#pragma once

#include <ATen/ATen.h>

namespace matter {

enum class TernKernel { pamr, similar, printed };

/// The kernel of a name, or an error that lists the names.
TernKernel ternKernel(c10::string_view name);

/// (batch, bands, height, width) guide → (batch, neighbours, height, width) weights that sum to 1. Fused, on the CPU.
at::Tensor ternWeights(
    const at::Tensor &guide, at::IntArrayRef dilations, int64_t size, bool centre,
    c10::string_view kernel);

/// The same from tensor operations, for any device; the tests compare the two.
at::Tensor ternWeightsComposed(
    const at::Tensor &guide, at::IntArrayRef dilations, int64_t size, bool centre,
    c10::string_view kernel);

/// m ← Σ_n w_n m_n, `iterations` times, edges replicated. Fused, on the CPU, no gradient recorded.
at::Tensor ternPropagate(
    const at::Tensor &map, const at::Tensor &weights, at::IntArrayRef dilations, int64_t size,
    bool centre, int64_t iterations);

/// The transpose of `ternPropagate`: what a gradient of its result is to its map.
at::Tensor ternPropagateTransposed(
    const at::Tensor &gradient, const at::Tensor &weights, at::IntArrayRef dilations, int64_t size,
    bool centre, int64_t iterations);

/// The propagation from tensor operations, for any device; autograd sees through it.
at::Tensor ternPropagateComposed(
    const at::Tensor &map, const at::Tensor &weights, at::IntArrayRef dilations, int64_t size,
    bool centre, int64_t iterations);

}  // namespace matter
