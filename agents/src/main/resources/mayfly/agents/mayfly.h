/* mayfly.h: write a Mayfly function in C or C++. One header, no library but libc.
 *
 *     #include "mayfly.h"
 *     static int handle(const mayfly_call *call, mayfly_result *result) {
 *         return mayfly_json(result, "{\"hello\":\"%.*s\"}", (int)call->size, (const char *)call->payload);
 *     }
 *     int main(void) { return mayfly_run(handle); }
 *
 *     gcc -O2 -static hello.c -o program        deploy with runtime "native", handler "frames"
 *
 * The program is executed for every machine; a fresh one serves one call, a warm one many. What it writes to standard
 * output and error becomes the call's log. Do not touch descriptor 3: it is the work channel.
 */
#ifndef MAYFLY_H
#define MAYFLY_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* One call, as the handler sees it; all of it lives until the handler returns. */
typedef struct {
    char id[64];                  /* "inv_..." */
    int json;                     /* whether the caller sent JSON */
    long deadline_ms;             /* time from the start of the call after which the machine is killed */
    const unsigned char *payload; /* `size` bytes, and a zero byte after them */
    size_t size;
} mayfly_call;

/* What the handler answers; filled by the three functions below, the last one counts. Zeroed before the call. */
typedef struct {
    unsigned char *data; /* owned; freed after the answer is sent */
    size_t size;
    int json;
    char type[64], message[1024]; /* an error when type is not empty */
} mayfly_result;

/* Returns 0, or anything else to report an error (set it with mayfly_fail, else "Error" is reported). */
typedef int mayfly_handler(const mayfly_call *call, mayfly_result *result);

enum { MAYFLY_BODY_MAX = 8 << 20, MAYFLY_OUTPUT_MAX = 6 << 20, MAYFLY_LOG_MAX = 256 << 10 };
enum { MAYFLY_INIT = 1, MAYFLY_EXEC = 2, MAYFLY_RESPONSE = 3, MAYFLY_PING = 4, MAYFLY_LOG = 5, MAYFLY_CHANNEL = 3 };

/* Answers with an error; returns 1, so that a handler can end with `return mayfly_fail(...)`. */
__attribute__((format(printf, 3, 4), unused)) static int mayfly_fail(mayfly_result *result, const char *type,
                                                                     const char *format, ...) {
    va_list args;
    va_start(args, format);
    snprintf(result->type, sizeof result->type, "%s", type);
    vsnprintf(result->message, sizeof result->message, format, args);
    va_end(args);
    return 1;
}

/* Answers with a copy of these bytes; returns 0. */
__attribute__((unused)) static int mayfly_bytes(mayfly_result *result, const void *data, size_t size) {
    unsigned char *copy = (unsigned char *)malloc(size + 1);
    if (!copy) return mayfly_fail(result, "OutOfMemory", "no memory for a result of %zu bytes", size);
    memcpy(copy, data, size);
    free(result->data);
    result->data = copy;
    result->size = size;
    result->json = 0;
    return 0;
}

/* Answers with JSON text; the caller's format and arguments must make it valid. Returns 0. */
__attribute__((format(printf, 2, 3), unused)) static int mayfly_json(mayfly_result *result, const char *format, ...) {
    va_list args;
    char *text;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0) return mayfly_fail(result, "OutOfMemory", "no memory for the result");
    free(result->data);
    result->data = (unsigned char *)text;
    result->size = (size_t)length;
    result->json = 1;
    return 0;
}

/* ---- from here on: how it works ---- */

static int mayfly_read(void *to, size_t size) { /* 1, or 0 when the node hung up */
    for (size_t at = 0; at < size;) {
        ssize_t got = read(MAYFLY_CHANNEL, (char *)to + at, size - at);
        if (got == 0 || (got < 0 && errno != EINTR)) return 0;
        if (got > 0) at += (size_t)got;
    }
    return 1;
}

static void mayfly_write(int type, const char *meta, const void *data, size_t size) {
    size_t meta_size = strlen(meta), body = meta_size + size;
    unsigned char head[8] = {(unsigned char)(body >> 24), (unsigned char)(body >> 16), (unsigned char)(body >> 8),
                             (unsigned char)body,         1,                           (unsigned char)type,
                             (unsigned char)(meta_size >> 8), (unsigned char)meta_size};
    struct iovec parts[3] = {{head, 8}, {(void *)(uintptr_t)meta, meta_size}, {(void *)(uintptr_t)data, size}};
    for (int i = 0; i < 3;) {
        ssize_t sent = writev(MAYFLY_CHANNEL, parts + i, 3 - i);
        if (sent < 0 && errno != EINTR) _exit(81);
        size_t left = sent > 0 ? (size_t)sent : 0;
        for (; i < 3 && left >= parts[i].iov_len; i++) left -= parts[i].iov_len;
        if (i < 3) {
            parts[i].iov_base = (char *)parts[i].iov_base + left;
            parts[i].iov_len -= left;
        }
    }
}

/* The value after "name": in the node's compact JSON, or NULL. Only for names whose values come from the node. */
static const char *mayfly_field(const char *meta, const char *name) {
    char key[32];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(meta, key);
    return at ? at + strlen(key) : NULL;
}

static size_t mayfly_escape(char *to, size_t room, const char *text) { /* a JSON string's inside, cut to fit */
    size_t at = 0;
    for (; *text && at + 7 < room; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') to[at++] = '\\', to[at++] = (char)c;
        else if (c < 0x20) at += (size_t)snprintf(to + at, room - at, "\\u%04x", c);
        else to[at++] = (char)c;
    }
    to[at] = 0;
    return at;
}

