/* Executing a command by the rules of the spec. */
#pragma once
#include <stddef.h>

/* execve of argv with the environment env. A program without a slash is looked up in env's PATH, without one in
 * /usr/local/bin:/usr/bin:/bin. Returns only on failure, with errno set: ENOENT when it is nowhere, EACCES when it is
 * somewhere but not executable. Allocates nothing, so a vfork child may call it. */
void execute(const char *const *argv, const char *const *env);

/* Puts directory/name into to; an empty directory means the current one. Returns 0 when it does not fit. For tests. */
size_t execute_join(char *to, size_t size, const char *dir, size_t dir_len, const char *name);
