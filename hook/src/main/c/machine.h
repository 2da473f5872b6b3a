/* A machine: one fork, one connection. */
#pragma once
#include <stdbool.h>
#include <sys/socket.h>

#include "waiting.h"

/* What a machine says to its template, over its end of the accept queue; one byte each. */
enum { MACHINE_TOOK = 't' /* the program accepted the connection */, MACHINE_OVER = 'e' /* nobody holds it any more */ };

struct ends;

/* Right after the fork: confines the process and makes everything its own. Ends the process when something fails, with a
 * status from 101 on that says what (PROTOCOL.md). */
void machine_become(const struct ends *ends);

/* Waits until its connection is there; ends the process with the template. */
void machine_await(void);

/* Only confines itself and ends: whether this host lets machines be made. */
_Noreturn void machine_try(void);

/* As the program's call, in a machine; ends the process when its connection is over. */
int machine_wait(struct wait *wait);

/* Whether fd is the accept queue, which machine_accept reads. */
bool machine_is_queue(int fd);
int machine_accept(int fd, struct sockaddr *address, socklen_t *size, int flags);

/* Before the program closes fd: the last one ends the machine. */
void machine_closes(int fd);

/* Whether fd is the client's connection, and not one over TCP, although the program listens on TCP. */
bool machine_is_foreign(int fd);
