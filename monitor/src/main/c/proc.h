/* What /proc knows about processes. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The caller's own start time in clock ticks since boot: with a pid and a boot id it names a process for good. */
bool proc_own_start(uint64_t *ticks);

/* Field 22 of the text of a /proc/PID/stat, whose second field may contain spaces and parentheses. */
bool proc_parse_start(const char *stat, uint64_t *ticks);

/* The boot id, 36 characters and a NUL. */
bool proc_boot_id(char to[37]);

/* SIGKILLs every child of the caller. Returns how many there were, or -1 with errno when they cannot be listed. */
int proc_kill_children(void);
