#include "json.h"

#include <string.h>

#include "text.h"

static char *skip_space(char *p) {
    while (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n') p++;
    return p;
}

/* Four hex digits at p, or -1. */
static int hex4(const char *p) {
    int n = 0;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF", *d = p[i] ? strchr(digits, p[i]) : NULL;
        if (d == NULL) return -1;
        n = n << 4 | ((int)(d - digits) & 15);
    }
    return n;
}

static char *put_utf8(char *to, int c) {
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
        *to++ = (char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        *to++ = (char)(0xE0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 63));
        *to++ = (char)(0x80 | (c & 63));
    } else {
        *to++ = (char)(0xF0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 63));
        *to++ = (char)(0x80 | (c >> 6 & 63));
        *to++ = (char)(0x80 | (c & 63));
    }
    return to;
}

/* The character of the \u escape whose digits are at *p, moving *p behind it; -1 when it is none. */
static int unicode_escape(char **p) {
    int c = hex4(*p);
    if (c <= 0 || (c >= 0xDC00 && c < 0xE000)) return -1; /* also NUL: a string must not be shorter than it looks */
    *p += 4;
    if (c < 0xD800 || c >= 0xE000) return c;
    int low = (*p)[0] == '\\' && (*p)[1] == 'u' ? hex4(*p + 2) : -1;
    if (low < 0xDC00 || low >= 0xE000) return -1;
    *p += 6;
    return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
}

/* Unescapes the string whose first character is at p (behind its quote) in place: escapes are never shorter than what
 * they stand for. Returns what follows the closing quote, or NULL. */
static char *unescape(char *p) {
    static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    char *to = p;
    while (*p != '"') {
        size_t n = text_utf8(p);
        if (n == 0 || (unsigned char)*p < 0x20) return NULL;
        if (*p != '\\') {
            memmove(to, p, n);
            to += n, p += n;
            continue;
        }
        const char *escape = p[1] ? strchr(escapes, p[1]) : NULL;
        if (escape) {
            *to++ = meanings[escape - escapes];
            p += 2;
        } else {
            if (p[1] != 'u') return NULL;
            p += 2;
            int c = unicode_escape(&p);
            if (c < 0) return NULL;
            to = put_utf8(to, c);
        }
    }
    *to = 0;
    return p + 1;
}

static char *read_number(char *p, int64_t *out) {
    int64_t n = 0;
    char *start = p;
    for (; *p >= '0' && *p <= '9'; p++) {
        n = n * 10 + (*p - '0');
        if (n >= JSON_NUMBER_MAX) return NULL;
    }
    if (p == start || (*start == '0' && p - start > 1) || *p == '.' || *p == 'e' || *p == 'E') return NULL;
    *out = n;
    return p;
}

static struct json_field *find(struct json_field *fields, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0) return &fields[i];
    return NULL;
}

/* One "name": value at *p, which moves behind it. NULL or what is wrong. */
static const char *read_member(char **p, struct json_field *fields, size_t count, const char **culprit) {
    if (**p != '"') return "a field's name expected";
    char *name = *p + 1, *after = unescape(name);
    if (after == NULL) return "a malformed field name";
    struct json_field *f = find(fields, count, name);
    if (f == NULL) {
        *culprit = name;
        return "unknown field";
    }
    *culprit = f->name;
    if (f->given) return "given twice";
    after = skip_space(after);
    if (*after != ':') return "no colon after its name";
    after = skip_space(after + 1);
    if (f->kind == JSON_STRING) {
        if (*after != '"') return "not a string";
        f->string = after + 1;
        after = unescape(after + 1);
        if (after == NULL) return "a malformed string";
    } else {
        after = read_number(after, &f->number);
        if (after == NULL) return "not an integer from 0 to 2^53 - 1";
    }
    f->given = true;
    *culprit = "";
    *p = skip_space(after);
    return NULL;
}

const char *json_read(char *line, struct json_field *fields, size_t count, const char **culprit) {
    *culprit = "";
    char *p = skip_space(line);
    if (*p != '{') return "not a JSON object";
    p = skip_space(p + 1);
    for (bool more = *p != '}'; more;) {
        const char *wrong = read_member(&p, fields, count, culprit);
        if (wrong) return wrong;
        more = *p == ',';
        if (more) p = skip_space(p + 1);
    }
    if (*p != '}') return "a comma or the closing brace expected";
    if (*skip_space(p + 1)) return "something follows the object";
    for (size_t i = 0; i < count; i++)
        if (fields[i].required && !fields[i].given) {
            *culprit = fields[i].name;
            return "missing";
        }
    return NULL;
}
