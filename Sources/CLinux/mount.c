#define _GNU_SOURCE
#include "CLinux.h"
#include "raw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RECURSIVE 0x8000

int isolab_mapped_tree(const char *source, int recursive, int user_namespace, int deep) {
    int tree = (int)syscall(SYS_open_tree, AT_FDCWD, source, 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC | (recursive ? RECURSIVE : 0));
    if (tree < 0) return -1;
    struct {
        uint64_t set, clear, propagation, user_namespace;
    } attributes = {.set = 0x00100000 /* MOUNT_ATTR_IDMAP */, .user_namespace = (uint64_t)user_namespace};
    int flags = AT_EMPTY_PATH | (deep ? RECURSIVE : 0);
    if (syscall(SYS_mount_setattr, tree, "", flags, &attributes, sizeof attributes) == 0) return tree;
    int number = errno;
    close(tree);
    errno = number;
    return -1;
}

int isolab_debug_files(void) {
    long context = CALL2(SYS_fsopen, "debugfs", FILE_SYSTEM_CLOEXEC);
    long result = context;
    if (context >= 0) {
        result = CALL5(SYS_fsconfig, context, COMMAND_CREATE, NULL, NULL, 0);
        if (result >= 0) result = CALL3(SYS_fsmount, context, FILE_SYSTEM_CLOEXEC, 1 /* read-only */);
        CALL1(SYS_close, context);
    }
    if (result >= 0) return (int)result;
    errno = (int)-result;
    return -1;
}

int isolab_mount_read_only(const char *path) {
    struct {
        uint64_t set, clear, propagation, user_namespace;
    } attributes = {.set = 0x00000001 /* MOUNT_ATTR_RDONLY */};
    return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, RECURSIVE, &attributes, sizeof attributes);
}

int isolab_procfs_takes_namespace(void) {
    long context = CALL2(SYS_fsopen, "proc", FILE_SYSTEM_CLOEXEC);
    if (context < 0) return 0;
    long own = CALL4(SYS_openat, AT_FDCWD, "/proc/self/ns/pid", O_RDONLY | O_CLOEXEC, 0);
    long result = own < 0 ? own : CALL5(SYS_fsconfig, context, SET_DESCRIPTOR, "pidns", NULL, own);
    if (own >= 0) CALL1(SYS_close, own);
    CALL1(SYS_close, context);
    return result >= 0;
}
