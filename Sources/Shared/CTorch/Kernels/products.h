// Convolutions of patches for inference, with as few products of channels as their side allows.
//
// A map of a patch is (places, channels), its places row by row. A convolution along one axis is y = A ((G w) ⊙ (B x)): `into` is B, `outOf`
// is A, and the taps' side G is in the weights already; both axes are treated alike.
#pragma once

#include <ATen/ATen.h>

namespace matter {

/// (patches, side², inputs) maps, (products², inputs, outputs) weights, (outputs) bias, (products, side) `into`,
/// (outputSide, products) `outOf`, all float32 on the CPU, inputs and outputs multiples of 16 → (patches, outputSide², outputs).
/// `beside` of the result's shape is added; with `cut`, what is below zero becomes zero. No gradient.
at::Tensor convolvePatches(
    const at::Tensor &maps, const at::Tensor &weights, const at::Tensor &bias,
    const std::optional<at::Tensor> &beside, const at::Tensor &into, const at::Tensor &outOf, bool cut);

/// Maps of an area, each the sum of some products at shifted pixels, and a bias: (height, width, products, channels) →
/// (height, width, forms, channels). `terms` are quadruples (form, product, rows down, columns right); pixels outside count as zero.
at::Tensor sumProducts(
    const at::Tensor &products, const at::Tensor &bias, at::IntArrayRef terms, int64_t forms, bool cut);

/// Maps of patches put together of maps of an area: (height, width, forms, channels) and int64 (patches, 2) positions (row, column of the
/// first pixel) → (patches, places, channels). `places` are triples (rows down, columns right, form).
at::Tensor gatherForms(const at::Tensor &maps, const at::Tensor &positions, at::IntArrayRef places);

}  // namespace matter
