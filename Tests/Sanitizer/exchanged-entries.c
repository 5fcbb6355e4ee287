// An image that somebody else changes while a directory of it is copied up, or a device is made in it. The step is stopped before every one of its system calls in turn,
// and something in the image takes another's place: no race is left to luck. Whatever the moment, nothing from outside of the
// root is in the copy, and nothing there is changed. A naive copy, stopped likewise, succumbs.
#define _GNU_SOURCE
#include "raw.h"

static void intrude(void);
#define call6(...) (intrude(), (call6)(__VA_ARGS__))
#include "child-copy.c"
#include "child-nodes.c"
#undef call6

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define REQUIRE(condition)                                                              \
    do {                                                                                \
        if (!(condition)) {                                                             \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno); \
            exit(1);                                                                    \
        }                                                                               \
    } while (0)

static const char *exchanged[2];
static long calls_left;

static void intrude(void) {
    if (calls_left-- != 0) return;
    // What is not there yet cannot be exchanged.
    int result = renameat2(AT_FDCWD, exchanged[0], AT_FDCWD, exchanged[1], 2 /* RENAME_EXCHANGE */);
    REQUIRE(result == 0 || errno == ENOENT);
}

static void put(const char *path, const char *text, mode_t mode) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    REQUIRE(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    close(file);
}

// An image with a directory to be copied, and beside it what takes the place of something.
static void make(const char *place) {
    REQUIRE(chdir(place) == 0 && mount("isolab", place, "tmpfs", 0, NULL) == 0 && chdir(place) == 0);
    REQUIRE(mkdir("outside", 0700) == 0 && mkdir("root", 0755) == 0);
    put("outside/secret", "secret", 0600);
    put("outside/victim", "secret", 0600);
    char text[512];
    REQUIRE(mkdir("root/conf", 0755) == 0 && mkdir("root/conf/below", 0755) == 0 && mkdir("root/spare", 0755) == 0);
    put("root/conf/victim", "own", 0644);
    put("root/conf/below/victim", "own", 0644);
    snprintf(text, sizeof text, "%s/outside/secret", place);
    REQUIRE(symlink(text, "root/spare/to-file") == 0);
    snprintf(text, sizeof text, "%s/outside", place);
    REQUIRE(symlink(text, "root/spare/to-directory") == 0);
    REQUIRE(symlink("../../outside", "root/spare/by-dots") == 0 && mkfifo("root/spare/fifo", 0600) == 0);
    put("root/spare/file", "another", 0600);
    REQUIRE(mkdir("root/spare/directory", 0700) == 0);
}

static void destroy(const char *place) { REQUIRE(chdir("/") == 0 && umount2(place, MNT_DETACH) == 0); }

