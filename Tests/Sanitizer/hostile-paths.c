// Boundary lengths for every step that handles a text of somebody else's: 0, 1, and around the longest path, link, name and
// option. AddressSanitizer stops at the first byte beside its buffer; what a step answers is looked at as well.
#include "child.c"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static long cases;
static struct isolab_child child;

#define REQUIRE(condition)                                                              \
    do {                                                                                \
        if (!(condition)) {                                                             \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno); \
            exit(1);                                                                    \
        }                                                                               \
    } while (0)

static long step(enum isolab_operation operation, const void *a, uint64_t b, uint64_t c, uint64_t d, uint64_t e) {
    struct isolab_step step = {.operation = operation, .a = (uint64_t)a, .b = b, .c = c, .d = d, .e = e};
    cases++;
    return perform(&child, &step);
}

// In memory of exactly its size, so that a byte read behind it is seen.
static char *exact(const char *text) {
    char *copy = malloc(strlen(text) + 1);
    REQUIRE(copy);
    return strcpy(copy, text);
}

// A path of so many bytes after its beginning: names of at most 255, parted by slashes.
static char *path_of(const char *beginning, size_t length) {
    size_t before = strlen(beginning);
    char *path = malloc(length < before ? before + 1 : length + 1);
    REQUIRE(path);
    strcpy(path, beginning);
    for (size_t index = before; index < length; index++) path[index] = (index - before) % 200 == 199 ? '/' : 'a';
    path[length < before ? before : length] = 0;
    return path;
}

static char *with_tail(char *path, const char *tail) {
    char *whole = malloc(strlen(path) + strlen(tail) + 1);
    REQUIRE(whole);
    strcat(strcpy(whole, path), tail);
    free(path);
    return whole;
}

static const size_t lengths[] = {0, 1, 2, 254, 255, 256, 257, 4079, 4080, 4081, 4093, 4094, 4095, 4096, 4097, 5000};
static const char *const tails[] = {"", "/", "//", "/.", "/..", "/x", "/x/", "/../../../../x/y", "/./x//y/"};
#define EACH(array, index) for (size_t index = 0; index < sizeof(array) / sizeof *(array); index++)

// A fresh container's root of its own, entered.
static void enter(const char *place) {
    static char root[256];
    static int number;
    snprintf(root, sizeof root, "%s/root%d", place, number++);
    REQUIRE(mkdir(root, 0755) == 0);
    REQUIRE(mount("isolab", root, "tmpfs", 0, "size=64m") == 0);
    memset(&child, 0xff, sizeof child);
    REQUIRE(step(isolab_bind_root, root, 0, 0, 0, 0) >= 0);
    REQUIRE(chdir(root) == 0);
}

static void leave(void) {
    REQUIRE(step(isolab_leave_root, NULL, 0, 0, 0, 0) >= 0);
    close(child.root);
    REQUIRE(chdir("/") == 0);
}

static void begin(void) { REQUIRE(step(isolab_enter_root, ".", 0, 0, 0, 0) >= 0); }

// Every step that takes a path of the container.
static void try_path(const char *path) {
    step(isolab_mount, "tmpfs", (uint64_t)path, (uint64_t) "tmpfs", 0, 0);
    step(isolab_mount, NULL, (uint64_t)path, 0, MS_PRIVATE, 0);
    step(isolab_set_attributes, path, 1, 0, 0, 0);
    step(isolab_make_directory, path, 0755, 0, 0, 0);
    step(isolab_make_device, path, S_IFIFO | 0600, 0, 0, 0);
    step(isolab_make_link, "x", (uint64_t)path, 0, 0, 0);
    step(isolab_mask, path, 0, 0, 0, 0);
    step(isolab_make_read_only, path, 0, 0, 0, 0);
    step(isolab_write_file, path, (uint64_t) "x", 1, 0, 0);
    static const char *const size[] = {"size", "4k", NULL, NULL};
    if (step(isolab_make_tree, 0, (uint64_t) "tmpfs", (uint64_t)size, 0, 0) >= 0) {
        step(isolab_copy_up, 0, (uint64_t)path, 0, 0, 0);
        step(isolab_attach_tree, 0, (uint64_t)path, 0, 0, 0);
    }
}

