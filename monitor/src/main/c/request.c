#include "request.h"

#include <string.h>

#include "json.h"

#define MEMBERS(a) (sizeof(a) / sizeof *(a))

static bool refuse(char problem[REQUEST_PROBLEM_BYTES], const char *culprit, const char *why) {
    struct text t = text_in(problem, REQUEST_PROBLEM_BYTES);
    if (*culprit) {
        text_bytes(&t, culprit, strnlen(culprit, 40));
        text_add(&t, ": ");
    }
    text_add(&t, why);
    return false;
}

/* Reads the fields both kinds share: fields[0] must be v, fields[1] id. */
static bool read_line(char *line, size_t n, struct json_field *fields, size_t count, int64_t *id, char *problem) {
    *id = -1;
    if (memchr(line, 0, n)) return refuse(problem, "", "a NUL byte in the line");
    line[n] = 0;
    const char *culprit, *wrong = json_read(line, fields, count, &culprit);
    if (fields[1].given) *id = fields[1].number;
    if (wrong) return refuse(problem, culprit, wrong);
    if (fields[0].number != 1) return refuse(problem, "v", "only version 1 is known");
    return true;
}

const char *request_command_name(int command) {
    static const char *const names[] = {"status", "start", "kill", "stop"};
    return names[command];
}

bool request_parse(char *line, size_t n, struct request *r) {
    struct json_field f[] = {{.name = "v", .kind = JSON_NUMBER, .required = true},
                             {.name = "id", .kind = JSON_NUMBER, .required = true},
                             {.name = "cmd", .kind = JSON_STRING, .required = true},
                             {.name = "signal", .kind = JSON_NUMBER}};
    if (!read_line(line, n, f, MEMBERS(f), &r->id, r->problem)) return false;
    for (r->command = REQUEST_STATUS; strcmp(f[2].string, request_command_name(r->command)) != 0; r->command++)
        if (r->command == REQUEST_STOP) return refuse(r->problem, "cmd", "not status, start, kill or stop");
    if (f[3].given != (r->command == REQUEST_KILL))
        return refuse(r->problem, "signal", f[3].given ? "only with kill" : "missing");
    if (f[3].given && (f[3].number < 1 || f[3].number > 64)) return refuse(r->problem, "signal", "not from 1 to 64");
    r->signal = (int)f[3].number;
    return true;
}

bool spawn_request_parse(char *line, size_t n, struct spawn_request *r) {
    struct json_field f[] = {{.name = "v", .kind = JSON_NUMBER, .required = true},
                             {.name = "id", .kind = JSON_NUMBER, .required = true},
                             {.name = "cmd", .kind = JSON_STRING, .required = true},
                             {.name = "dir", .kind = JSON_STRING, .required = true},
                             {.name = "deadline_ms", .kind = JSON_NUMBER, .number = 10000}};
    if (!read_line(line, n, f, MEMBERS(f), &r->id, r->problem)) return false;
    if (strcmp(f[2].string, "spawn") != 0) return refuse(r->problem, "cmd", "not spawn");
    if (f[3].string[0] != '/') return refuse(r->problem, "dir", "not an absolute path");
    if (f[4].number < 1 || f[4].number > 60000) return refuse(r->problem, "deadline_ms", "not from 1 to 60000");
    r->dir = f[3].string;
    r->deadline_ms = f[4].number;
    return true;
}

void reply_begin(struct text *t, int64_t id) {
    text_add(t, "{\"v\":1,\"id\":");
    if (id < 0) text_add(t, "null");
    else text_number(t, id);
    text_add(t, ",");
}

void reply_refusal(struct text *t, int error, const char *stage, const char *problem) {
    text_add(t, "\"ok\":false,\"errno\":");
    text_number(t, error);
    text_add(t, ",\"stage\":");
    text_quoted(t, stage);
    text_add(t, ",\"error\":");
    text_quoted(t, problem);
    text_add(t, "}\n");
}
