/* Where the host refuses namespaces (a container, a kernel setting) there is no own root: Landlock decides what may be
 * read and written, and the guest's paths do not exist. So those that name a bind are replaced by the host's path. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox.h"
#include "text.h"

enum { ARENA_BYTES = 2 * SPEC_BYTES_MAX };
static char *arena;
static size_t arena_used;

static const char *below(const char *path, const char *guest) {
    size_t length = strlen(guest);
    return strncmp(path, guest, length) == 0 && (path[length] == '/' || path[length] == 0) ? path + length : NULL;
}

/* keep bytes of text, then host, then rest */
static const char *joined(const char *text, size_t keep, const char *host, const char *rest) {
    struct text t = text_in(arena + arena_used, ARENA_BYTES - arena_used);
    text_bytes(&t, text, keep);
    text_add(&t, host);
    text_add(&t, rest);
    arena_used += t.len + 1;
    return t.cut ? NULL : t.at;
}

static const char *translated(struct sandbox *s, const char *text, size_t keep, const char *here) {
    const char *path = text + keep, *rest, *result = text;
    for (size_t i = 0; i < s->spec->bind_count; i++) {
        const struct spec_bind *bind = &s->spec->binds[i];
        if ((rest = below(path, bind->guest)) != NULL) result = joined(text, keep, bind->host, rest);
    }
    if ((rest = below(path, "/tmp")) != NULL) result = joined(text, keep, here, rest);
    if (!result) sandbox_fail(s, "fallback paths", E2BIG);
    return result;
}

void fallback_enter(struct sandbox *s) {
    struct spec *spec = s->spec;
    char here[4096];
    if (!getcwd(here, sizeof here - 8)) sandbox_fail(s, "getcwd", errno);
    strcat(here, "/tmp");
    if (mkdir(here, 0700) != 0 && errno != EEXIST) sandbox_fail(s, "tmp", errno);
    if (s->privileged && chown(here, s->uid, s->gid) != 0) sandbox_fail(s, "tmp", errno);
    arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (arena == MAP_FAILED) sandbox_fail(s, "memory", errno);
    for (size_t i = 0; i < spec->argv_count; i++) spec->argv[i] = translated(s, spec->argv[i], 0, here);
    for (size_t i = 0; i < spec->env_count; i++) {
        size_t keep = (size_t)(strchr(spec->env[i], '=') + 1 - spec->env[i]);
        spec->env[i] = translated(s, spec->env[i], keep, here);
    }
    if (spec->env_count < SPEC_ENV_MAX) spec->env[spec->env_count++] = joined("TMPDIR=", 7, here, "");
    spec->cwd = translated(s, spec->cwd, 0, here);
}
