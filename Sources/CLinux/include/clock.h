// The host's clock. Swift's Glibc overlay imports clock_gettime, but not every clock identifier as a constant;
// one inline call keeps the instant free of bridging.
#ifndef ISOLAB_CLOCK_H
#define ISOLAB_CLOCK_H

#include <stdint.h>
#include <time.h>

/// Nanoseconds on CLOCK_MONOTONIC_RAW (clock_gettime(2)): the one clock every event of a run is stamped with.
static inline uint64_t isolab_clock_monotonic_raw(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

#endif
