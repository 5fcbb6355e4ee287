// The start of a plain process, by a launcher that is suspended meanwhile.
#define _GNU_SOURCE
#include "CLinux.h"
#include "raw.h"

#include <linux/sched.h>

// A descriptor of the child, made with it or by its launcher while it comes to its program, and the word that the kernel clears are each
// some hundredths of a plain process's start. The launcher of this one goes on when it has let go of the memory, and knows it by its
// number until it reaps it.
int isolab_start_plain(struct isolab_child *child, struct clone_args *arguments, void (*main)(void *)) {
    arguments->flags &= ~(uint64_t)(CLONE_PIDFD | CLONE_CHILD_CLEARTID);
    long pid = isolab_clone(arguments, main, child);
    child->alive = 0;
    if (pid < 0) return (int)-pid;
    child->pid = (int32_t)pid;
    child->pidfd = -1;
    return 0;
}
