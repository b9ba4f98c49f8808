// Sixteen values that are computed together. What a lane holds never depends on the width of the machine's registers.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <initializer_list>

// One body, compiled for the widest vectors the machine has; the loader picks.
#if defined(__x86_64__) && defined(__linux__)
#define MATTER_VECTORISED \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MATTER_VECTORISED
#endif

// Into every clone, so that the clone's instructions are used.
#define MATTER_INLINE __attribute__((always_inline)) inline

namespace matter {

constexpr int64_t laneCount = 16;

template <typename T>
using Lanes = T __attribute__((vector_size(laneCount * sizeof(T))));

template <typename T>
MATTER_INLINE void load(const T *from, Lanes<T> &lanes) {
    std::memcpy(&lanes, from, sizeof lanes);
}

template <typename T>
MATTER_INLINE void store(const Lanes<T> &lanes, T *to) {
    std::memcpy(to, &lanes, sizeof lanes);
}

/// `x` becomes e^x, for x ≤ 0, in place; below e^-87 the result is about 1e-38 in float32.
///
/// e^x = 2^k e^r, k the whole number nearest to x / log 2, |r| ≤ log 2 / 2, e^r by its series to the seventh power: 2e-8 of the value.
MATTER_INLINE void exponential(Lanes<float> &x) {
    using Bits = int32_t __attribute__((vector_size(laneCount * sizeof(int32_t))));
    const Lanes<float> floor = Lanes<float>{} - 87;
    x = x > floor ? x : floor;
    const Lanes<float> k = __builtin_elementwise_roundeven(x * 1.44269504f);
    // log 2 in two parts, the first short enough for k times it to be exact.
    const Lanes<float> r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
    Lanes<float> series = Lanes<float>{} + 1.f / 5040;
    for (const float term : {1.f / 720, 1.f / 120, 1.f / 24, 1.f / 6, 1.f / 2, 1.f, 1.f})
        series = series * r + term;
    const Bits exponent = __builtin_convertvector(k, Bits);
    Bits bits;
    std::memcpy(&bits, &series, sizeof bits);
    bits += exponent << 23;
    std::memcpy(&x, &bits, sizeof bits);
}

MATTER_INLINE void exponential(Lanes<double> &x) {
    for (int64_t lane = 0; lane < laneCount; ++lane) x[lane] = std::exp(x[lane]);
}

}  // namespace matter
