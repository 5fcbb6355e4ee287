// What isolab-keeper needs of the C library that Embedded Swift cannot call by itself: functions of variable arguments, macros, errno.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline int keeper_errno(void) { return errno; }

/// The log: appended to, made where it is missing, for its owner alone.
int keeper_open_log(const char *path);

/// Has the C library give back what is freed: a keeper lives long and does little.
void keeper_save_memory(void);

/// Blocks the signals that are read, and answers a descriptor that reads them, non-blocking and close-on-exec; −1 where that fails.
int keeper_hold_signals(void);
/// The next of them, 0 where there is none.
int keeper_next_signal(int descriptor);

/// The next connection of a socket, close-on-exec; −1 where there is none.
int keeper_accept(int socket);

void keeper_set_nonblocking(int descriptor);
/// Whether a descriptor goes over to the next program.
void keeper_set_inherited(int descriptor, int is);
void keeper_resize(int terminal, int rows, int columns);

/// Reaps a child that has ended: 1, its status as a shell has it in `status`; 0 while it runs; −1 where there is none.
int keeper_reap(int pid, int *status);
/// The same, of any child but one that is named: its number, or 0.
int keeper_reap_other(int kept, int *status);

/// Starts a program with a pipe as its standard output, in a process group of its own: the reading end, or −1. `pid` is its number.
int keeper_start(char *const *arguments, int *pid);

/// Nanoseconds of CLOCK_MONOTONIC.
int64_t keeper_now(void);
void keeper_instant(int64_t *seconds, int64_t *nanoseconds);

/// Becomes another program, with no signal held. Comes back where that fails.
void keeper_become(char *const *arguments);
