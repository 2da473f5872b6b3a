/* Small looks into /proc/self without the allocations of stdio. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Calls visit for each name of a directory that is a number, in no order; stops when it returns false. False when the
 * directory cannot be listed, or visit said so. */
bool procfs_numbers(const char *directory, bool (*visit)(unsigned number, void *with), void *with);

/* The start of a file as text, NUL-terminated; its length, or -1. */
long procfs_read(const char *path, char *to, size_t size);

/* "<directory>/<number>" or "<directory>/<number><tail>". */
const char *procfs_path(char *to, size_t size, const char *directory, unsigned number, const char *tail);

/* The number after a label, "pos:\t12"; false when there is no such label. base 10, 8 or 16. */
bool procfs_value(const char *text, const char *label, int base, uint64_t *to);