static void paths(const char *place) {
    enter(place);
    begin();
    EACH(lengths, length) EACH(tails, tail) {
        char *path = with_tail(path_of("/", lengths[length]), tails[tail]);
        try_path(path);
        free(path);
    }
    leave();
}

// A link of the image's, as long as links can be, before whatever is left of the path.
static void links(const char *place) {
    static const size_t longest[] = {1, 2, 255, 256, 2048, 4090, 4091, 4092, 4093, 4094, 4095};
    enter(place);
    EACH(longest, length) for (int absolute = 0; absolute < 2; absolute++) {
        char name[64], *text = path_of(absolute ? "/" : "", longest[length]);
        snprintf(name, sizeof name, "link%zu-%d", length, absolute);
        REQUIRE(symlink(text, name) == 0);
        free(text);
    }
    REQUIRE(symlink("loop/x", "loop") == 0 && symlink("../../../../up/and/out", "up") == 0);
    begin();
    EACH(longest, length) for (int absolute = 0; absolute < 2; absolute++) EACH(tails, tail) {
        char name[64];
        snprintf(name, sizeof name, "/link%zu-%d%s", length, absolute, tails[tail]);
        char *path = exact(name);
        long result = step(isolab_mount, "tmpfs", (uint64_t)path, (uint64_t) "tmpfs", 0, 0);
        // The longest with a slash behind it is longer than a path can be.
        if (longest[length] == 4095 && tails[tail][0]) REQUIRE(result == -ENAMETOOLONG || result == -ENOENT);
        try_path(path);
        free(path);
    }
    try_path("/loop");
    try_path("/up");
    leave();
    REQUIRE(access("/up", F_OK) < 0);
}

static void parameters(void) {
    memset(&child, 0xff, sizeof child);
    static const char *const beginnings[] = {"/proc/", "/proc/self/", "/proc/self/x", "/proc/selfish", "/proc//self//", "/proc"};
    EACH(beginnings, beginning) EACH(lengths, length) {
        char *path = path_of(beginnings[beginning], lengths[length]);
        REQUIRE(step(isolab_write_file, path, (uint64_t) "x", 1, 0, 0) < 0);
        free(path);
    }
    // A long name is not cut to another one.
    char *path = exact("/proc/self/./././././././././././././././././././././././oom_score_adjust");
    REQUIRE(step(isolab_write_file, path, (uint64_t) "0", 1, 0, 0) == -ENOENT);
    free(path);
    path = exact("/proc/self/oom_score_adj");
    REQUIRE(step(isolab_write_file, path, (uint64_t) "0", 1, 0, 0) == 0);
    free(path);
}

static void options(const char *place) {
    enter(place);
    REQUIRE(mkdir("proc", 0755) == 0 && mkdir("over", 0700) == 0);
    long namespace = CALL4(SYS_openat, AT_FDCWD, "/proc/self/ns/pid", O_RDONLY | O_CLOEXEC, 0);
    REQUIRE(namespace >= 0);
    begin();
    static const char *const beginnings[] = {"", "=", "hidepid=", "hidepid=2,", "hidepid=2,gid=0,x=", ",,,,", "==", "mode=", ",mode="};
    EACH(beginnings, beginning) EACH(lengths, length) {
        char *data = path_of(beginnings[beginning], lengths[length]);
        child.shown = (int32_t)namespace;
        step(isolab_mount, "proc", (uint64_t) "/proc", (uint64_t) "proc", MS_NOSUID, (uint64_t)data);
        child.shown = -1;
        step(isolab_mount, "tmpfs", (uint64_t) "/over", (uint64_t) "tmpfs", 0, (uint64_t)data);
        free(data);
    }
    CALL1(SYS_close, namespace);
    leave();
}

