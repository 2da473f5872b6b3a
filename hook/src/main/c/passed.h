/* Client connections on their way from the node into a program that believes to have accepted them itself. */
#pragma once
#include <stdbool.h>
#include <sys/socket.h>

/* Takes a descriptor from a socket; -1 with errno EAGAIN when there is none, and it was not to be waited for. */
int passed_receive(int fd, int flags);

/* Sends a descriptor over a socket, without waiting. */
bool passed_send(int fd, int connection);

/* The descriptor as accept4 with these flags would have made it: the node's copy does not block, the program's may. */
void passed_set_flags(int connection, int flags);

/* Tells who connected, in the family of the listener: the node's public socket may be of another. True when the
 * connection is not over the internet, although the listener is. */
bool passed_present(int connection, int family, struct sockaddr *address, socklen_t *size);
