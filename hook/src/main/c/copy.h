/* Copies of small directory trees. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct copy_size {
    uint64_t bytes;
    unsigned entries;
};

/* Adds up what a tree holds, without what is mounted in it. False: it cannot be read, is deeper than we go, or more than
 * at_most. */
bool copy_measure(const char *tree, struct copy_size *size, struct copy_size at_most);

/* Copies what is in one directory into another, with modes and times; of what is mounted in it only the places. 0 or an
 * errno. */
int copy_tree(const char *from, const char *to);
