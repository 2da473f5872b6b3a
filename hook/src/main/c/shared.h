/* One process for every connection: the node's listener stands in the place of the program's own, so that every kind of
 * polling works as the kernel makes it, and accept takes client connections out of what the node sends. */
#pragma once
#include <stdbool.h>
#include <sys/socket.h>

/* After the program began to listen on fd. */
void shared_listens(int fd);

bool shared_is_listener(int fd);
int shared_accept(int fd, struct sockaddr *address, socklen_t *size, int flags);
bool shared_listener_address(int fd, struct sockaddr *address, socklen_t *size);

/* After the program closed fd. */
void shared_closed(int fd);
