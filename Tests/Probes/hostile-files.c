// A file system of a container's own (FUSE), whose files do what no file does.
//
//   hostile-files answers DIRECTORY NUMBER   has a file `ptmx`, which says of a terminal's other end that it is descriptor NUMBER
//   hostile-files silent DIRECTORY           takes what is asked, and never answers
//   hostile-files deaf DIRECTORY             never even takes it
//   hostile-files cage DIRECTORY             makes it the root of its parent, which then does nothing more, and of every name in it takes the
//                                            question, and never answers
//   hostile-files program DIRECTORY FILE     has a file `program` with that one's content, until SIGUSR1; then it takes what is asked, and
//                                            never answers
//   hostile-files peer                       opens /dev/pts/ptmx as a careless launcher does, and says which descriptor the other end is
//
// Says `mounted` when it is there, and when it is asked for something, `asked`.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define OTHER_END 0x5441 // TIOCGPTPEER

static int channel, keeps_names, program = -1;
static volatile sig_atomic_t is_silent;

static void fall_silent(int signal) { is_silent = signal; }

static void answer(const struct fuse_in_header *request, int error, const void *content, size_t length) {
    struct fuse_out_header header = {.len = (uint32_t)(sizeof header + length), .error = error, .unique = request->unique};
    struct iovec parts[2] = {{&header, sizeof header}, {(void *)content, length}};
    if (writev(channel, parts, 2) < 0) perror("answer");
}

static struct fuse_attr attributes(uint64_t number) {
    struct stat status = {.st_size = 100};
    if (program >= 0) fstat(program, &status);
    struct fuse_attr result = {
        .ino = number, .nlink = 1, .blksize = 4096, .size = number == 1 ? 0 : (uint64_t)status.st_size};
    result.mode = number == 1 ? S_IFDIR | 0777 : S_IFREG | 0777;
    return result;
}

static void begin(const struct fuse_in_header *request, const struct fuse_init_in *offer) {
    struct fuse_init_out accepted = {.major = 7, .minor = offer->minor < 31 ? offer->minor : 31, .max_write = 65536};
    accepted.max_readahead = offer->max_readahead;
    answer(request, 0, &accepted, sizeof accepted);
}

static void serve(const struct fuse_in_header *request, const void *operands, int number) {
    switch (request->opcode) {
    case FUSE_LOOKUP: {
        if (keeps_names) break;
        // A moment later everything is asked anew.
        struct fuse_entry_out entry = {.nodeid = 2, .attr_valid = program < 0, .attr = attributes(2)};
        if (strcmp(operands, program < 0 ? "ptmx" : "program") == 0) answer(request, 0, &entry, sizeof entry);
        else answer(request, -ENOENT, NULL, 0);
        break;
    }
    case FUSE_GETATTR: {
        struct fuse_attr_out result = {.attr = attributes(request->nodeid)};
        answer(request, 0, &result, sizeof result);
        break;
    }
    case FUSE_OPEN:
    case FUSE_OPENDIR: {
        struct fuse_open_out result = {.fh = 1};
        answer(request, 0, &result, sizeof result);
        break;
    }
    case FUSE_READ: {
        static char content[1 << 20];
        const struct fuse_read_in *part = operands;
        size_t size = part->size < sizeof content ? part->size : sizeof content;
        ssize_t count = pread(program, content, size, (off_t)part->offset);
        answer(request, count < 0 ? -EIO : 0, content, count < 0 ? 0 : (size_t)count);
        break;
    }
    case FUSE_IOCTL: {
        struct fuse_ioctl_out result = {0};
        if (((const struct fuse_ioctl_in *)operands)->cmd == OTHER_END) result.result = number;
        answer(request, 0, &result, sizeof result);
        break;
    }
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT: break;
    case FUSE_RELEASE:
    case FUSE_FLUSH:
    case FUSE_ACCESS: answer(request, 0, NULL, 0); break;
    default: answer(request, -ENOSYS, NULL, 0);
    }
}

static int peer(void) {
    int master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY), locked = 0;
    if (master < 0 || ioctl(master, TIOCSPTLCK, &locked) < 0) {
        perror("ptmx");
        return 1;
    }
    printf("%d\n", ioctl(master, OTHER_END, O_RDWR | O_NOCTTY));
    return 0;
}

// The parent of a server: in its file system as soon as that is mounted.
static int caged(const char *directory, int mounted) {
    char byte;
    if (read(mounted, &byte, 1) != 1 || chroot(directory) < 0 || chdir("/") < 0) {
        perror(directory);
        return 1;
    }
    puts("caged");
    for (;;) pause();
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2 && !strcmp(argv[1], "peer")) return peer();
    if (argc < 3) return 2;
    if (argc > 3 && !strcmp(argv[1], "program")) {
        program = open(argv[3], O_RDONLY | O_CLOEXEC);
        if (program < 0) return 1;
        signal(SIGUSR1, fall_silent);
    }
    int told[2] = {-1, -1};
    if (!strcmp(argv[1], "cage")) {
        keeps_names = 1;
        if (pipe(told) < 0) return 1;
        if (fork() != 0) return caged(argv[2], told[0]);
    }
    channel = open("/dev/fuse", O_RDWR);
    char options[128];
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", channel);
    if (channel < 0 || mount("hostile", argv[2], "fuse", 0, options) < 0) {
        perror("mount");
        return 1;
    }
    static char bytes[1 << 18] __attribute__((aligned(8)));
    for (;;) {
        ssize_t count = read(channel, bytes, sizeof bytes);
        if (count < 0 && (errno == EINTR || errno == ENOENT)) continue;
        if (count < 0) return 1;
        const struct fuse_in_header *request = (const void *)bytes;
        if (request->opcode == FUSE_INIT) {
            begin(request, (const void *)(request + 1));
            puts("mounted");
            if (told[1] >= 0 && write(told[1], "m", 1) != 1) return 1;
            if (!strcmp(argv[1], "deaf")) for (;;) pause();
        } else {
            puts("asked");
            if (is_silent) continue;
            if (argc > 3 || keeps_names) serve(request, request + 1, argc > 3 ? atoi(argv[3]) : 0);
        }
    }
}
