// Network namespaces, as a thread visits them: sockets belong to the namespace in which they were made, wherever their owner is.
#ifndef ISOLAB_NETWORK_H
#define ISOLAB_NETWORK_H

/// Makes a network namespace: its descriptor, close-on-exec; −1 and errno. The calling thread stays where it is.
int isolab_make_network(void);

/// socket(2) in a network namespace, close-on-exec; −1 and errno. The calling thread stays where it is.
int isolab_socket_in_network(int network, int domain, int type, int protocol);

#endif
