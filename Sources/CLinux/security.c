#define _GNU_SOURCE
#include "CLinux.h"

#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif

int isolab_landlock_version(void) {
    return (int)syscall(SYS_landlock_create_ruleset, (void *)0, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */);
}
