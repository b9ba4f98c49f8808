// A process group of libtorch, and the one way in which its operations end.
#pragma once

#include "guarded.h"

#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <string>

namespace ctorch {

/// Processes that compute together: what `ctorch_group` points to.
struct Group {
    c10::intrusive_ptr<c10d::Store> store;
    c10::intrusive_ptr<c10d::ProcessGroupGloo> processes;
};

inline Group &group_of(ctorch_group handle) { return *reinterpret_cast<Group *>(handle); }

/// What Gloo said, without the place in its sources.
std::string gloo_reason(const char *message);

/// Runs what talks to other processes; whatever goes wrong there is a broken group.
template <typename Body> auto talking(Body &&body) {
    try {
        return body();
    } catch (const std::exception &error) {
        C10_THROW_ERROR(DistBackendError, gloo_reason(error.what()));
    }
}

/// The sum over all processes, written into `tensor`.
void sum_over(Group &group, at::Tensor tensor);
/// The tensors of all processes, one behind the other along a new first dimension.
at::Tensor gather_from(Group &group, const at::Tensor &tensor);

} // namespace ctorch
