#include "caps.h"

#include <errno.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "kernel.h"

static int set(uint32_t mask) {
    for (unsigned cap = 0; cap <= K_CAP_LAST; cap++)
        if ((cap >= 32 || !(mask >> cap & 1)) && prctl(K_PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
            break; /* EINVAL: above the kernel's last one; EPERM: we have none, and execve gives none */
    struct k_cap_header header = {K_CAPABILITY_VERSION_3, 0};
    struct k_cap_data data[2] = {{mask, mask, mask}, {0, 0, 0}};
    if (syscall(SYS_capset, &header, data) != 0) return errno;
    return 0;
}

int caps_raise(void) {
    struct k_cap_header header = {K_CAPABILITY_VERSION_3, 0};
    struct k_cap_data data[2];
    if (syscall(SYS_capget, &header, data) != 0) return errno;
    for (int half = 0; half < 2; half++) data[half].effective = data[half].permitted;
    return syscall(SYS_capset, &header, data) == 0 ? 0 : errno;
}

int caps_drop_all(void) {
    prctl(K_PR_CAP_AMBIENT, K_PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return set(0);
}

int caps_keep_fork(void) {
    const int kept[] = {K_CAP_SYS_ADMIN, K_CAP_SETPCAP};
    int error = set(1u << K_CAP_SYS_ADMIN | 1u << K_CAP_SETPCAP);
    for (unsigned i = 0; error == 0 && i < sizeof kept / sizeof *kept; i++)
        if (prctl(K_PR_CAP_AMBIENT, K_PR_CAP_AMBIENT_RAISE, kept[i], 0, 0) != 0) error = errno;
    return error;
}
