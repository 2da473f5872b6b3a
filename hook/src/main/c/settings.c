#include <string.h>

#include "hook.h"
#include "text.h"

static bool set(struct settings *to, const char *key, uint64_t value) {
    if (strcmp(key, "port") == 0 && value <= 65535) to->port = (unsigned)value;
    else if (strcmp(key, "warmup") == 0 && value <= 1000000) to->warmup = (unsigned)value;
    else if (strcmp(key, "tmp") == 0) to->tmp_bytes = value;
    else if (strcmp(key, "data") == 0) to->data_bytes = value;
    else if (strcmp(key, "shared") == 0 && value <= 1) to->shared = value;
    else if (strcmp(key, "helpers") == 0 && value <= 1) to->helpers = value;
    else return false;
    return true;
}

bool settings_parse(const char *text, struct settings *to) {
    *to = (struct settings){0};
    char part[64];
    while (*text) {
        size_t length = strcspn(text, ",");
        if (length >= sizeof part) return false;
        memcpy(part, text, length);
        part[length] = 0;
        char *value = strchr(part, '=');
        uint64_t number;
        if (!value) return false;
        *value++ = 0;
        if (!text_parse(value, INT64_MAX, &number) || !set(to, part, number)) return false;
        text += length;
        if (*text == ',') text++;
    }
    return true;
}
