// What every file of the door shares: handles, and the one place where C++ exceptions end.
#pragma once

#include "include/ctorch.h"

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <atomic>
#include <exception>
#include <new>
#include <string>

namespace ctorch {

/// The last failure of this thread.
struct Failure {
    std::string message;
    int kind = 0;
};
Failure &last_failure();
void record(int kind, const char *message);

extern std::atomic<int64_t> live_handles;

/// Hands a tensor out; an undefined one becomes null.
inline ctorch_tensor wrap(at::Tensor tensor) {
    if (!tensor.defined()) return nullptr;
    live_handles.fetch_add(1, std::memory_order_relaxed);
    return reinterpret_cast<ctorch_tensor>(tensor.unsafeReleaseTensorImpl());
}

inline c10::TensorImpl *implementation(ctorch_tensor handle) { return reinterpret_cast<c10::TensorImpl *>(handle); }

/// A counted reference to the tensor of a handle; null gives the undefined tensor.
inline at::Tensor unwrap(ctorch_tensor handle) {
    if (!handle) return {};
    return at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim_copy(implementation(handle)));
}

/// Runs `body`; on any exception keeps its message and returns `failed`.
template <typename Result, typename Body> Result guarded(Result failed, Body &&body) noexcept {
    try {
        return body();
    } catch (const c10::OutOfMemoryError &error) {
        record(CTORCH_OUT_OF_MEMORY, error.what_without_backtrace());
    } catch (const c10::DistError &error) {
        record(CTORCH_DISCONNECTED, error.what_without_backtrace());
    } catch (const c10::Error &error) {
        record(CTORCH_INVALID, error.what_without_backtrace());
    } catch (const std::bad_alloc &) {
        record(CTORCH_OUT_OF_MEMORY, "out of memory");
    } catch (const std::exception &error) {
        record(CTORCH_INVALID, error.what());
    } catch (...) {
        record(CTORCH_INTERNAL, "libtorch threw something that is not an exception");
    }
    return failed;
}

/// The same for functions that return 0 when all went well and -1 otherwise.
template <typename Body> int guarded(Body &&body) noexcept {
    return guarded(-1, [&] {
        body();
        return 0;
    });
}

} // namespace ctorch
