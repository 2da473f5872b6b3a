#include "seccomp.h"

#include <sys/prctl.h>
#include <unistd.h>

#include "seccomp_build.h"

static int install(const struct seccomp_builder *builder, unsigned length) {
    if (length == 0) return E2BIG;
    if (prctl(K_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    struct k_bpf_program program = {(unsigned short)length, builder->code};
    return syscall(SYS_seccomp, K_SECCOMP_SET_MODE_FILTER, 0, &program) == 0 ? 0 : errno;
}

int seccomp_install(enum seccomp_profile profile, unsigned options) {
    struct seccomp_builder builder;
    return install(&builder, seccomp_build(&builder, profile, options));
}

int seccomp_install_tail(void) {
    struct seccomp_builder builder;
    return install(&builder, seccomp_build_tail(&builder));
}
