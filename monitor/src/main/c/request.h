/* Requests as they come from outside: one JSON line to the monitor (PROTOCOL.md section 6) or the spawner (section 3). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

enum {
    REQUEST_LINE_MAX = 512,  /* to a monitor, with the newline */
    SPAWN_LINE_MAX = 8192,   /* to the spawner, with the newline */
    REQUEST_PROBLEM_BYTES = 160,
};

enum request_command { REQUEST_STATUS, REQUEST_START, REQUEST_KILL, REQUEST_STOP };

struct request {
    int64_t id;  /* -1 when it was not readable */
    int command; /* enum request_command */
    int signal;  /* with REQUEST_KILL: 1 to 64 */
    char problem[REQUEST_PROBLEM_BYTES]; /* set when it is refused */
};

struct spawn_request {
    int64_t id;          /* -1 when it was not readable */
    const char *dir;     /* points into the line */
    int64_t deadline_ms; /* 1 to 60000 */
    char problem[REQUEST_PROBLEM_BYTES];
};

/* Both parse line[0 .. n), without its newline; line[n] must be writable. False with problem set when refused. */
bool request_parse(char *line, size_t n, struct request *r);
bool spawn_request_parse(char *line, size_t n, struct spawn_request *r);

/* How each reply begins: {"v":1,"id":ID, with null for -1. */
void reply_begin(struct text *t, int64_t id);
/* The rest of a refusal, with the closing brace and a newline. */
void reply_refusal(struct text *t, int error, const char *stage, const char *problem);

const char *request_command_name(int command);
