// The operators of the namespace `matter`, registered so that the boxed door finds them like any other.
#include "patches.h"
#include "products.h"
#include "tern.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

namespace matter {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// The propagation with its backward pass with respect to the map. The weights depend on the guide image alone,
/// which is data: they get no gradient.
struct Propagate : torch::autograd::Function<Propagate> {
    static Variable forward(
        AutogradContext *context, const Variable &map, const Variable &weights,
        std::vector<int64_t> dilations, int64_t size, bool centre, int64_t iterations) {
        context->save_for_backward({weights});
        context->saved_data["dilations"] = dilations;
        context->saved_data["size"] = size;
        context->saved_data["centre"] = centre;
        context->saved_data["iterations"] = iterations;
        return ternPropagate(map, weights, dilations, size, centre, iterations);
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const Variable weights = context->get_saved_variables()[0];
        const Variable result = ternPropagateTransposed(
            gradients[0], weights, context->saved_data["dilations"].toIntVector(),
            context->saved_data["size"].toInt(), context->saved_data["centre"].toBool(),
            context->saved_data["iterations"].toInt());
        return {result, Variable(), Variable(), Variable(), Variable(), Variable()};
    }
};

struct Gather : torch::autograd::Function<Gather> {
    static Variable forward(
        AutogradContext *context, const Variable &map, const Variable &positions, int64_t window) {
        context->save_for_backward({positions});
        context->saved_data["sizes"] = map.sizes().vec();
        return gatherPatches(map, positions, window);
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const Variable positions = context->get_saved_variables()[0];
        const Variable result = scatterPatches(
            gradients[0], positions, context->saved_data["sizes"].toIntVector());
        return {result, Variable(), Variable()};
    }
};

at::Tensor weightsAnywhere(
    const at::Tensor &guide, at::IntArrayRef dilations, int64_t size, bool centre,
    c10::string_view kernel) {
    at::NoGradGuard guard;
    return guide.is_cpu() ? ternWeights(guide, dilations, size, centre, kernel)
                          : ternWeightsComposed(guide, dilations, size, centre, kernel);
}

at::Tensor propagateAnywhere(
    const at::Tensor &map, const at::Tensor &weights, at::IntArrayRef dilations, int64_t size,
    bool centre, int64_t iterations) {
    TORCH_CHECK(
        !weights.requires_grad(), "the weights are data: detach the guide they were made from");
    const at::Tensor refined = map.to(weights.scalar_type());
    const at::Tensor result = map.is_cpu()
        ? Propagate::apply(refined, weights, dilations.vec(), size, centre, iterations)
        : ternPropagateComposed(refined, weights, dilations, size, centre, iterations);
    return result.to(map.scalar_type());
}

at::Tensor gatherAnywhere(const at::Tensor &map, const at::Tensor &positions, int64_t window) {
    return map.is_cpu() ? Gather::apply(map, positions, window)
                        : gatherPatchesComposed(map, positions, window);
}

}  // namespace
}  // namespace matter

TORCH_LIBRARY(matter, library) {
    library.def(
        "tern_weights(Tensor guide, int[] dilations, int size, bool centre, str kernel) -> Tensor",
        matter::weightsAnywhere);
    library.def(
        "tern_propagate(Tensor map, Tensor weights, int[] dilations, int size, bool centre, "
        "int iterations) -> Tensor",
        matter::propagateAnywhere);
    library.def(
        "gather_patches(Tensor map, Tensor positions, int window) -> Tensor",
        matter::gatherAnywhere);
    // For inference, on the CPU.
    library.def(
        "convolve_patches(Tensor maps, Tensor weights, Tensor bias, Tensor? beside, Tensor into, "
        "Tensor out_of, bool cut) -> Tensor",
        matter::convolvePatches);
    library.def(
        "sum_products(Tensor products, Tensor bias, int[] terms, int forms, bool cut) -> Tensor",
        matter::sumProducts);
    library.def(
        "gather_forms(Tensor maps, Tensor positions, int[] places) -> Tensor", matter::gatherForms);
    // The forms from tensor operations under names of their own, for the tests.
    library.def(
        "tern_weights_composed(Tensor guide, int[] dilations, int size, bool centre, str kernel) "
        "-> Tensor",
        matter::ternWeightsComposed);
    library.def(
        "tern_propagate_composed(Tensor map, Tensor weights, int[] dilations, int size, "
        "bool centre, int iterations) -> Tensor",
        matter::ternPropagateComposed);
    library.def(
        "gather_patches_composed(Tensor map, Tensor positions, int window) -> Tensor",
        matter::gatherPatchesComposed);
}
