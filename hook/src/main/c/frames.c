#include "frames.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "channel.h"
#include "text.h"

enum frame_sent frame_send(int fd, int type, const char *meta, const char *bytes, size_t length) {
    size_t meta_length = strlen(meta), body = meta_length + length;
    unsigned char header[8] = {(unsigned char)(body >> 24), (unsigned char)(body >> 16), (unsigned char)(body >> 8),
                               (unsigned char)body, 1, (unsigned char)type, (unsigned char)(meta_length >> 8),
                               (unsigned char)meta_length};
    struct iovec parts[] = {{header, sizeof header}, {(void *)(uintptr_t)meta, meta_length}, {(void *)(uintptr_t)bytes, length}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
    ssize_t n;
    do n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0) return errno == EAGAIN ? SENT_LATER : SENT_NEVER;
    return (size_t)n == sizeof header + body ? SENT : SENT_NEVER; /* a half frame cannot be mended */
}

void frame_send_refusal(int fd, const char *type, const char *message) {
    char meta[1024];
    struct text t = text_in(meta, sizeof meta);
    text_add(&t, "{\"status\":\"error\",\"error\":{\"type\":");
    text_quoted(&t, type);
    text_add(&t, ",\"message\":");
    text_quoted(&t, message);
    text_add(&t, "}}");
    frame_send(fd, CHANNEL_RESPONSE, meta, NULL, 0);
}
