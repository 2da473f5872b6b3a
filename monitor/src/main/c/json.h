/* Reads the one kind of JSON that requests consist of: a flat object of known fields, in place, without allocation. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A field that a request may have. Give name and, for a string, text; json_read fills the rest. */
struct json_field {
    const char *name;
    enum { JSON_NUMBER, JSON_STRING } kind;
    bool required;
    bool given;
    int64_t number;
    const char *string; /* points into the line, unescaped, NUL-terminated; contains no NUL */
};

#define JSON_NUMBER_MAX ((int64_t)1 << 53)

/* Parses line (NUL-terminated, changed by it). NULL when it is one object that has all required fields, only known
 * ones, and none twice; else what is wrong, with *culprit set to a field's name or "". Numbers are integers of
 * 0 <= n < 2^53. Fields read before the mistake stay given, so that an error can still carry the id. */
const char *json_read(char *line, struct json_field *fields, size_t count, const char **culprit);
