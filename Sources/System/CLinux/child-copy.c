// tmpcopyup: what a directory of the image holds is copied into the tmpfs that will cover it. Without allocation, so
// with a bound on depth; each level has a buffer on the stack.
//
// The image may be changed by others meanwhile. Each entry is looked at by a descriptor that stays with it, and copied by that;
// only a regular file must be opened by its name once more, and is the one that was looked at or the copy fails. All of it in a
// copy of the mount on which devices cannot be opened, whatever takes a file's place.
#define _GNU_SOURCE
#include "raw.h"

#include <sys/stat.h>

#define DEPTH 24
#define BUFFER 4096
#define NO_DEVICES 4ull

struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

static long copy_directory(int from, int to, int depth);

static int is_same(const struct stat *one, const struct stat *other) {
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino &&
           (one->st_mode & S_IFMT) == (other->st_mode & S_IFMT);
}

static long copy_content(int from, const char *name, int to, const struct stat *status) {
    long source = CALL4(SYS_openat, from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    if (source < 0) return source;
    struct stat opened;
    long result = CALL4(SYS_newfstatat, source, "", &opened, AT_EMPTY_PATH);
    if (result >= 0 && !is_same(&opened, status)) result = -ESTALE;
    long target = result < 0 ? result
                             : CALL4(SYS_openat, to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (target >= 0) {
        do result = CALL4(SYS_sendfile, target, source, NULL, 1 << 30);
        while (result > 0 || result == -EINTR);
        CALL1(SYS_close, target);
    } else {
        result = target;
    }
    CALL1(SYS_close, source);
    return result;
}

// Its buffer is not to be on the stack of every level.
__attribute__((noinline)) static long copy_link(int link, int to, const char *name) {
    char text[PATH_LIMIT];
    long length = CALL4(SYS_readlinkat, link, "", text, sizeof text);
    if (length < 0) return length;
    if (length >= (long)sizeof text) return -ENAMETOOLONG;
    text[length] = 0;
    return CALL3(SYS_symlinkat, text, to, name);
}

static long copy_below(int place, int to, const char *name, int depth) {
    long result = CALL3(SYS_mkdirat, to, name, 0700);
    if (result < 0) return result;
    long source = CALL4(SYS_openat, place, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    long target = source < 0 ? source : CALL4(SYS_openat, to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    result = target < 0 ? target : copy_directory((int)source, (int)target, depth + 1);
    if (target >= 0) CALL1(SYS_close, target);
    if (source >= 0) CALL1(SYS_close, source);
    return result;
}

static long copy_entry(int from, const char *name, int to, int depth) {
    long place = CALL4(SYS_openat, from, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
    // Gone since it was listed.
    if (place < 0) return place == -ENOENT ? 0 : place;
    struct stat status;
    long result = CALL4(SYS_newfstatat, place, "", &status, AT_EMPTY_PATH);
    if (result >= 0) {
        if (S_ISDIR(status.st_mode)) result = copy_below((int)place, to, name, depth);
        else if (S_ISREG(status.st_mode)) result = copy_content(from, name, to, &status);
        else if (S_ISLNK(status.st_mode)) result = copy_link((int)place, to, name);
        else result = CALL4(SYS_mknodat, to, name, status.st_mode, status.st_rdev);
    }
    CALL1(SYS_close, place);
    // Nobody else has the tree that is copied to: a name in it is safe.
    if (result >= 0) result = CALL5(SYS_fchownat, to, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW);
    if (result >= 0 && !S_ISLNK(status.st_mode)) result = CALL3(SYS_fchmodat, to, name, status.st_mode & 07777);
    return result < 0 ? result : 0;
}

static long copy_directory(int from, int to, int depth) {
    if (depth > DEPTH) return -ELOOP;
    char buffer[BUFFER] __attribute__((aligned(8)));
    for (;;) {
        long count = CALL3(SYS_getdents64, from, buffer, sizeof buffer);
        if (count <= 0) return count;
        for (long place = 0; place < count;) {
            const struct entry *entry = (const struct entry *)(buffer + place);
            place += entry->length;
            const char *name = entry->name;
            if (name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0))) continue;
            long result = copy_entry(from, name, to, depth);
            if (result < 0) return result;
        }
    }
}

// The directory in a copy of its mount.
static long open_source(const struct isolab_child *child, const char *path) {
    long place = isolab_open_inside(child, path, O_PATH | O_DIRECTORY, 0);
    if (place < 0) return place;
    long copy = CALL3(SYS_open_tree, place, "", TREE_CLONE | TREE_RECURSIVE | O_CLOEXEC | AT_EMPTY_PATH);
    CALL1(SYS_close, place);
    if (copy < 0) return copy;
    struct mount_attributes attributes = {.set = NO_DEVICES};
    long result = CALL5(SYS_mount_setattr, copy, "", AT_EMPTY_PATH | TREE_RECURSIVE, &attributes, sizeof attributes);
    if (result >= 0) result = CALL4(SYS_openat, copy, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    CALL1(SYS_close, copy);
    return result;
}

long isolab_step_copy_up(const struct isolab_child *child, int tree, const char *path) {
    long source = open_source(child, path);
    if (source < 0) return is_absent(source) ? 0 : source;
    // A mount that is not attached yet can be written to through its descriptor.
    long target = CALL4(SYS_openat, tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    long result = target < 0 ? target : copy_directory((int)source, (int)target, 0);
    struct stat status;
    if (result >= 0) result = CALL4(SYS_newfstatat, source, "", &status, AT_EMPTY_PATH);
    if (result >= 0) result = CALL5(SYS_fchownat, target, "", status.st_uid, status.st_gid, AT_EMPTY_PATH);
    if (result >= 0) result = CALL2(SYS_fchmod, target, status.st_mode & 07777);
    if (target >= 0) CALL1(SYS_close, target);
    CALL1(SYS_close, source);
    return result < 0 ? result : 0;
}
