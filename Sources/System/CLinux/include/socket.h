// UNIX sockets that carry descriptors. The control messages are made of C macros that Swift cannot call.
#ifndef ISOLAB_SOCKET_H
#define ISOLAB_SOCKET_H

#include <stddef.h>

/// A close-on-exec stream socket connected to a path; −1 and errno (ENAMETOOLONG for a path longer than sun_path).
int isolab_socket_connect(const char *path);

/// A close-on-exec stream socket that listens at a path, which must not be there yet.
int isolab_socket_listen(const char *path);

/// Sends bytes, at least one, with one descriptor (SCM_RIGHTS): 0, or −1 and errno.
int isolab_socket_send_descriptor(int socket, int descriptor, const void *bytes, size_t length);

/// Receives up to `length` bytes with one descriptor, close-on-exec: the descriptor, or −1 and errno (ENOMSG where none
/// came along). The number of bytes goes to `received`.
int isolab_socket_receive_descriptor(int socket, void *bytes, size_t length, size_t *received);

#endif
