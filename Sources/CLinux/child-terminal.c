// A container's terminal: a pair of its own devpts, so that it has a name inside, whose master leaves by a UNIX socket.
#define _GNU_SOURCE
#include "raw.h"

#include <asm/ioctls.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

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

long isolab_step_terminal(struct isolab_child *child, const struct isolab_terminal *terminal) {
    // ptmx is opened as a file of devpts, not through the link an image may have put at /dev/ptmx.
    long master = isolab_open_inside(child, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW, 0);
    if (master < 0) return master;
    int unlocked = 0;
    long result = CALL3(SYS_ioctl, master, TIOCSPTLCK, &unlocked);
    // By the master, not by a path: nobody can put another terminal in between (TIOCGPTPEER).
    long peer = result < 0 ? result : CALL3(SYS_ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
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
