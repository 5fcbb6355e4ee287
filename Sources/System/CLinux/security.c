#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif

int isolab_harmless_call(int call) {
    errno = 0;
    switch (call) {
    case 0: syscall(SYS_keyctl, -1, 0, 0, 0, 0); break;
    case 1: syscall(SYS_userfaultfd, -1); break;
    case 2: syscall(SYS_add_key, (void *)0, (void *)0, (void *)0, 0, 0); break;
    default: errno = EINVAL;
    }
    return errno;
}

int isolab_landlock_version(void) {
    return (int)syscall(SYS_landlock_create_ruleset, (void *)0, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */);
}