// Whether a tree holds what is outside only.
static int leaks(int directory) {
    int found = 0;
    DIR *list = fdopendir(directory);
    REQUIRE(list);
    for (struct dirent *entry; (entry = readdir(list));) {
        if (entry->d_name[0] == '.') continue;
        int file = openat(directory, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (file < 0) continue;
        struct stat status;
        REQUIRE(fstat(file, &status) == 0);
        char text[16] = "";
        if (S_ISDIR(status.st_mode)) {
            found += leaks(file);
            continue;
        }
        if (S_ISREG(status.st_mode) && read(file, text, 15) >= 0 && strcmp(text, "secret") == 0) found++;
        close(file);
    }
    closedir(list);
    return found;
}

// What the copy was before: a look at a name, then the name once more.
static long copy_naively(const struct isolab_child *child, int tree, const char *path) {
    (void)child;
    char from[64], text[16];
    const char *const names[] = {"victim", "below/victim"};
    REQUIRE(mkdirat(tree, "below", 0700) == 0);
    for (int number = 0; number < 2; number++) {
        struct stat status;
        snprintf(from, sizeof from, "root%s/%s", path, names[number]);
        intrude();
        if (lstat(from, &status) < 0 || !S_ISREG(status.st_mode)) continue;
        intrude();
        int source = open(from, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        ssize_t length = source < 0 ? -1 : read(source, text, sizeof text);
        if (source >= 0) close(source);
        if (length < 0) continue;
        int target = openat(tree, names[number], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        REQUIRE(target >= 0 && write(target, text, (size_t)length) == length);
        close(target);
    }
    return 0;
}

typedef long copy(const struct isolab_child *, int, const char *);

// Every exchange at every moment; answers how often something leaked, and counts the tries and those that were copied whole.
static int attack(copy *copy, const char *place, long *tries, long *whole) {
    static const char *const places[] = {"root/conf/victim", "root/conf/below", "root/conf/below/victim", "root/conf"};
    static const char *const others[] = {
        "root/spare/to-file", "root/spare/to-directory", "root/spare/by-dots", "root/spare/fifo", "root/spare/file",
        "root/spare/directory",
    };
    int leaked = 0;
    for (unsigned victim = 0; victim < sizeof places / sizeof *places; victim++) {
        for (unsigned other = 0; other < sizeof others / sizeof *others; other++) {
            for (long moment = 0;; moment++) {
                make(place);
                struct isolab_child child;
                memset(&child, 0xff, sizeof child);
                child.inside = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
                static const char *const none[] = {NULL, NULL};
                long tree = isolab_new_tree("tmpfs", none, 0, -1);
                REQUIRE(child.inside >= 0 && tree >= 0);
                exchanged[0] = places[victim];
                exchanged[1] = others[other];
                calls_left = moment;
                long result = copy(&child, (int)tree, "/conf");
                int is_over = calls_left >= 0;
                calls_left = -1;
                int content = openat((int)tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                REQUIRE(content >= 0);
                leaked += leaks(content);
                (*tries)++;
                if (result >= 0) (*whole)++;
                close((int)tree);
                close(child.inside);
                destroy(place);
                if (is_over) break;
                REQUIRE(moment < 1000);
            }
        }
    }
    return leaked;
}

static long make_naively(const struct isolab_child *child) {
    (void)child;
    REQUIRE(mknod("root/spare/made", S_IFIFO | 0600, 0) == 0);
    intrude();
    return chmod("root/spare/made", 0666);
}

static long make_carefully(const struct isolab_child *child) {
    return make_device(child, "/spare/made", S_IFIFO | 0666, 0, 1, 1);
}

// A device's name taken by a link to a file outside, at every moment; answers how often that was changed.
static int attack_nodes(long make_node(const struct isolab_child *), const char *place) {
    int changed = 0;
    for (long moment = 0;; moment++) {
        make(place);
        struct isolab_child child;
        memset(&child, 0xff, sizeof child);
        child.inside = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
        REQUIRE(child.inside >= 0);
        exchanged[0] = "root/spare/made";
        exchanged[1] = "root/spare/to-file";
        calls_left = moment;
        make_node(&child);
        int is_over = calls_left >= 0;
        calls_left = -1;
        struct stat status;
        REQUIRE(stat("outside/secret", &status) == 0);
        if (status.st_mode != (S_IFREG | 0600) || status.st_uid != 0) changed++;
        close(child.inside);
        destroy(place);
        if (is_over) return changed;
        REQUIRE(moment < 1000);
    }
}

int main(int count, char **arguments) {
    REQUIRE(count == 2);
    long tries = 0, whole = 0;
    // Everybody's file may be copied, by root: what is in the way must be the copy's own care.
    REQUIRE(attack(copy_naively, arguments[1], &tries, &whole) > 0);
    tries = whole = 0;
    REQUIRE(attack(isolab_step_copy_up, arguments[1], &tries, &whole) == 0);
    REQUIRE(whole > 0);
    REQUIRE(attack_nodes(make_naively, arguments[1]) > 0);
    REQUIRE(attack_nodes(make_carefully, arguments[1]) == 0);
    printf("%ld exchanges, %ld copies that were not disturbed\n", tries, whole);
    return 0;
}
