// What the process that drives libvirt needs of itself: prctl and pipe2 are not visible through Swift's Glibc.
#ifndef ISOLAB_VM_H
#define ISOLAB_VM_H

#include <stdint.h>
#include <stddef.h>

/// Makes this process the reaper of its orphaned descendants: libvirt's daemonized QEMU. 0, or errno.
int isolab_vm_adopt_orphans(void);

/// Reaps `pid` if it has ended: its wait status, CPU times in ns and peak resident set in bytes.
/// Returns pid, 0 while it runs, or -1.
int isolab_vm_reap(int pid, int *status, uint64_t *user, uint64_t *system, uint64_t *peak);

/// pipe2(2) with O_CLOEXEC.
int isolab_vm_pipe(int ends[2]);

#endif
