#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int isolab_vm_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : errno; }

int isolab_vm_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

static uint64_t nanoseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000000ull + (uint64_t)time.tv_usec * 1000ull;
}

int isolab_vm_reap(int pid, int *status, uint64_t *user, uint64_t *system, uint64_t *peak) {
    struct rusage usage;
    pid_t reaped = wait4(pid, status, WNOHANG, &usage);
    if (reaped > 0) {
        *user = nanoseconds(usage.ru_utime);
        *system = nanoseconds(usage.ru_stime);
        *peak = (uint64_t)usage.ru_maxrss * 1024ull;
    }
    return reaped;
}
