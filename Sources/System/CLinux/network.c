#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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

int isolab_make_tap(int network, const char *name, unsigned owner) {
    int own = own_network();
    if (own < 0) return -1;
    if (setns(network, CLONE_NEWNET) != 0) {
        int number = errno;
        close(own);
        errno = number;
        return -1;
    }
    // A device is in the namespace in which its file was opened.
    int file = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    return_to(own);
    if (file < 0) return -2;
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    // It goes with the file until it is told to stay.
    int result = ioctl(file, TUNSETIFF, &request) != 0 || ioctl(file, TUNSETOWNER, (unsigned long)owner) != 0
                     || ioctl(file, TUNSETPERSIST, 1UL) != 0
                 ? -1
                 : 0;
    int number = errno;
    close(file);
    errno = number;
    return result;
}
