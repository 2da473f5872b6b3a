/* Limits of the kernel that need no privilege. Per process unless said otherwise. */
#include <errno.h>
#include <sys/resource.h>

#include "kernel.h"
#include "sandbox.h"

enum { FILES_MAX = 4096 };
#define FILE_SLACK_BYTES ((uint64_t)1 << 20)   /* so that the monitor sees the output over its limit and can say so */
#define RUNTIME_BYTES ((uint64_t)256 << 20) /* thread stacks and arenas that are reserved but never touched */

/* Lowers to `value`; a limit that is stricter already stays. */
static void lower(struct sandbox *s, int resource, uint64_t value, const char *name) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0) sandbox_fail(s, name, errno);
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < value) value = limit.rlim_max;
    limit.rlim_cur = limit.rlim_max = value;
    if (setrlimit(resource, &limit) != 0) sandbox_fail(s, name, errno);
}

void limits_apply(struct sandbox *s) {
    const struct spec *spec = s->spec;
    lower(s, RLIMIT_CORE, 0, "RLIMIT_CORE");
    lower(s, RLIMIT_NOFILE, FILES_MAX, "RLIMIT_NOFILE");
    /* The memory of virtual machines is a file, which the limit would count; then the monitor's look is all there is. */
    if (!spec->pass) lower(s, RLIMIT_FSIZE, spec->output_max + FILE_SLACK_BYTES, "RLIMIT_FSIZE");
    if (spec->pids && s->namespaces & K_CLONE_NEWUSER) {
        /* counted per user namespace for a user without power, so it is this sandbox's own */
        lower(s, RLIMIT_NPROC, spec->pids, "RLIMIT_NPROC");
        if (!s->got.of[F_PIDS].applied) isolation_set(&s->got, F_PIDS, true, "RLIMIT_NPROC of the user namespace", 0);
    }
    if (spec->memory && !s->got.of[F_MEMORY].applied)
        lower(s, RLIMIT_DATA, spec->memory + RUNTIME_BYTES, "RLIMIT_DATA");
}
