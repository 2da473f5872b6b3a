/* The work channel's frames (what the node and an agent say to each other), for agents written in C. An 8-byte header,
 * then the meta (a JSON object, may be empty), then bytes. Blocking; the other side is the node. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHANNEL_INIT = 1, CHANNEL_EXEC, CHANNEL_RESPONSE, CHANNEL_PING, CHANNEL_LOG };
enum { CHANNEL_BODY_MAX = 8 * 1024 * 1024 };

struct frame {
    int type;
    const char *meta; /* not NUL-terminated */
    size_t meta_length;
    const char *bytes;
    size_t length;
};

/* Reads one frame into buffer, which has CHANNEL_BODY_MAX bytes. False: the peer is gone or broke the protocol. */
bool channel_read(int fd, char *buffer, struct frame *frame);
bool channel_write(int fd, int type, const char *meta, const char *bytes, size_t length);

/* The value of a top-level key of a JSON object: points at its first character; NULL when there is none. */
const char *channel_meta_value(const struct frame *frame, const char *key);
bool channel_meta_true(const struct frame *frame, const char *key);

/* True when text is exactly one JSON value, nested at most 64 deep. */
bool channel_is_json(const char *text, size_t length);

/* Meta that says how a process ended, {"status":"exited",...}, from its wait status. */
void channel_exited_meta(char *to, size_t size, int wait_status);
