// The steps that cover what a container shall not see or not change.
#define _GNU_SOURCE
#include "raw.h"

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

// A path that shall be masked or read-only: by way of the procfs and the sysfs that were mounted.
static long open_covered(const struct isolab_child *child, const char *path) {
    const char *rest = isolab_below(path, "/proc");
    if (child->proc >= 0 && (rest || isolab_is_equal(path, "/proc"))) {
        return isolab_open_from(child->proc, rest ? rest : ".", O_PATH, RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH);
    }
    rest = isolab_below(path, "/sys");
    if (child->sys >= 0 && rest) return isolab_open_from(child->sys, rest, O_PATH, RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH);
    return isolab_open_inside(child, path, O_PATH, 0);
}

// The container's /dev/null, made sure to be the null device: a link put in its place would be mounted over what was to
// be masked, writable (CVE-2025-31133).
static long null_device(struct isolab_child *child) {
    if (child->null >= 0) return child->null;
    long descriptor = isolab_open_inside(child, "/dev/null", O_PATH | O_NOFOLLOW, 0);
    if (descriptor < 0) return descriptor;
    struct stat status;
    long result = CALL4(SYS_newfstatat, descriptor, "", &status, AT_EMPTY_PATH);
    if (result >= 0 && (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3))) result = -ENODEV;
    if (result < 0) {
        CALL1(SYS_close, descriptor);
        return result;
    }
    child->null = (int32_t)descriptor;
    return descriptor;
}

// An empty read-only directory; all that is masked by one is masked by the same.
static long attach_empty(struct isolab_child *child, long place) {
    long tree;
    if (child->empty < 0) {
        const char *const options[] = {"size", "0", "nr_inodes", "2", NULL, NULL};
        tree = isolab_new_tree("tmpfs", options, 1 /* ro */ | 2 /* nosuid */ | 4 /* nodev */ | 8 /* noexec */, -1);
    } else {
        tree = CALL3(SYS_open_tree, child->empty, "", TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH);
    }
    if (tree < 0) return tree;
    long result = CALL5(SYS_move_mount, tree, "", place, "", MOVE_FROM_EMPTY_PATH | TO_EMPTY_PATH);
    // Once attached it can be cloned; kept until the descriptors are closed.
    if (result >= 0 && child->empty < 0) child->empty = (int32_t)tree;
    else CALL1(SYS_close, tree);
    return result;
}

static long attach_null(struct isolab_child *child, long place) {
    long null = null_device(child);
    if (null < 0) return null;
    long tree = CALL3(SYS_open_tree, null, "", TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH);
    if (tree < 0) return tree;
    long result = CALL5(SYS_move_mount, tree, "", place, "", MOVE_FROM_EMPTY_PATH | TO_EMPTY_PATH);
    CALL1(SYS_close, tree);
    return result;
}

long isolab_mask_path(struct isolab_child *child, const char *path) {
    long place = open_covered(child, path);
    if (place < 0) return is_absent(place) ? 0 : place;
    struct stat status;
    long result = CALL4(SYS_newfstatat, place, "", &status, AT_EMPTY_PATH);
    // A file cannot cover a directory.
    if (result >= 0) result = S_ISDIR(status.st_mode) ? attach_empty(child, place) : attach_null(child, place);
    CALL1(SYS_close, place);
    return result;
}

long isolab_make_path_read_only(const struct isolab_child *child, const char *path) {
    long place = open_covered(child, path);
    if (place < 0) return is_absent(place) ? 0 : place;
    long tree = CALL3(SYS_open_tree, place, "", TREE_CLONE | TREE_RECURSIVE | O_CLOEXEC | AT_EMPTY_PATH);
    long result = tree;
    if (tree >= 0) {
        struct mount_attributes attributes = {.set = ATTRIBUTE_READ_ONLY};
        result = CALL5(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
        if (result >= 0) {
            result = CALL5(SYS_move_mount, tree, "", place, "", MOVE_FROM_EMPTY_PATH | TO_EMPTY_PATH);
        }
        CALL1(SYS_close, tree);
    }
    CALL1(SYS_close, place);
    return result;
}
