// Batch normalisation over the batches of all processes together.
#include "group.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

using namespace ctorch;

namespace {

/// A vector of channels, shaped so that it lies along dimension 1 of a tensor of `rank` dimensions.
at::Tensor along_channels(const at::Tensor &vector, int64_t rank) {
    std::vector<int64_t> shape(rank, 1);
    shape[1] = -1;
    return vector.view(shape);
}

std::vector<int64_t> all_but_channels(const at::Tensor &tensor) {
    std::vector<int64_t> dimensions{0};
    for (int64_t dimension = 2; dimension < tensor.dim(); ++dimension) dimensions.push_back(dimension);
    return dimensions;
}

struct Moments {
    at::Tensor mean, variance; // of n, float64
    double count;
};

/// The moments of all processes together: those of each are gathered and joined, so that no large sums cancel.
Moments joint_moments(Group &group, const at::Tensor &input) {
    auto [variance, mean] = at::var_mean(input, all_but_channels(input), /*correction=*/0, /*keepdim=*/false);
    const double own = static_cast<double>(input.numel() / input.size(1));
    const auto counts = at::full({1}, own, at::kDouble);
    const auto all = gather_from(group, at::cat({mean.to(at::kDouble).cpu(), variance.to(at::kDouble).cpu(), counts}));
    const auto channels = input.size(1);
    const auto means = all.narrow(1, 0, channels), variances = all.narrow(1, channels, channels);
    const auto share = all.narrow(1, 2 * channels, 1);
    const double count = share.sum().item<double>();
    const auto joint = (means * share).sum(0) / count;
    const auto spread = ((variances + (means - joint).square()) * share).sum(0) / count;
    return {joint, spread, count};
}

/// ŷ = (x − μ) / √(σ² + ε) · γ + β (Ioffe and Szegedy, 2015) with μ and σ² over all processes.
struct JointNorm : torch::autograd::Function<JointNorm> {
    static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &input, const at::Tensor &weight,
                              const at::Tensor &bias, at::Tensor running_mean, at::Tensor running_variance, double momentum,
                              double epsilon, int64_t group) {
        const auto values = input.to(at::kFloat);
        const auto moments = joint_moments(group_of(reinterpret_cast<ctorch_group>(group)), values);
        const auto mean = moments.mean.to(values.options()), inverse = (moments.variance + epsilon).rsqrt().to(values.options());
        running_mean.mul_(1 - momentum).add_(mean, momentum);
        running_variance.mul_(1 - momentum)
            .add_(moments.variance.to(values.options()), momentum * moments.count / (moments.count - 1));
        const auto rank = input.dim();
        const auto normal = (values - along_channels(mean, rank)) * along_channels(inverse, rank);
        context->save_for_backward({normal, inverse, weight});
        context->saved_data["count"] = moments.count;
        context->saved_data["group"] = group;
        context->saved_data["dtype"] = static_cast<int64_t>(input.scalar_type());
        return (normal * along_channels(weight, rank) + along_channels(bias, rank)).to(input.scalar_type());
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &normal = saved[0], &inverse = saved[1], &weight = saved[2];
        const auto gradient = gradients[0].to(at::kFloat);
        const auto rank = gradient.dim();
        const auto dimensions = all_but_channels(gradient);
        const auto of_bias = gradient.sum(dimensions), of_weight = (gradient * normal).sum(dimensions);
        auto sums = at::stack({of_bias, of_weight}).to(at::kDouble).cpu();
        sum_over(group_of(reinterpret_cast<ctorch_group>(context->saved_data["group"].toInt())), sums);
        const auto means = (sums / context->saved_data["count"].toDouble()).to(gradient.options());
        const auto centred =
            gradient - along_channels(means[0], rank) - normal * along_channels(means[1], rank);
        const auto of_input = (centred * along_channels(inverse * weight, rank))
                                  .to(static_cast<at::ScalarType>(context->saved_data["dtype"].toInt()));
        return {of_input, of_weight, of_bias, {}, {}, {}, {}, {}};
    }
};

} // namespace

ctorch_tensor ctorch_group_norm(ctorch_group group, ctorch_tensor input, ctorch_tensor weight, ctorch_tensor bias,
                                ctorch_tensor running_mean, ctorch_tensor running_variance, double momentum, double epsilon) {
    return guarded(ctorch_tensor{}, [&] {
        return wrap(JointNorm::apply(unwrap(input), unwrap(weight), unwrap(bias), unwrap(running_mean), unwrap(running_variance),
                                     momentum, epsilon, reinterpret_cast<int64_t>(group)));
    });
}
