// Host memory of tensors, looked at where it lies.
#pragma once

#include "ctorch.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The first byte of a tensor on the CPU whose values lie row-major without gaps, valid as long as the tensor is; null for others.
void *ctorch_host_memory(ctorch_tensor tensor, size_t *bytes);

#ifdef __cplusplus
}
#endif
