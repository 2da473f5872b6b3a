/* From the loaded object to its mode, and the little that everything uses. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "descriptors.h"
#include "hook.h"
#include "node.h"
#include "real.h"
#include "shared.h"

struct hook hook; /* BYSTANDER */

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("MAYFLY_SERVE");
    real();
    if (!text || !settings_parse(text, &hook.settings)) return;
    node_take_listener();
    if (node_listener() < 0) return; /* started by a machine's program, or by hand */
    hook.process = getpid();
    hook.mode = hook.settings.shared ? SHARED : STARTING;
    descriptors_note_output();
}

ino_t inode_of(int fd) {
    struct stat st;
    return fd >= 0 && fstat(fd, &st) == 0 ? st.st_ino : 0;
}

bool is_listening(int fd) {
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value;
}

bool is_nonblocking(int fd) {
    return fcntl(fd, F_GETFL) & O_NONBLOCK;
}

int64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
