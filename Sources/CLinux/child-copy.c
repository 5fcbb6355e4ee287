// tmpcopyup: what a directory of the image holds is copied into the tmpfs that will cover it. Without allocation, so
// with a bound on depth; each level has a buffer on the stack.
#define _GNU_SOURCE
#include "raw.h"

#include <sys/stat.h>

#define DEPTH 24
#define BUFFER 4096

struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

static long copy_directory(int from, int to, int depth);

static long copy_content(int from, const char *name, int to, const struct stat *status) {
    long source = CALL4(SYS_openat, from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0);
    if (source < 0) return source;
    long target = CALL4(SYS_openat, to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    long result = target;
    if (target >= 0) {
        do result = CALL4(SYS_sendfile, target, source, NULL, 1 << 30);
        while (result > 0 || result == -EINTR);
        CALL1(SYS_close, target);
    }
    CALL1(SYS_close, source);
    (void)status;
    return result;
}

static long copy_entry(int from, const char *name, int to, int depth) {
    struct stat status;
    long result = CALL4(SYS_newfstatat, from, name, &status, AT_SYMLINK_NOFOLLOW);
    if (result < 0) return result;
    if (S_ISDIR(status.st_mode)) {
        result = CALL3(SYS_mkdirat, to, name, 0700);
        if (result < 0) return result;
        long source = CALL4(SYS_openat, from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        long target = source < 0 ? source : CALL4(SYS_openat, to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        result = target < 0 ? target : copy_directory((int)source, (int)target, depth + 1);
        if (target >= 0) CALL1(SYS_close, target);
        if (source >= 0) CALL1(SYS_close, source);
    } else if (S_ISREG(status.st_mode)) {
        result = copy_content(from, name, to, &status);
    } else if (S_ISLNK(status.st_mode)) {
        char link[4096];
        long length = CALL4(SYS_readlinkat, from, name, link, sizeof link - 1);
        if (length < 0) return length;
        link[length] = 0;
        result = CALL3(SYS_symlinkat, link, to, name);
    } else {
        result = CALL4(SYS_mknodat, to, name, status.st_mode, status.st_rdev);
    }
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

long isolab_step_copy_up(int tree, const char *path) {
    long source = CALL4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
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
