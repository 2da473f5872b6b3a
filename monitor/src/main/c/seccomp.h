/* Installs the filters of seccomp_list.h on the calling process. 0 or an errno. Sets no_new_privs. */
#pragma once
#include "seccomp_list.h"

int seccomp_install(enum seccomp_profile profile, unsigned options);
int seccomp_install_tail(void); /* takes FILTER_FORKS_MACHINES away from a process that has it */
