/* What the monitor says about its command: as JSON on sockets, and as the checksummed record in the file `status`
 * (PROTOCOL.md section 4). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "life.h"

enum {
    STATUS_BYTES = 2048,
    STATUS_HEADER_BYTES = 32,
    STATUS_JSON_MAX = 1400, /* no status is longer; a test asserts it */
    TASK_NAME_MAX = 128,
    BOOT_ID_CHARS = 36,
};

/* What is told besides the life itself. */
struct facts {
    char task[TASK_NAME_MAX + 1];
    char boot[BOOT_ID_CHARS + 1];
    uint64_t seq;
    pid_t monitor, pid;
    uint64_t monitor_start, start; /* clock ticks since boot */
    int64_t started_ms, ended_ms;
    int64_t user_us, system_us, max_rss_bytes;
};

bool task_name_ok(const char *name);

/* The status as a JSON object, without a newline. Returns its length, at most STATUS_JSON_MAX. */
size_t status_json(char *to, size_t size, const struct facts *f, const struct life *l);

/* The whole record for the file. */
void status_record(char to[STATUS_BYTES], const struct facts *f, const struct life *l);

uint32_t status_crc32(const void *bytes, size_t n);

/* Makes the file, which must not exist yet, with all its blocks allocated. The descriptor, or -1 with errno. */
int status_create(const char *name);

/* Overwrites it in place; durable waits for the disk. False with errno set. */
bool status_write(int fd, const struct facts *f, const struct life *l, bool durable);
