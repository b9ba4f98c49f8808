// Threads, seeds, autocast, and CUDA loaded when asked for.
#include "guarded.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/version.h>

#include <dlfcn.h>
#include <malloc.h>

#include <string>

using namespace ctorch;

namespace {

/// libtorch_cuda.so beside the libtorch_cpu.so that this process uses.
std::string cuda_library() {
    Dl_info here{};
    if (!dladdr(reinterpret_cast<void *>(&at::get_num_threads), &here) || !here.dli_fname) return "libtorch_cuda.so";
    const std::string cpu = here.dli_fname;
    const auto slash = cpu.rfind('/');
    return slash == std::string::npos ? "libtorch_cuda.so" : cpu.substr(0, slash + 1) + "libtorch_cuda.so";
}

/// Loads it once; the answer is the reason why not, or nothing.
const std::string &load_cuda() {
    static const std::string problem = [] {
        if (dlopen(cuda_library().c_str(), RTLD_NOW | RTLD_GLOBAL)) return std::string();
        const char *reason = dlerror();
        return std::string(reason ? reason : "libtorch_cuda.so could not be loaded");
    }();
    return problem;
}

bool cuda_is_loaded() { return c10::impl::hasDeviceGuardImpl(c10::DeviceType::CUDA); }

} // namespace

int ctorch_autocast_enter(int device_type, int dtype) {
    return guarded(-2, [&] {
        const auto device = static_cast<c10::DeviceType>(device_type);
        const int before = at::autocast::is_autocast_enabled(device)
                               ? static_cast<int>(at::autocast::get_autocast_dtype(device)) : -1;
        at::autocast::set_autocast_dtype(device, static_cast<at::ScalarType>(dtype));
        at::autocast::set_autocast_enabled(device, true);
        at::autocast::increment_nesting();
        return before;
    });
}

void ctorch_autocast_exit(int device_type, int before) {
    const auto device = static_cast<c10::DeviceType>(device_type);
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device, before >= 0);
    if (before >= 0) at::autocast::set_autocast_dtype(device, static_cast<at::ScalarType>(before));
}

void ctorch_set_threads(int count) { at::set_num_threads(count); }
int ctorch_threads(void) { return at::get_num_threads(); }

const char *ctorch_version(void) { return TORCH_VERSION; }

void ctorch_retain_freed_memory(void) {
#ifdef __GLIBC__
    // 32 MiB is the most that glibc takes here; larger blocks always come fresh from the kernel.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}

int ctorch_set_deterministic(bool on) {
    return guarded([&] { at::globalContext().setDeterministicAlgorithms(on, /*warn_only=*/false); });
}

int ctorch_seed(uint64_t seed) {
    return guarded([&] {
        // Asking the context for CUDA before it is loaded would make it say "none" for ever.
        if (cuda_is_loaded()) return at::manual_seed(seed);
        auto generator = at::detail::getDefaultCPUGenerator();
        const std::lock_guard<std::mutex> lock(generator.mutex());
        generator.set_current_seed(seed);
    });
}

ctorch_tensor ctorch_random_state(void) {
    return guarded(ctorch_tensor{}, [&] {
        auto generator = at::detail::getDefaultCPUGenerator();
        const std::lock_guard<std::mutex> lock(generator.mutex());
        return wrap(generator.get_state());
    });
}

int ctorch_set_random_state(ctorch_tensor state) {
    return guarded([&] {
        auto generator = at::detail::getDefaultCPUGenerator();
        const std::lock_guard<std::mutex> lock(generator.mutex());
        generator.set_state(unwrap(state));
    });
}

int ctorch_cuda_devices(void) {
    return guarded(-1, [&] {
        const auto &problem = load_cuda();
        if (!problem.empty() || !cuda_is_loaded()) {
            record(CTORCH_UNAVAILABLE, problem.empty() ? "libtorch_cuda registered no device" : problem.c_str());
            return -1;
        }
        const int count = c10::impl::getDeviceGuardImpl(c10::DeviceType::CUDA)->deviceCount();
        if (count == 0) record(CTORCH_UNAVAILABLE, "no NVIDIA GPU or driver was found");
        return count;
    });
}
