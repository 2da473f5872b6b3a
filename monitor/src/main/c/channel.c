#include "channel.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "text.h"

enum { HEADER_BYTES = 8, VERSION = 1, DEPTH_MAX = 64 };

static bool read_all(int fd, void *to, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t n = read(fd, (char *)to + done, length - done);
        if (n == 0 || (n < 0 && errno != EINTR)) return false;
        if (n > 0) done += (size_t)n;
    }
    return true;
}

bool channel_read(int fd, char *buffer, struct frame *frame) {
    unsigned char h[HEADER_BYTES];
    if (!read_all(fd, h, sizeof h)) return false;
    size_t body = (size_t)h[0] << 24 | (size_t)h[1] << 16 | (size_t)h[2] << 8 | h[3], meta = (size_t)h[6] << 8 | h[7];
    if (h[4] != VERSION || body > CHANNEL_BODY_MAX || meta > body || !read_all(fd, buffer, body)) return false;
    *frame = (struct frame){h[5], buffer, meta, buffer + meta, body - meta};
    return true;
}

bool channel_write(int fd, int type, const char *meta, const char *bytes, size_t length) {
    size_t meta_length = strlen(meta), body = meta_length + length;
    unsigned char h[HEADER_BYTES] = {(unsigned char)(body >> 24),       (unsigned char)(body >> 16),
                                     (unsigned char)(body >> 8),        (unsigned char)body,
                                     VERSION,                           (unsigned char)type,
                                     (unsigned char)(meta_length >> 8), (unsigned char)meta_length};
    struct iovec parts[] = {{h, sizeof h}, {(void *)(uintptr_t)meta, meta_length}, {(void *)(uintptr_t)bytes, length}};
    for (int i = 0; i < 3;) {
        ssize_t n = writev(fd, parts + i, 3 - i);
        if (n < 0 && errno != EINTR) return false;
        for (size_t left = n > 0 ? (size_t)n : 0; i < 3; i++) {
            if (left < parts[i].iov_len) {
                parts[i].iov_base = (char *)parts[i].iov_base + left;
                parts[i].iov_len -= left;
                break;
            }
            left -= parts[i].iov_len;
        }
    }
    return true;
}

/* ---- JSON: `at` moves over what was recognised, NULL is a mistake ---- */

static const char *blanks(const char *at, const char *end) {
    while (at < end && strchr(" \t\r\n", *at)) at++;
    return at;
}

static const char *string(const char *at, const char *end) {
    if (at == end || *at++ != '"') return NULL;
    for (; at < end; at++) {
        if (*at == '"') return at + 1;
        if ((unsigned char)*at < 0x20) return NULL;
        if (*at == '\\' && (++at == end || !strchr("\"\\/bfnrtu", *at))) return NULL;
    }
    return NULL;
}

static const char *digits(const char *at, const char *end) {
    const char *start = at;
    while (at < end && *at >= '0' && *at <= '9') at++;
    return at > start ? at : NULL;
}

static const char *number(const char *at, const char *end) {
    if (at < end && *at == '-') at++;
    if (at < end && *at == '0') at++;
    else at = digits(at, end);
    if (at && at < end && *at == '.') at = digits(at + 1, end);
    if (at && at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-')) at++;
        at = digits(at, end);
    }
    return at;
}

static const char *word(const char *at, const char *end, const char *expected) {
    size_t length = strlen(expected);
    return (size_t)(end - at) >= length && memcmp(at, expected, length) == 0 ? at + length : NULL;
}

static const char *value(const char *at, const char *end, int depth);

static const char *members(const char *at, const char *end, char close, int depth) {
    at = blanks(at, end);
    if (at < end && *at == close) return at + 1;
    for (;;) {
        if (close == '}') {
            at = string(blanks(at, end), end);
            if (at) at = blanks(at, end);
            if (!at || at == end || *at++ != ':') return NULL;
        }
        at = value(at, end, depth + 1);
        if (!at || at == end || (*at != ',' && *at != close)) return NULL;
        if (*at++ == close) return at;
    }
}

static const char *value(const char *at, const char *end, int depth) {
    at = blanks(at, end);
    if (at == end || depth > DEPTH_MAX) return NULL;
    switch (*at) {
        case '{': at = members(at + 1, end, '}', depth); break;
        case '[': at = members(at + 1, end, ']', depth); break;
        case '"': at = string(at, end); break;
        case 't': at = word(at, end, "true"); break;
        case 'f': at = word(at, end, "false"); break;
        case 'n': at = word(at, end, "null"); break;
        default: at = number(at, end);
    }
    return at ? blanks(at, end) : NULL;
}

static bool utf8(const char *text, size_t length) {
    for (size_t i = 0; i < length;) {
        unsigned char c = (unsigned char)text[i];
        char part[5] = {0};
        if (c >= 0x80) memcpy(part, text + i, length - i < 4 ? length - i : 4);
        size_t n = c < 0x80 ? 1 : text_utf8(part);
        if (n == 0) return false;
        i += n;
    }
    return true;
}

bool channel_is_json(const char *text, size_t length) {
    return value(text, text + length, 0) == text + length && utf8(text, length);
}

const char *channel_meta_value(const struct frame *frame, const char *key) {
    const char *at = blanks(frame->meta, frame->meta + frame->meta_length), *end = frame->meta + frame->meta_length;
    if (at == end || *at != '{') return NULL;
    while (at && at < end && (*at == '{' || *at == ',')) {
        const char *name = blanks(at + 1, end), *after = string(name, end);
        if (!after) return NULL;
        at = blanks(after, end);
        if (at == end || *at++ != ':') return NULL;
        size_t length = strlen(key);
        if ((size_t)(after - name) == length + 2 && memcmp(name + 1, key, length) == 0) return blanks(at, end);
        at = value(at, end, 0);
    }
    return NULL;
}

bool channel_meta_true(const struct frame *frame, const char *key) {
    const char *at = channel_meta_value(frame, key);
    return at && word(at, frame->meta + frame->meta_length, "true") != NULL;
}

void channel_exited_meta(char *to, size_t size, int wait_status) {
    struct text t = text_in(to, size);
    bool by_signal = WIFSIGNALED(wait_status);
    text_add(&t, by_signal ? "{\"status\":\"exited\",\"signal\":" : "{\"status\":\"exited\",\"code\":");
    text_number(&t, by_signal ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status));
    text_add(&t, "}");
}
