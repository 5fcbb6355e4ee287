#define _GNU_SOURCE
#include "CLinux.h"
#include "raw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RECURSIVE 0x8000

struct tree_attributes {
    uint64_t set, clear, propagation, user_namespace;
};

static int change_tree(int tree, int flags, struct tree_attributes attributes) {
    return (int)syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | flags, &attributes, sizeof attributes);
}

int isolab_host_tree(const char *source, int recursive, int follows) {
    int tree = (int)syscall(SYS_open_tree, AT_FDCWD, source, 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC | (recursive ? RECURSIVE : 0));
    if (tree < 0 || !follows) return tree;
    if (change_tree(tree, RECURSIVE, (struct tree_attributes){.propagation = 1 << 19 /* MS_SLAVE */}) == 0) return tree;
    int number = errno;
    close(tree);
    errno = number;
    return -1;
}

int isolab_map_tree(int tree, int user_namespace, int deep) {
    return change_tree(
        tree, deep ? RECURSIVE : 0,
        (struct tree_attributes){.set = 0x00100000 /* MOUNT_ATTR_IDMAP */, .user_namespace = (uint64_t)user_namespace});
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
