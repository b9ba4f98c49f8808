// Failures are kept a thread, as errno is.
#include "guarded.h"

#include <cstring>

namespace ctorch {

std::atomic<int64_t> live_handles{0};

Failure &last_failure() {
    thread_local Failure failure;
    return failure;
}

void record(int kind, const char *message) {
    // The CPU allocator throws a plain error, which only its text tells apart.
    if (kind == CTORCH_INVALID && std::strstr(message, "DefaultCPUAllocator")) kind = CTORCH_OUT_OF_MEMORY;
    last_failure() = {message, kind};
}

} // namespace ctorch

const char *ctorch_error(void) { return ctorch::last_failure().message.c_str(); }
int ctorch_error_kind(void) { return ctorch::last_failure().kind; }
