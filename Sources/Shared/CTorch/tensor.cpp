// Handles, shapes, and copies from and to host memory.
#include "guarded.h"

#include <ATen/Functions.h>

#include <cstring>

using namespace ctorch;

void ctorch_free(ctorch_tensor tensor) {
    if (!tensor) return;
    c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(implementation(tensor));
    live_handles.fetch_sub(1, std::memory_order_relaxed);
}

int64_t ctorch_live_handles(void) { return live_handles.load(std::memory_order_relaxed); }

ctorch_tensor ctorch_from_host(const void *data, size_t bytes, int dtype, const int64_t *shape, size_t rank) {
    return guarded(ctorch_tensor{}, [&] {
        auto tensor = at::empty(at::IntArrayRef(shape, rank), static_cast<at::ScalarType>(dtype));
        TORCH_CHECK(tensor.nbytes() == bytes, "shape ", tensor.sizes(), " needs ", tensor.nbytes(), " bytes, got ", bytes);
        if (bytes) std::memcpy(tensor.mutable_data_ptr(), data, bytes);
        return wrap(std::move(tensor));
    });
}

int ctorch_to_host(ctorch_tensor handle, void *data, size_t bytes) {
    return guarded([&] {
        const auto tensor = unwrap(handle).detach().to(at::kCPU).contiguous();
        TORCH_CHECK(tensor.nbytes() == bytes, "shape ", tensor.sizes(), " holds ", tensor.nbytes(), " bytes, asked for ", bytes);
        if (bytes) std::memcpy(data, tensor.const_data_ptr(), bytes);
    });
}

const int64_t *ctorch_shape(ctorch_tensor tensor, size_t *rank) {
    const auto sizes = implementation(tensor)->sizes();
    *rank = sizes.size();
    return sizes.data();
}

int ctorch_dtype(ctorch_tensor tensor) {
    return static_cast<int>(c10::typeMetaToScalarType(implementation(tensor)->dtype()));
}

void ctorch_device(ctorch_tensor tensor, int *type, int *index) {
    const auto device = implementation(tensor)->device();
    *type = static_cast<int>(device.type());
    *index = device.has_index() ? device.index() : 0;
}

ctorch_tensor ctorch_share(ctorch_tensor tensor) { return wrap(unwrap(tensor)); }
