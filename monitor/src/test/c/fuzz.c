/* Feeds bytes to every parser that reads what others wrote: requests to the monitor, requests to the spawner, the spec,
 * /proc text. Run with a seed as part of the unit tests; LLVMFuzzerTestOneInput is there for libFuzzer:
 * clang -fsanitize=fuzzer,address -D_GNU_SOURCE -DLIBFUZZER src/test/c/fuzz.c src/main/c/{json,request,spec,text,proc}.c */
#include <stdlib.h>
#include <string.h>

#include "../../main/c/proc.h"
#include "../../main/c/request.h"
#include "../../main/c/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A refused input must say why, in one printable buffer; an accepted one must keep its promises. */
#define PROMISE(condition) \
    do {                   \
        if (!(condition)) abort(); \
    } while (0)

static char *copy(const uint8_t *data, size_t n) {
    char *c = malloc(n + 1); /* of the exact size, so that the sanitizer sees any overrun */
    PROMISE(c != NULL);
    memcpy(c, data, n);
    return c;
}

static void as_request(const uint8_t *data, size_t n) {
    char *line = copy(data, n);
    struct request r = {0};
    if (request_parse(line, n, &r)) PROMISE(r.id >= 0 && (r.command != REQUEST_KILL || (r.signal >= 1 && r.signal <= 64)));
    else PROMISE(r.problem[0] && strlen(r.problem) < sizeof r.problem);
    free(line);
}

static void as_spawn_request(const uint8_t *data, size_t n) {
    char *line = copy(data, n);
    struct spawn_request r = {0};
    if (spawn_request_parse(line, n, &r)) PROMISE(r.id >= 0 && r.dir[0] == '/' && strlen(r.dir) < n && r.deadline_ms > 0);
    else PROMISE(r.problem[0] && strlen(r.problem) < sizeof r.problem);
    free(line);
}

static void as_spec(const uint8_t *data, size_t n) {
    static struct spec s;
    struct spec_problem problem = {0};
    size_t head = offsetof(struct spec, bytes);
    memset(&s, 0, head);
    s.length = n < SPEC_BYTES_MAX ? n : SPEC_BYTES_MAX;
    memcpy(s.bytes, data, s.length);
    s.bytes[s.length] = 0;
    if (!spec_parse(&s, &problem)) {
        PROMISE(problem.text[0] && problem.errno_ && strlen(problem.text) < sizeof problem.text);
        return;
    }
    PROMISE(s.argv_count >= 1 && s.argv[0][0] && s.argv[s.argv_count] == NULL && s.env[s.env_count] == NULL);
    PROMISE(s.cwd[0] == '/' && s.output_max > 0 && strlen(s.report) <= SPEC_REPORT_BYTES_MAX);
    for (size_t i = 0; i < s.bind_count; i++) PROMISE(s.binds[i].host[0] == '/' && s.binds[i].guest[0] == '/');
}

static void as_stat(const uint8_t *data, size_t n) {
    char *text = copy(data, n);
    uint64_t ticks;
    text[n] = 0;
    proc_parse_start(text, &ticks);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    as_request(data, n);
    as_spawn_request(data, n);
    as_spec(data, n);
    as_stat(data, n);
    return 0;
}

#ifndef LIBFUZZER
#include "check.h"

#define SEED(s) {s, sizeof s - 1}
static const struct {
    const char *bytes;
    size_t n;
} corpus[] = {
    SEED("{\"v\":1,\"id\":7,\"cmd\":\"kill\",\"signal\":9}"),
    SEED("{\"v\":1,\"id\":9007199254740991,\"cmd\":\"st\\u0061tus\"}"),
    SEED("{\"v\":1,\"id\":7,\"cmd\":\"spawn\",\"dir\":\"/\\ud83d\\ude00\\n\",\"deadline_ms\":5000}"),
    SEED("v=1\0argv=sh\0argv=-c\0env=A=b\0cwd=/w\0memory=1024\0timeout_ms=5\0report=../x\0sandbox=process\0ro=/a:/b\0"),
    SEED("v=1\0argv=x\0sandbox=process\0uid=1\0gid=2\0listen=w\0init=accept\0cgroup=/x\0require=a,b\0pids=9\0net=none\0"),
    SEED("1 (a) b) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23"),
};

enum { INPUT_MAX = 1024 };

static size_t mutate(struct dice *dice, uint8_t *bytes, size_t n) {
    static const char interesting[] = "{}[]\":,\\u\0=/0123456789dD8\x80\xc3\xff\n";
    for (uint64_t changes = 1 + dice_roll(dice, 6); changes > 0 && n > 0; changes--) {
        size_t at = dice_roll(dice, n), length = dice_roll(dice, n - at) + 1;
        switch (dice_roll(dice, 5)) {
            case 0: bytes[at] ^= (uint8_t)(1u << dice_roll(dice, 8)); break;
            case 1: bytes[at] = (uint8_t)interesting[dice_roll(dice, sizeof interesting)]; break;
            case 2: n = at + dice_roll(dice, 2); break;
            case 3: /* repeat a part */
                if (n + length > INPUT_MAX) break;
                memmove(bytes + at + length, bytes + at, n - at);
                n += length;
                break;
            default: /* leave out a part */
                memmove(bytes + at, bytes + at + length, n - at - length);
                n -= length;
        }
    }
    return n;
}

void test_fuzz(uint64_t seed, long iterations) {
    struct dice dice = {seed};
    uint8_t bytes[INPUT_MAX];
    for (long i = 0; i < iterations; i++) {
        size_t from = dice_roll(&dice, sizeof corpus / sizeof *corpus);
        memcpy(bytes, corpus[from].bytes, corpus[from].n);
        size_t n = mutate(&dice, bytes, corpus[from].n);
        LLVMFuzzerTestOneInput(bytes, n);
    }
    CHECK(true); /* a broken promise has aborted by now */
}
#endif
