#include "text.h"

#include <string.h>

struct text text_in(char *buffer, size_t size) {
    buffer[0] = 0;
    return (struct text){.at = buffer, .size = size};
}

void text_bytes(struct text *t, const char *s, size_t n) {
    size_t room = t->size - 1 - t->len;
    if (n > room) {
        n = room;
        t->cut = true;
    }
    memcpy(t->at + t->len, s, n);
    t->len += n;
    t->at[t->len] = 0;
}

void text_add(struct text *t, const char *s) {
    text_bytes(t, s, strlen(s));
}

void text_number(struct text *t, int64_t n) {
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do digits[--at] = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (n < 0) text_bytes(t, "-", 1);
    text_bytes(t, digits + at, sizeof digits - at);
}

void text_hex8(struct text *t, uint32_t n) {
    for (int shift = 28; shift >= 0; shift -= 4) text_bytes(t, &"0123456789abcdef"[n >> shift & 15], 1);
}

size_t text_utf8(const char *s) {
    const unsigned char *u = (const unsigned char *)s;
    if (u[0] == 0) return 0;
    if (u[0] < 0x80) return 1;
    size_t n = u[0] >= 0xC2 && u[0] < 0xE0 ? 2 : u[0] >= 0xE0 && u[0] < 0xF0 ? 3 : u[0] >= 0xF0 && u[0] < 0xF5 ? 4 : 0;
    for (size_t i = 1; i < n; i++)
        if ((u[i] & 0xC0) != 0x80) return 0;
    if (u[0] == 0xE0 && u[1] < 0xA0) return 0; /* overlong */
    if (u[0] == 0xED && u[1] > 0x9F) return 0; /* surrogate */
    if (u[0] == 0xF0 && u[1] < 0x90) return 0; /* overlong */
    if (u[0] == 0xF4 && u[1] > 0x8F) return 0; /* above U+10FFFF */
    return n;
}

void text_quoted(struct text *t, const char *s) {
    text_bytes(t, "\"", 1);
    while (*s) {
        unsigned char c = (unsigned char)*s;
        size_t n = text_utf8(s);
        if (c == '"' || c == '\\') {
            text_bytes(t, "\\", 1);
            text_bytes(t, s, 1);
        } else if (c < 0x20) {
            char u[6] = {'\\', 'u', '0', '0', (char)('0' + (c >> 4)), "0123456789abcdef"[c & 15]};
            text_bytes(t, u, sizeof u);
        } else {
            text_bytes(t, n ? s : "?", n ? n : 1);
        }
        s += n ? n : 1;
    }
    text_bytes(t, "\"", 1);
}

bool text_parse(const char *s, uint64_t max, uint64_t *out) {
    uint64_t n = 0;
    if (*s == 0) return false;
    for (; *s; s++) {
        uint64_t digit = (uint64_t)(*s - '0');
        if (*s < '0' || *s > '9' || n > (max - digit) / 10 || digit > max) return false;
        n = n * 10 + digit;
    }
    *out = n;
    return true;
}
