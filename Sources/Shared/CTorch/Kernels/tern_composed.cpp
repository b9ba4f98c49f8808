// The texture refinement network from tensor operations: slower, on any device, and differentiable by autograd's own tape.
#include "neighbours.h"
#include "tern.h"

namespace matter {
namespace {

/// The view of a padded image that an offset sees, as large as the unpadded one.
at::Tensor shifted(const at::Tensor &padded, const at::Tensor &original, Offset offset, int64_t pad) {
    return padded.narrow(2, pad + offset.row, original.size(2))
        .narrow(3, pad + offset.column, original.size(3));
}

at::Tensor gathered(const at::Tensor &image, const std::vector<Offset> &offsets, int64_t pad) {
    const at::Tensor padded = at::replication_pad2d(image, {pad, pad, pad, pad});
    std::vector<at::Tensor> views;
    for (const Offset &offset : offsets) views.push_back(shifted(padded, image, offset, pad));
    return at::stack(views, 2);  // (batch, channels, neighbours, height, width)
}

}  // namespace

at::Tensor ternWeightsComposed(
    const at::Tensor &guide, at::IntArrayRef dilations, int64_t size, bool centre,
    c10::string_view kernelName) {
    const TernKernel kernel = ternKernel(kernelName);
    const at::Tensor image = guide.detach();
    const auto statistics = neighbourOffsets(dilations, size, true);
    const int64_t pad = reach(statistics);
    const at::Tensor variance = gathered(image, statistics, pad).var(2, true, true);
    const at::Tensor near = gathered(image, neighbourOffsets(dilations, size, centre), pad);
    const at::Tensor own = image.unsqueeze(2);
    if (kernel == TernKernel::pamr)
        return ((near - own).abs().neg() / (variance.sqrt() * 0.1 + 1e-8)).mean(1).softmax(1);
    const at::Tensor norms = (near.square().sum(1) * own.square().sum(1)).sqrt().clamp_min(1e-12);
    const at::Tensor cosine = (near * own).sum(1) / norms;
    const double sign = kernel == TernKernel::similar ? 1 : -1;
    return (cosine * sign / (variance.mean(1) + 1e-4)).softmax(1);
}

at::Tensor ternPropagateComposed(
    const at::Tensor &map, const at::Tensor &weights, at::IntArrayRef dilations, int64_t size,
    bool centre, int64_t iterations) {
    const auto offsets = neighbourOffsets(dilations, size, centre);
    const int64_t pad = reach(offsets);
    at::Tensor current = map;
    for (int64_t i = 0; i < iterations; ++i) {
        const at::Tensor padded = at::replication_pad2d(current, {pad, pad, pad, pad});
        at::Tensor next = at::zeros_like(current);
        for (size_t n = 0; n < offsets.size(); ++n)
            next = next
                + weights.narrow(1, int64_t(n), 1) * shifted(padded, current, offsets[n], pad);
        current = next;
    }
    return current;
}

}  // namespace matter