static void make_deep(int levels) {
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int level = 0; level < levels; level++) {
        REQUIRE(mkdir("d", 0755) == 0 && chdir("d") == 0);
    }
    char name[256];
    memset(name, 'n', 255);
    name[255] = 0;
    REQUIRE(mkdir(name, 0700) == 0 && symlink("x", "short") == 0);
    char *text = path_of("", 4095);
    REQUIRE(symlink(text, "longest") == 0 && mkfifo("fifo", 0600) == 0);
    free(text);
    int file = open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    REQUIRE(file >= 0 && write(file, name, 255) == 255);
    close(file);
    // More names than one buffer holds.
    for (int number = 0; number < 300; number++) {
        snprintf(name, sizeof name, "entry-with-a-long-name-%d", number);
        REQUIRE(mknod(name, S_IFREG | 0600, 0) == 0);
    }
    REQUIRE(fchdir(here) == 0);
    close(here);
}

static void copies(const char *place) {
    static const int depths[] = {0, 1, 22, 23, 24, 25, 40};
    EACH(depths, depth) {
        enter(place);
        REQUIRE(mkdir("tree", 0750) == 0 && chdir("tree") == 0);
        make_deep(depths[depth]);
        begin();
        static const char *const none[] = {NULL, NULL};
        REQUIRE(step(isolab_make_tree, 0, (uint64_t) "tmpfs", (uint64_t)none, 0, 0) >= 0);
        long result = step(isolab_copy_up, 0, (uint64_t) "/tree", 0, 0, 0);
        REQUIRE(depths[depth] < 24 ? result == 0 : result == -ELOOP);
        REQUIRE(step(isolab_attach_tree, 0, (uint64_t) "/tree", 0, 0, 0) >= 0);
        leave();
    }
}

static void hooks(void) {
    memset(&child, 0xff, sizeof child);
    static const char *const programs[] = {"/bin/true", "/bin/cat", "/nonexistent"};
    static const size_t sizes[] = {0, 1, 10, 11, 4095, 4096, 65535, 65536, 65537, 200000};
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC), saved = fcntl(1, F_DUPFD_CLOEXEC, 3);
    REQUIRE(null >= 0 && saved >= 0 && dup2(null, 1) == 1);
    EACH(programs, program) EACH(sizes, size) {
        char *input = malloc(sizes[size] + 1);
        REQUIRE(input);
        memset(input, ' ', sizes[size]);
        input[sizes[size]] = 0;
        const char *argv[] = {programs[program], NULL}, *envp[] = {NULL};
        // What runs on it never returns: each its own.
        void *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(stack != MAP_FAILED);
        struct isolab_hook hook = {
            .path = programs[program], .argv = argv, .envp = envp, .input = input, .length = sizes[size],
            // The number's ten places end with the text.
            .pid_offset = sizes[size] > 10 ? sizes[size] - 10 : 0, .timeout = UINT64_MAX - size, .stack = stack,
            .stack_size = 65536,
        };
        long result = step(isolab_run_hook, &hook, 0, 0, 0, 0);
        REQUIRE(program == 2 ? result == -ENOENT : result == 0);
        free(input);
    }
    dup2(saved, 1);
    close(saved);
    close(null);
}

static void directories(const char *place) {
    memset(&child, 0xff, sizeof child);
    EACH(lengths, length) {
        char *path = path_of("/", lengths[length]);
        child.is_placed = 0;
        step(isolab_change_directory, path, 0, 0, 0, 0);
        const char *candidates[] = {path, path, NULL};
        step(isolab_find_program, candidates, 0, 0, 0, 0);
        free(path);
    }
    // A working directory whose name is longer than a path.
    REQUIRE(chdir(place) == 0);
    for (int level = 0; level < 30; level++) {
        char name[201];
        memset(name, 'w', 200);
        name[200] = 0;
        REQUIRE(mkdir(name, 0755) == 0 && chdir(name) == 0);
        child.is_placed = 0;
        long result = step(isolab_change_directory, ".", level % 2, 0, 0, 0);
        REQUIRE(result == (level < 15 ? 0 : result) && (result == 0 || result == -ENAMETOOLONG));
    }
    REQUIRE(chdir("/") == 0);
}

int main(int count, char **arguments) {
    REQUIRE(count == 2);
    const char *place = arguments[1];
    REQUIRE(mount("isolab", place, "tmpfs", 0, NULL) == 0);
    paths(place);
    links(place);
    parameters();
    options(place);
    copies(place);
    hooks();
    directories(place);
    printf("%ld steps\n", cases);
    return 0;
}
