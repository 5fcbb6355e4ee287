// libseccomp, and the one system call its export needs that Swift's Glibc does not show.
#include <seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

// memfd_create(2) with MFD_CLOEXEC: libseccomp writes a program to a descriptor only.
static inline int isolab_seccomp_memfd(void) {
    return (int)syscall(SYS_memfd_create, "seccomp-program", 1u);
}