/* Standard output and error go to an unnamed file, whose end is sent with the answer. */
static void mayfly_capture(void) {
    struct stat now;
    setvbuf(stdout, NULL, _IOLBF, 0); /* so that the two streams keep their order */
    if (fstat(1, &now) == 0 && S_ISREG(now.st_mode) && now.st_nlink == 0) return; /* the sandbox has done it */
    int fd = memfd_create("output", MFD_CLOEXEC);
    if (fd < 0) return;
    fcntl(fd, F_SETFL, O_APPEND);
    dup2(fd, 1);
    dup2(fd, 2);
    close(fd);
}

static void mayfly_send_log(void) {
    static char part[16 << 10];
    fflush(NULL);
    struct stat now;
    if (fstat(1, &now) != 0 || !S_ISREG(now.st_mode) || now.st_size == 0) return;
    off_t at = 0;
    if (now.st_size > MAYFLY_LOG_MAX) {
        at = now.st_size - MAYFLY_LOG_MAX;
        int length = snprintf(part, sizeof part, "[mayfly: the first %lld bytes are left out]\n", (long long)at);
        mayfly_write(MAYFLY_LOG, "{\"stream\":1}", part, (size_t)length);
    }
    for (ssize_t got; at < now.st_size && (got = pread(1, part, sizeof part, at)) > 0; at += got)
        mayfly_write(MAYFLY_LOG, "{\"stream\":1}", part, (size_t)got);
    if (ftruncate(1, 0) != 0) return; /* then the next call's log starts with this one's */
}

static long mayfly_micros(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void mayfly_perform(mayfly_handler *handler, const char *meta, const unsigned char *payload, size_t size) {
    mayfly_call call;
    mayfly_result result;
    char answer[4096], type[160], message[2200];
    memset(&call, 0, sizeof call);
    memset(&result, 0, sizeof result);
    const char *id = mayfly_field(meta, "id"), *json = mayfly_field(meta, "json"), *deadline = mayfly_field(meta, "deadline_ms");
    if (id) sscanf(id, "\"%63[^\"]", call.id);
    call.json = json && *json == 't';
    call.deadline_ms = deadline ? atol(deadline) : 0;
    call.payload = payload;
    call.size = size;
    long start = mayfly_micros();
    int failed = handler(&call, &result);
    long micros = mayfly_micros() - start;
    if (!failed && result.size > MAYFLY_OUTPUT_MAX)
        failed = mayfly_fail(&result, "ResultTooLarge", "the result has %zu bytes, at most %d are allowed", result.size, (int)MAYFLY_OUTPUT_MAX);
    if (failed && !result.type[0]) mayfly_fail(&result, "Error", "the handler returned %d", failed);
    mayfly_send_log();
    if (failed) {
        mayfly_escape(type, sizeof type, result.type);
        mayfly_escape(message, sizeof message, result.message);
        snprintf(answer, sizeof answer, "{\"status\":\"error\",\"us\":%ld,\"error\":{\"type\":\"%s\",\"message\":\"%s\"}}", micros, type, message);
        mayfly_write(MAYFLY_RESPONSE, answer, NULL, 0);
    } else {
        int is_json = result.json || result.data == NULL;
        snprintf(answer, sizeof answer, "{\"status\":\"ok\",\"json\":%s,\"us\":%ld}", is_json ? "true" : "false", micros);
        if (result.data) mayfly_write(MAYFLY_RESPONSE, answer, result.data, result.size);
        else mayfly_write(MAYFLY_RESPONSE, answer, "null", 4);
    }
    free(result.data);
}

/* Serves calls until the node hangs up. Returns the exit status for main: 0 when all went well. */
__attribute__((unused)) static int mayfly_run(mayfly_handler *handler) {
    int reusable = 1;
    unsigned char head[8];
    fcntl(MAYFLY_CHANNEL, F_SETFD, FD_CLOEXEC);
    mayfly_capture();
    while (mayfly_read(head, sizeof head)) {
        size_t body = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        size_t meta_size = (size_t)head[6] << 8 | head[7];
        if (head[4] != 1 || body > MAYFLY_BODY_MAX || meta_size > body) return 82;
        char *meta = (char *)malloc(meta_size + 1);
        unsigned char *payload = (unsigned char *)malloc(body - meta_size + 1);
        if (!meta || !payload) return 83;
        if (!mayfly_read(meta, meta_size) || !mayfly_read(payload, body - meta_size)) return 0;
        meta[meta_size] = 0;
        payload[body - meta_size] = 0;
        if (head[5] == MAYFLY_INIT) {
            const char *memory = mayfly_field(meta, "memory"), *again = mayfly_field(meta, "reusable");
            rlim_t bytes = memory ? (rlim_t)strtoull(memory, NULL, 10) : 0;
            struct rlimit limit = {bytes, bytes};
            if (bytes) setrlimit(RLIMIT_DATA, &limit);
            reusable = again && *again == 't';
            mayfly_write(MAYFLY_RESPONSE, "{\"status\":\"ready\"}", NULL, 0);
        } else if (head[5] == MAYFLY_PING) {
            mayfly_write(MAYFLY_PING, "", NULL, 0);
        } else if (head[5] == MAYFLY_EXEC) {
            mayfly_perform(handler, meta, payload, body - meta_size);
            if (!reusable) return 0;
        } else {
            return 82;
        }
        free(meta);
        free(payload);
    }
    return 0;
}

#endif
