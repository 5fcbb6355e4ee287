#ifndef ISOLAB_CWORKLOAD_H
#define ISOLAB_CWORKLOAD_H
#include <stdint.h>

/// exit_group(2)
void isolab_exit(int32_t status) __attribute__((noreturn));

#endif
