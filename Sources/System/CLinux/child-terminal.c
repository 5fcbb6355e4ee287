// A container's terminal: a pair of its own devpts, so that it has a name inside, whose master leaves by a UNIX socket.
#define _GNU_SOURCE
#include "raw.h"

#include <asm/ioctls.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#define DEVPTS_MAGIC 0x1cd1

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

// The message an engine expects (runc, docs/terminals.md): the master with a name of at least one byte.
static long send_descriptor(int socket, int descriptor) {
    char name[] = "/dev/ptmx";
    struct iovec content = {.iov_base = name, .iov_len = sizeof name - 1};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr message = {
        .msg_iov = &content,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    *(int *)CMSG_DATA(&control.header) = descriptor;
    return CALL3(SYS_sendmsg, socket, &message, MSG_NOSIGNAL);
}

static long mount_console(const struct isolab_child *child, int peer) {
    char buffer[PATH_LIMIT];
    const char *name;
    long parent = isolab_open_parent(child, "/dev/console", buffer, &name);
    // An image without /dev, or a read-only one without a console, has none to cover.
    if (parent < 0) return is_absent(parent) ? 0 : parent;
    // What is there already is not opened: that may do something to a device.
    CALL4(SYS_mknodat, parent, name, S_IFREG | 0666, 0);
    long place = CALL4(SYS_openat, parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
    isolab_close_parent(child, parent);
    if (place < 0) return is_absent(place) ? 0 : place;
    long tree = CALL3(SYS_open_tree, peer, "", TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH);
    long result = tree;
    if (tree >= 0) {
        result = CALL5(SYS_move_mount, tree, "", place, "", MOVE_FROM_EMPTY_PATH | TO_EMPTY_PATH);
        CALL1(SYS_close, tree);
    }
    CALL1(SYS_close, place);
    return result;
}

static int is_terminal(int descriptor, unsigned first, unsigned last, int minor_of_master) {
    struct stat status;
    if (CALL4(SYS_newfstatat, descriptor, "", &status, AT_EMPTY_PATH) < 0 || !S_ISCHR(status.st_mode)) return 0;
    unsigned number = major(status.st_rdev);
    if (number < first || number > last || (minor_of_master >= 0 && (int)minor(status.st_rdev) != minor_of_master)) return 0;
    return isolab_is_on(descriptor, DEVPTS_MAGIC);
}

static int is_master(int descriptor) { return is_terminal(descriptor, 5, 5, 2); }
static int is_peer(int descriptor) { return is_terminal(descriptor, 136, 143, -1); }

// What the container has mounted on /dev/pts may answer a call with the number of any descriptor: only devpts is believed. It is
// looked at before it is opened, for that does something to many a device.
static long open_master(const struct isolab_child *child) {
    // As a file of devpts, not through the link an image may have put at /dev/ptmx.
    const char *path = "/dev/pts/ptmx";
    long place = isolab_open_inside(child, path, O_PATH | O_NOFOLLOW, 0);
    if (place < 0) return place;
    int is_right = is_master((int)place);
    CALL1(SYS_close, place);
    if (!is_right) return -ENOTTY;
    long master = isolab_open_inside(child, path, O_RDWR | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (master < 0) return master;
    // Another may stand there by now.
    long result = is_master((int)master) ? CALL3(SYS_fcntl, master, F_SETFL, O_RDWR) : -ENOTTY;
    if (result >= 0) return master;
    CALL1(SYS_close, master);
    return result;
}

long isolab_step_terminal(struct isolab_child *child, const struct isolab_terminal *terminal) {
    long master = open_master(child);
    if (master < 0) return master;
    int unlocked = 0;
    long result = CALL3(SYS_ioctl, master, TIOCSPTLCK, &unlocked);
    // By the master, not by a path: nobody can put another terminal in between (TIOCGPTPEER).
    long peer = result < 0 ? result : CALL3(SYS_ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (peer >= 0 && !is_peer((int)peer)) peer = -ENOTTY;
    if (peer < 0) return peer;
    if (terminal->rows && terminal->columns) {
        // struct winsize: rows, columns, and two of pixels.
        uint16_t size[4] = {terminal->rows, terminal->columns, 0, 0};
        result = CALL3(SYS_ioctl, peer, TIOCSWINSZ, size);
    }
    if (result >= 0 && terminal->user != 0) {
        result = CALL5(SYS_fchownat, peer, "", terminal->user, -1, AT_EMPTY_PATH);
    }
    if (result >= 0 && terminal->console) result = mount_console(child, (int)peer);
    if (result >= 0) result = send_descriptor(terminal->socket, (int)master);
    if (result >= 0 && terminal->controls) result = CALL3(SYS_ioctl, peer, TIOCSCTTY, 0);
    for (int stream = 0; result >= 0 && stream < 3; stream++) result = CALL3(SYS_dup3, peer, stream, 0);
    CALL1(SYS_close, peer);
    CALL1(SYS_close, master);
    return result;
}
