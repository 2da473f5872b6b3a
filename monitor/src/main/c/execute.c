#include "execute.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { CANDIDATE_BYTES = 4096 }; /* PATH_MAX: the kernel takes no longer one */

static const char *search_path(const char *const *env) {
    for (; *env; env++)
        if (strncmp(*env, "PATH=", 5) == 0) return *env + 5;
    return "/usr/local/bin:/usr/bin:/bin";
}

size_t execute_join(char *to, size_t size, const char *dir, size_t dir_len, const char *name) {
    if (dir_len == 0) dir = ".", dir_len = 1;
    size_t name_len = strlen(name);
    if (dir_len >= size || name_len >= size || dir_len + 1 + name_len + 1 > size) return 0;
    memcpy(to, dir, dir_len);
    to[dir_len] = '/';
    memcpy(to + dir_len + 1, name, name_len + 1);
    return dir_len + 1 + name_len;
}

void execute(const char *const *argv, const char *const *env) {
    /* The casts only add what C forgot: execve changes neither array. */
    char **args = (char **)(void *)argv, **environment = (char **)(void *)env;
    if (strchr(argv[0], '/')) {
        execve(argv[0], args, environment);
        return;
    }
    char candidate[CANDIDATE_BYTES];
    int error = ENOENT;
    for (const char *dir = search_path(env);;) {
        size_t len = strcspn(dir, ":");
        if (execute_join(candidate, sizeof candidate, dir, len, argv[0])) {
            execve(candidate, args, environment);
            if (errno == EACCES) error = EACCES;
            else if (errno != ENOENT && errno != ENOTDIR) return;
        }
        if (dir[len] == 0) break;
        dir += len + 1;
    }
    errno = error;
}
