/* Capabilities of the calling process. Each returns 0 or an errno. */
#pragma once

int caps_drop_all(void);
int caps_raise(void); /* makes all permitted ones effective again, after a change of user */

/* Leaves CAP_SYS_ADMIN and CAP_SETPCAP, through execve too (ambient): what a process needs to fork machines. Only ever
 * inside a user namespace of its own, where they reach nothing but that sandbox. */
int caps_keep_fork(void);
