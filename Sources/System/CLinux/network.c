#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int own_network(void) { return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }

// A thread that does not find back would do everything else in the wrong place.
static void return_to(int network) {
    int number = errno;
    if (setns(network, CLONE_NEWNET) != 0) abort();
    close(network);
    errno = number;
}

int isolab_make_network(void) {
    int own = own_network();
    if (own < 0) return -1;
    if (unshare(CLONE_NEWNET) != 0) {
        int number = errno;
        close(own);
        errno = number;
        return -1;
    }
    int made = own_network();
    return_to(own);
    return made;
}

int isolab_socket_in_network(int network, int domain, int type, int protocol) {
    int own = own_network();
    if (own < 0) return -1;
    if (setns(network, CLONE_NEWNET) != 0) {
        int number = errno;
        close(own);
        errno = number;
        return -1;
    }
    int made = socket(domain, type | SOCK_CLOEXEC, protocol);
    return_to(own);
    return made;
}
