/* What the program has open at its waiting point, and what a machine gets in its place. A fork shares kernel objects with
 * its parent: an event queue, a pipe or a file position that all machines use together would carry state, and wake-ups,
 * from one connection to another. So each machine makes its own, at the same number. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct sockaddr_storage;

/* Where a machine's ends are before machine_descriptors puts them where they belong. */
struct ends {
    int queue;    /* its accept queue */
    int out, err; /* where its output goes */
};

/* Remembers what cannot be found out later: which sockets are the two ends of a pair. */
void descriptors_note_pair(int first, int second);
/* Remembers standard output and error as they were when the program started. */
void descriptors_note_output(void);

/* Number of the listening socket that gets the service's connections; -1: there is none. */
int chosen_listener(void);

/* Looks at everything that is open; once, at the waiting point. False with why in problem when something of it cannot be
 * given to more than one machine. */
bool descriptors_plan(char *problem, size_t size);

/* In a fresh machine: makes its own of everything, closes what is not the program's. 0 or an errno. */
int descriptors_renew(const struct ends *ends);

/* Number of the machine's accept queue, once planned; -1: none. */
int descriptors_queue(void);

/* The address of a listening socket that a machine has only in appearance; false when fd is none. */
bool descriptors_listener_address(int fd, struct sockaddr *address, socklen_t *size);
/* Its address family, 0 when fd is none. */
int descriptors_listener_family(int fd);
