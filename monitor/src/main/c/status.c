#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

bool task_name_ok(const char *name) {
    size_t n = strlen(name);
    if (n == 0 || n > TASK_NAME_MAX || name[0] == '.') return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

static void add_string(struct text *t, const char *name, const char *value) {
    text_add(t, ",\"");
    text_add(t, name);
    text_add(t, "\":");
    text_quoted(t, value);
}

static void add_number(struct text *t, const char *name, int64_t value) {
    text_add(t, ",\"");
    text_add(t, name);
    text_add(t, "\":");
    text_number(t, value);
}

size_t status_json(char *to, size_t size, const struct facts *f, const struct life *l) {
    struct text t = text_in(to, size);
    text_add(&t, "{\"v\":1");
    add_string(&t, "task", f->task);
    add_number(&t, "seq", (int64_t)f->seq);
    add_string(&t, "state", life_state_name(l->state));
    add_number(&t, "monitor", f->monitor);
    add_number(&t, "monitor_start", (int64_t)f->monitor_start);
    add_number(&t, "pid", f->pid);
    add_number(&t, "start", (int64_t)f->start);
    add_string(&t, "boot", f->boot);
    add_number(&t, "started_ms", f->started_ms);
    add_number(&t, "ended_ms", f->ended_ms);
    add_number(&t, "exit_code", l->exit_code);
    add_number(&t, "signal", l->signal);
    add_string(&t, "cause", life_cause_name(l->cause));
    add_number(&t, "errno", l->error);
    add_string(&t, "stage", l->stage);
    add_string(&t, "detail", l->detail);
    add_number(&t, "user_us", f->user_us);
    add_number(&t, "system_us", f->system_us);
    add_number(&t, "max_rss_bytes", f->max_rss_bytes);
    text_add(&t, "}");
    return t.len;
}

/* Bit by bit: it runs a handful of times in a monitor's life, and a table would be a kilobyte of memory. */
uint32_t status_crc32(const void *bytes, size_t n) {
    uint32_t crc = UINT32_MAX;
    for (const unsigned char *p = bytes; n > 0; n--) {
        crc ^= *p++;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

void status_record(char to[STATUS_BYTES], const struct facts *f, const struct life *l) {
    memset(to, 0, STATUS_BYTES);
    char *json = to + STATUS_HEADER_BYTES;
    size_t n = status_json(json, STATUS_BYTES - STATUS_HEADER_BYTES - 1, f, l);
    json[n++] = '\n';
    char header[STATUS_HEADER_BYTES + 1];
    struct text t = text_in(header, sizeof header);
    text_add(&t, "mayfly1 ");
    text_hex8(&t, status_crc32(json, n));
    text_add(&t, n < 1000 ? " 0" : " ");
    text_number(&t, (int64_t)n); /* at least 300 bytes of field names, so three or four digits */
    while (t.len < STATUS_HEADER_BYTES - 1) text_add(&t, " ");
    text_add(&t, "\n");
    memcpy(to, header, STATUS_HEADER_BYTES);
}

int status_create(const char *name) {
    int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return -1;
    /* EOPNOTSUPP: a file system without fallocate; the first status_write allocates by writing every byte. */
    int r;
    do r = fallocate(fd, 0, 0, STATUS_BYTES);
    while (r < 0 && errno == EINTR);
    if (r == 0 || errno == EOPNOTSUPP || errno == ENOSYS) return fd;
    int error = errno;
    close(fd);
    unlink(name);
    errno = error;
    return -1;
}

bool status_write(int fd, const struct facts *f, const struct life *l, bool durable) {
    char record[STATUS_BYTES];
    status_record(record, f, l);
    for (size_t at = 0; at < sizeof record;) {
        ssize_t n = pwrite(fd, record + at, sizeof record - at, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            if (n == 0) errno = ENOSPC;
            return false;
        }
        at += (size_t)n;
    }
    return !durable || fdatasync(fd) == 0;
}
