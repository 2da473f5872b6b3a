/* Bounded text: builds messages in a caller's buffer. It never overruns and is always NUL-terminated. Used instead of
 * stdio, whose buffers and locale would cost every monitor private memory. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *at;    /* the caller's buffer */
    size_t size; /* its size in bytes, at least 1 */
    size_t len;  /* bytes written, without the NUL; always < size */
    bool cut;    /* something did not fit */
};

struct text text_in(char *buffer, size_t size);
void text_add(struct text *t, const char *s);
void text_bytes(struct text *t, const char *s, size_t n);
void text_number(struct text *t, int64_t n);
void text_hex8(struct text *t, uint32_t n);       /* eight lower-case hex digits */
void text_quoted(struct text *t, const char *s);  /* a JSON string; bytes that are not UTF-8 become '?' */

/* Decimal digits only (no sign, no spaces), at most max. False when s is anything else. */
bool text_parse(const char *s, uint64_t max, uint64_t *out);

/* Length in bytes of the UTF-8 character at s, 0 when it is not valid UTF-8. s is NUL-terminated. */
size_t text_utf8(const char *s);
