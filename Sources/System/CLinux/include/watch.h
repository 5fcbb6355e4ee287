// Says when something can be read without being waked for it: a thread that looks again and again, whenever a processor has nothing
// else to do.
//
// Why C: the thread's loop may allocate nothing and must be over as soon as it is told.
#ifndef ISOLAB_WATCH_H
#define ISOLAB_WATCH_H

#include <stdint.h>

struct isolab_watch;

/// Starts the thread, of the scheduling class SCHED_IDLE: it takes no processor from anybody. NULL and errno where it cannot.
struct isolab_watch *isolab_watch_start(void);

/// Ends and frees it.
void isolab_watch_end(struct isolab_watch *watch);

/// Looks at a descriptor from now on, for so many nanoseconds at most.
void isolab_watch_arm(struct isolab_watch *watch, int descriptor, uint64_t patience);

/// Looks no more. Answers the instant (CLOCK_MONOTONIC_RAW) at which there was something to read; 0 where it saw none.
uint64_t isolab_watch_disarm(struct isolab_watch *watch);

#endif
