#include "CLinux.h"

#include <time.h>

uint64_t isolab_clock_monotonic_raw(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}
