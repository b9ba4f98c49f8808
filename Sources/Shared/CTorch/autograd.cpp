// What the dispatcher cannot do of autograd: leaves, backward, gradients, the tape's switch.
#include "guarded.h"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

using namespace ctorch;

bool ctorch_requires_grad(ctorch_tensor tensor) { return unwrap(tensor).requires_grad(); }

int ctorch_set_requires_grad(ctorch_tensor tensor, bool on) {
    return guarded([&] { unwrap(tensor).requires_grad_(on); });
}

bool ctorch_is_leaf(ctorch_tensor tensor) { return unwrap(tensor).is_leaf(); }

int ctorch_backward(ctorch_tensor tensor, ctorch_tensor gradient, bool keep_graph) {
    return guarded([&] { torch::autograd::backward({unwrap(tensor)}, {unwrap(gradient)}, keep_graph); });
}

ctorch_tensor ctorch_gradient(ctorch_tensor tensor) {
    return guarded(ctorch_tensor{}, [&] { return wrap(unwrap(tensor).grad()); });
}

int ctorch_set_gradient(ctorch_tensor tensor, ctorch_tensor gradient) {
    return guarded([&] { unwrap(tensor).mutable_grad() = unwrap(gradient); });
}

int ctorch_gradients(const ctorch_tensor *outputs, size_t output_count, const ctorch_tensor *inputs, size_t input_count,
                     bool create_graph, ctorch_tensor *results) {
    return guarded([&] {
        torch::autograd::variable_list from, by;
        for (size_t i = 0; i < output_count; ++i) from.push_back(unwrap(outputs[i]));
        for (size_t i = 0; i < input_count; ++i) by.push_back(unwrap(inputs[i]));
        auto found = torch::autograd::grad(from, by, {}, create_graph, create_graph, /*allow_unused=*/true);
        for (size_t i = 0; i < input_count; ++i) results[i] = wrap(std::move(found[i]));
    });
}

int ctorch_set_data(ctorch_tensor tensor, ctorch_tensor other) {
    return guarded([&] { unwrap(tensor).set_data(unwrap(other)); });
}

bool ctorch_set_grad_enabled(bool on) {
    const bool before = c10::GradMode::is_enabled();
    c10::GradMode::set_enabled(on);
    return before;
}
