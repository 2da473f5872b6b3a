#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "monitor.h"
#include "text.h"

int64_t wall_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void note(struct monitor *m, const char *what, const char *subject, int error) {
    if (m->log_lines > LOG_LINES_MAX) return;
    if (m->log < 0) m->log = open("monitor.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    char line[256];
    struct text t = text_in(line, sizeof line - 1);
    text_number(&t, wall_ms());
    text_add(&t, " ");
    text_add(&t, m->log_lines++ < LOG_LINES_MAX ? what : "further lines are dropped");
    if (*subject) {
        text_add(&t, ": ");
        text_add(&t, subject);
    }
    if (error) {
        text_add(&t, " (errno ");
        text_number(&t, error);
        text_add(&t, ")");
    }
    line[t.len++] = '\n';
    /* A log that cannot be written, on a full disk, is the one thing there is nobody left to tell about. */
    if (write(m->log, line, t.len) < 0) return;
}
