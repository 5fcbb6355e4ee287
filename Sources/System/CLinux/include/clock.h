// The host's clock. Swift's Glibc overlay imports clock_gettime, but not every clock identifier as a constant.
//
// <time.h> is not included here: a module that declared its types first would be taken for their owner.
#ifndef ISOLAB_CLOCK_H
#define ISOLAB_CLOCK_H

#include <stdint.h>

/// Nanoseconds on CLOCK_MONOTONIC_RAW (clock_gettime(2)): the one clock every event of a run is stamped with.
uint64_t isolab_clock_monotonic_raw(void);

#endif
