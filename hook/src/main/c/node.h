/* The node's connections to us: each begins with one message that says what it is for. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum hello_kind {
    HELLO_CONTROL = 'C', /* is told whether the program can serve; pings; its end is ours */
    HELLO_MACHINE = 'M', /* a machine's life, which the node calls id */
    HELLO_DELIVERY = 'D', /* carries a client's connection to machine id, and ends */
    HELLO_OUTPUT = 'O',  /* SHARED: takes the place of standard output */
    HELLO_ERRORS = 'E',  /* SHARED: takes the place of standard error */
};
enum { HELLO_BYTES = 9 }; /* kind, then id, big endian */

struct hello {
    int fd; /* the connection itself */
    enum hello_kind kind;
    uint64_t id;
    int carried; /* the client's connection; -1: none */
};

/* Where the node connects; settled before the program runs. -1: there is no node. */
int node_listener(void);
void node_take_listener(void);

/* Accepts one connection and reads its hello. False with nothing open when there is none, or it makes no sense. */
bool node_accept(struct hello *to);
