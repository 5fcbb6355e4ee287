// Network namespaces, as a thread visits them: sockets belong to the namespace in which they were made, wherever their owner is.
#ifndef ISOLAB_NETWORK_H
#define ISOLAB_NETWORK_H

/// Makes a network namespace: its descriptor, close-on-exec; −1 and errno. The calling thread stays where it is.
int isolab_make_network(void);

/// socket(2) in a network namespace, close-on-exec; −1 and errno. The calling thread stays where it is.
int isolab_socket_in_network(int network, int domain, int type, int protocol);

/// Makes a tap device in a network namespace, which a user may open who has no capability, and which stays until the namespace ends:
/// 0; −1 and errno; −2 and errno where /dev/net/tun cannot be opened. The calling thread stays where it is.
int isolab_make_tap(int network, const char *name, unsigned owner);

#endif
