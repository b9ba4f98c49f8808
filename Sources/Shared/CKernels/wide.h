// What all inner loops are compiled with.
#pragma once

// The same code for wider registers where the machine has them. Nothing is contracted, and every loop adds in an order of its own,
// so that the bits do not depend on the width.
#if defined(__x86_64__) && defined(__linux__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif
#define INLINE static inline __attribute__((always_inline))
