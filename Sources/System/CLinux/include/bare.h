// The least that starting a program and reading its first byte can cost: what the laboratory's native baseline is held against.
#ifndef ISOLAB_BARE_H
#define ISOLAB_BARE_H

#include <stdint.h>

struct isolab_watch;

/// Instants on CLOCK_MONOTONIC_RAW, and the wait status.
struct isolab_bare {
    uint64_t launched;
    /// The first byte was read; 0 where none came.
    uint64_t ready;
    /// The end of its output was read and the process reaped.
    uint64_t released;
    int32_t status;
};

/// Starts a program by vfork(2), dup3(2) and execve(2), reads what it writes on a pipe to the end, and reaps it: a loop body as a
/// careful C program would have it.
///
/// \param null its standard input.
/// \param complaints its standard error.
/// \param watch where not NULL, what sees its first byte.
/// \return 0, or an errno.
int isolab_bare_start(
    const char *path, char *const argv[], char *const envp[], int null, int complaints, struct isolab_watch *watch,
    struct isolab_bare *result);

#endif
