// The C door to libtorch. Every function that can fail returns a null handle or a negative number, and
// `ctorch_error` then tells why: no C++ exception leaves this library.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// MARK: Handles

/// A tensor, reference-counted by libtorch; each handle is owned by whoever got it and ends with `ctorch_free`.
typedef struct ctorch_tensor_ *ctorch_tensor;
/// An operator of the dispatcher; lives as long as the process.
typedef struct ctorch_operator_ *ctorch_operator;

void ctorch_free(ctorch_tensor tensor);
/// Handles that are alive now, in the whole process.
int64_t ctorch_live_handles(void);

// MARK: Errors

/// What a caller may branch on.
enum ctorch_failure { CTORCH_INVALID = 1, CTORCH_OUT_OF_MEMORY = 2, CTORCH_UNAVAILABLE = 3, CTORCH_INTERNAL = 4, CTORCH_DISCONNECTED = 5 };

/// The message of this thread's last failure.
const char *ctorch_error(void);
/// The kind (`ctorch_failure`) of this thread's last failure.
int ctorch_error_kind(void);

// MARK: The boxed call

enum ctorch_tag {
    CTORCH_NONE,
    CTORCH_TENSOR,       // bits: the handle, borrowed in arguments, owned in results
    CTORCH_INTEGER,      // bits: int64_t; also dtypes and memory formats
    CTORCH_NUMBER,       // bits: double
    CTORCH_BOOLEAN,      // bits: 0 or 1
    CTORCH_DEVICE,       // bits: the device type; count: the index
    CTORCH_STRING,       // bits: const char *, `count` bytes
    CTORCH_TENSOR_LIST,  // `count` values follow, each a tensor or none
    CTORCH_INTEGER_LIST, // `count` values follow
    CTORCH_NUMBER_LIST,  // `count` values follow
};

/// One argument or result. A list is a header and its elements behind it, so that arguments are one flat array.
typedef struct {
    int32_t tag;
    int32_t count;
    uint64_t bits;
} ctorch_value;

/// Looks an operator up by name ("aten::add") and overload ("Tensor").
ctorch_operator ctorch_find(const char *name, const char *overload);
/// Calls it; arguments left out take the schema's defaults. Writes at most `capacity` results, lists laid flat;
/// returns how many there were, or -1.
int64_t ctorch_call(ctorch_operator op, const ctorch_value *arguments, size_t count, ctorch_value *results, size_t capacity);

// MARK: Tensors and host memory

/// Copies `bytes` of host memory into a new tensor on the CPU.
ctorch_tensor ctorch_from_host(const void *data, size_t bytes, int dtype, const int64_t *shape, size_t rank);
/// Copies a tensor's values, row-major, into `bytes` of host memory.
int ctorch_to_host(ctorch_tensor tensor, void *data, size_t bytes);
/// The shape, borrowed from the tensor; `rank` is written.
const int64_t *ctorch_shape(ctorch_tensor tensor, size_t *rank);
int ctorch_dtype(ctorch_tensor tensor);
void ctorch_device(ctorch_tensor tensor, int *type, int *index);
/// A second handle to the same tensor.
ctorch_tensor ctorch_share(ctorch_tensor tensor);

// MARK: Autograd

bool ctorch_requires_grad(ctorch_tensor tensor);
int ctorch_set_requires_grad(ctorch_tensor tensor, bool on);
bool ctorch_is_leaf(ctorch_tensor tensor);
/// Back-propagates from `tensor` with `gradient` (null: one, for a scalar).
int ctorch_backward(ctorch_tensor tensor, ctorch_tensor gradient, bool keep_graph);
/// The gradient that backward left in a leaf; null without one (then no error is set).
ctorch_tensor ctorch_gradient(ctorch_tensor tensor);
int ctorch_set_gradient(ctorch_tensor tensor, ctorch_tensor gradient);
/// Gradients of the sum of `outputs` by each input; writes one handle an input (null where unused).
int ctorch_gradients(const ctorch_tensor *outputs, size_t output_count, const ctorch_tensor *inputs, size_t input_count,
                     bool create_graph, ctorch_tensor *results);
/// Gives a tensor the storage, dtype and device of another, keeping its identity (for moving a module).
int ctorch_set_data(ctorch_tensor tensor, ctorch_tensor other);
/// Switches this thread's tape on or off and returns how it was.
bool ctorch_set_grad_enabled(bool on);

// MARK: Runtime

/// Switches this thread's autocast on; returns the dtype that was in force, -1 for off, or -2 on failure.
int ctorch_autocast_enter(int device_type, int dtype);
/// Goes back to what `ctorch_autocast_enter` returned.
void ctorch_autocast_exit(int device_type, int before);
void ctorch_set_threads(int count);
int ctorch_threads(void);
// libtorch's version, "2.11.0".
const char *ctorch_version(void);
/// Lets glibc's allocator keep up to 1 GiB that was freed, where it would give it back and ask again at every step.
void ctorch_retain_freed_memory(void);
int ctorch_set_deterministic(bool on);
int ctorch_seed(uint64_t seed);
ctorch_tensor ctorch_random_state(void);
int ctorch_set_random_state(ctorch_tensor state);
/// Loads libtorch_cuda if that was not done yet; returns how many GPUs can be used, or -1.
int ctorch_cuda_devices(void);

// MARK: Process groups

/// Processes that compute together; whoever joined leaves with `ctorch_group_leave`.
typedef struct ctorch_group_ *ctorch_group;
/// Sums gradients over a group while backward goes on; must end before its group.
typedef struct ctorch_reducer_ *ctorch_reducer;

/// Where and how processes find each other.
typedef struct {
    const char *host;      // of the store
    int port;
    bool serves;           // whether this process is the store
    const char *prefix;    // of the store's keys: which attempt of which run
    const char *interface; // network interface to talk by; null or "" for the host's address
    int rank, size;
    int64_t timeout_ms;    // for joining and for every collective
} ctorch_meeting;

ctorch_group ctorch_group_join(const ctorch_meeting *meeting);
void ctorch_group_leave(ctorch_group group);
/// Writes the sum over all processes into the tensor.
int ctorch_group_sum(ctorch_group group, ctorch_tensor tensor);
/// Overwrites the tensor, which must be contiguous, with that of process `root`.
int ctorch_group_broadcast(ctorch_group group, ctorch_tensor tensor, int root);
/// The tensors of all processes along a new first dimension; shapes must agree. No gradients.
ctorch_tensor ctorch_group_gather(ctorch_group group, ctorch_tensor tensor);
/// Waits until all processes are here.
int ctorch_group_barrier(ctorch_group group);
/// Batch normalisation of a training step with the moments of all processes' batches; differentiable.
ctorch_tensor ctorch_group_norm(ctorch_group group, ctorch_tensor input, ctorch_tensor weight, ctorch_tensor bias,
                                ctorch_tensor running_mean, ctorch_tensor running_variance, double momentum, double epsilon);

/// Watches over parameters; buckets hold at most `bytes`, or one parameter.
ctorch_reducer ctorch_reducer_make(ctorch_group group, const ctorch_tensor *parameters, size_t count, size_t bytes);
void ctorch_reducer_free(ctorch_reducer reducer);
/// To be called before the backward whose gradients are summed.
int ctorch_reducer_begin(ctorch_reducer reducer);
/// Waits for all sums; every gradient is then that of all processes together.
int ctorch_reducer_finish(ctorch_reducer reducer);
/// How many buckets of the last step began to travel while backward still owed gradients.
size_t ctorch_reducer_early(ctorch_reducer reducer);

#ifdef __cplusplus
}
#endif
