/* What we say to the node: frames of the work channel (monitor/src/main/c/channel.h), whole or not at all, never waiting. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { FRAME_BYTES_MAX = 4096 }; /* of bytes behind the meta */

enum frame_sent { SENT, SENT_LATER /* no room now */, SENT_NEVER /* the node is gone, or does not read */ };

enum frame_sent frame_send(int fd, int type, const char *meta, const char *bytes, size_t length);

/* The whole of a failed start: {"status":"error","error":{...}}. */
void frame_send_refusal(int fd, const char *type, const char *message);
