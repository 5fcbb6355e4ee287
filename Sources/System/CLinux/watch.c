#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct isolab_watch {
    pthread_t thread;
    /// Odd while something is looked at; what is written of an older turn is nobody's.
    _Atomic uint32_t turn;
    _Atomic int ends;
    int descriptor;
    uint64_t patience;
    uint64_t seen;
    _Atomic uint32_t seen_turn;
};

// What looks without a pause slows down whoever shares its core (SMT).
static void pause_a_little(void) {
#if defined(__x86_64__)
    for (int count = 0; count < 20; count++) __builtin_ia32_pause();
#endif
}

static void look(struct isolab_watch *watch, uint32_t turn) {
    struct pollfd wanted = {.fd = watch->descriptor, .events = POLLIN};
    uint64_t end = isolab_clock_monotonic_raw() + watch->patience;
    while (atomic_load(&watch->turn) == turn) {
        int count = poll(&wanted, 1, 0);
        uint64_t now = isolab_clock_monotonic_raw();
        if (count > 0 && wanted.revents & (POLLIN | POLLHUP)) {
            watch->seen = now;
            atomic_store(&watch->seen_turn, turn);
            break;
        }
        if (now > end) break;
        pause_a_little();
    }
    // Until the next turn.
    while (atomic_load(&watch->turn) == turn && !atomic_load(&watch->ends)) {
        syscall(SYS_futex, &watch->turn, FUTEX_WAIT_PRIVATE, turn, NULL, NULL, 0);
    }
}

static void *run(void *context) {
    struct isolab_watch *watch = context;
    struct sched_param none = {0};
    // Of the usual class it would take a processor from what it looks at.
    if (sched_setscheduler(0, SCHED_IDLE, &none) < 0) return NULL;
    while (!atomic_load(&watch->ends)) {
        uint32_t turn = atomic_load(&watch->turn);
        if (turn & 1) look(watch, turn);
        else syscall(SYS_futex, &watch->turn, FUTEX_WAIT_PRIVATE, turn, NULL, NULL, 0);
    }
    return NULL;
}

struct isolab_watch *isolab_watch_start(void) {
    struct isolab_watch *watch = calloc(1, sizeof *watch);
    if (!watch) return NULL;
    // Signals are for the thread that measures.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = pthread_create(&watch->thread, NULL, run, watch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        free(watch);
        errno = error;
        return NULL;
    }
    return watch;
}

void isolab_watch_end(struct isolab_watch *watch) {
    atomic_store(&watch->ends, 1);
    // Whoever waits for the turn to change sees it change.
    atomic_fetch_add(&watch->turn, 2);
    syscall(SYS_futex, &watch->turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    pthread_join(watch->thread, NULL);
    free(watch);
}

void isolab_watch_arm(struct isolab_watch *watch, int descriptor, uint64_t patience) {
    watch->descriptor = descriptor;
    watch->patience = patience;
    uint32_t turn = atomic_load(&watch->turn);
    atomic_store(&watch->turn, turn & 1 ? turn + 2 : turn + 1);
    syscall(SYS_futex, &watch->turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

uint64_t isolab_watch_disarm(struct isolab_watch *watch) {
    uint32_t turn = atomic_load(&watch->turn);
    // Read first: what is seen from now on is too late.
    uint64_t seen = atomic_load(&watch->seen_turn) == turn ? watch->seen : 0;
    if (turn & 1) atomic_store(&watch->turn, turn + 1);
    return seen;
}
