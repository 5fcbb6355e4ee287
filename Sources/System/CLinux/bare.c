#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

// Said again because this target is compiled without the compiler's own knowledge of functions.
pid_t vfork(void) __attribute__((returns_twice));

int isolab_bare_start(
    const char *path, char *const argv[], char *const envp[], int null, int complaints, struct isolab_watch *watch,
    struct isolab_bare *result) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return errno;
    volatile int error = 0;
    result->ready = 0;
    // The first byte is seen as the harness sees it.
    if (watch) isolab_watch_arm(watch, ends[0], 50000000);
    result->launched = isolab_clock_monotonic_raw();
    pid_t child = vfork();
    if (child == 0) {
        if (dup3(null, 0, 0) >= 0 && dup3(ends[1], 1, 0) >= 0 && dup3(complaints, 2, 0) >= 0) execve(path, argv, envp);
        error = errno;
        _exit(127);
    }
    if (child < 0) error = errno;
    close(ends[1]);
    char buffer[4096];
    while (child > 0) {
        ssize_t count = read(ends[0], buffer, sizeof buffer);
        if (count > 0 && !result->ready) {
            result->ready = isolab_clock_monotonic_raw();
            uint64_t seen = watch ? isolab_watch_disarm(watch) : 0;
            if (seen && seen < result->ready) result->ready = seen;
        }
        if (count == 0 || (count < 0 && errno != EINTR)) break;
    }
    while (child > 0 && waitpid(child, &result->status, 0) < 0 && errno == EINTR) {}
    result->released = isolab_clock_monotonic_raw();
    if (watch) isolab_watch_disarm(watch);
    close(ends[0]);
    return error;
}
