// Host memory of tensors, looked at where it lies.
#include "include/ctorch_host.h"

#include "guarded.h"

using namespace ctorch;

void *ctorch_host_memory(ctorch_tensor handle, size_t *bytes) {
    return guarded(static_cast<void *>(nullptr), [&] {
        const auto tensor = unwrap(handle);
        TORCH_CHECK(tensor.device().is_cpu() && tensor.is_contiguous(), "host memory of shape ", tensor.sizes(), " on ", tensor.device());
        *bytes = tensor.nbytes();
        return tensor.mutable_data_ptr();
    });
}
