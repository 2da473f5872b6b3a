#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../main/c/execute.h"
#include "../../main/c/json.h"
#include "../../main/c/proc.h"
#include "../../main/c/request.h"
#include "../../main/c/spec.h"
#include "../../main/c/status.h"
#include "../../main/c/text.h"
#include "check.h"

#define LITERAL(s) s, sizeof s - 1

/* -- JSON -- */

static const char *read_json(const char *source, struct json_field *f, const char **culprit) {
    static char line[512];
    snprintf(line, sizeof line, "%s", source);
    f[0] = (struct json_field){.name = "n", .kind = JSON_NUMBER, .required = true};
    f[1] = (struct json_field){.name = "s", .kind = JSON_STRING};
    return json_read(line, f, 2, culprit);
}

static void json_accepts(const char *source, int64_t n, const char *s) {
    struct json_field f[2];
    const char *culprit, *wrong = read_json(source, f, &culprit);
    CHECK_ABOUT(wrong == NULL, source);
    if (wrong) return;
    CHECK_ABOUT(f[0].number == n, source);
    CHECK_ABOUT(f[1].given == (s != NULL), source);
    if (s && f[1].given) CHECK_TEXT(f[1].string, s);
}

static void json_refuses(const char *source, const char *why, const char *who) {
    struct json_field f[2];
    const char *culprit, *wrong = read_json(source, f, &culprit);
    CHECK_TEXT(wrong ? wrong : "accepted", why);
    CHECK_TEXT(culprit, who);
}

void test_json(void) {
    json_accepts("{\"n\":0}", 0, NULL);
    json_accepts(" { \"s\" : \"\" , \"n\" : 9007199254740991 } ", 9007199254740991, "");
    json_accepts("{\"n\":1,\"s\":\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"}", 1, "a\"\\/\b\f\n\r\tz");
    json_accepts("{\"n\":1,\"s\":\"\\u00e9\\u20AC\\ud83d\\ude00\"}", 1, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    json_accepts("{\"n\":1,\"s\":\"\xc3\xa9\"}", 1, "\xc3\xa9");
    json_refuses("", "not a JSON object", "");
    json_refuses("[]", "not a JSON object", "");
    json_refuses("{}", "missing", "n");
    json_refuses("{\"n\":1", "a comma or the closing brace expected", "");
    json_refuses("{\"n\":1,}", "a field's name expected", "");
    json_refuses("{\"n\":1}x", "something follows the object", "");
    json_refuses("{\"n\":1,\"n\":2}", "given twice", "n");
    json_refuses("{\"x\":1}", "unknown field", "x");
    json_refuses("{\"n\" 1}", "no colon after its name", "n");
    json_refuses("{\"n\":-1}", "not an integer from 0 to 2^53 - 1", "n");
    json_refuses("{\"n\":01}", "not an integer from 0 to 2^53 - 1", "n");
    json_refuses("{\"n\":1.5}", "not an integer from 0 to 2^53 - 1", "n");
    json_refuses("{\"n\":9007199254740992}", "not an integer from 0 to 2^53 - 1", "n");
    json_refuses("{\"n\":99999999999999999999999}", "not an integer from 0 to 2^53 - 1", "n");
    json_refuses("{\"n\":{}}", "not an integer from 0 to 2^53 - 1", "n");
    json_refuses("{\"s\":1}", "not a string", "s");
    json_refuses("{\"s\":\"", "a malformed string", "s");
    json_refuses("{\"s\":\"\\", "a malformed string", "s");
    json_refuses("{\"s\":\"\\q\"}", "a malformed string", "s");
    json_refuses("{\"s\":\"\\u0000\"}", "a malformed string", "s");
    json_refuses("{\"s\":\"\\ud83d\"}", "a malformed string", "s");
    json_refuses("{\"s\":\"\\ud83d\\u0041\"}", "a malformed string", "s");
    json_refuses("{\"s\":\"\\ude00\"}", "a malformed string", "s");
    json_refuses("{\"s\":\"\\u12\"}", "a malformed string", "s");
    json_refuses("{\"s\":\"\xc0\x80\"}", "a malformed string", "s");
    json_refuses("{\"s\":\"\xff\"}", "a malformed string", "s");
    json_refuses("{\"s\":\"a\tb\"}", "a malformed string", "s");
    json_refuses("{\"n", "a malformed field name", "");
}

/* -- requests -- */

static void request_gives(const char *source, size_t n, int64_t id, const char *problem) {
    char line[600];
    struct request r = {0};
    memcpy(line, source, n);
    bool ok = request_parse(line, n, &r);
    CHECK_ABOUT(ok == (*problem == 0), source);
    CHECK_ABOUT(r.id == id, source);
    CHECK_TEXT(r.problem, problem);
}

static void spawn_gives(const char *source, int64_t id, const char *problem) {
    char line[600];
    struct spawn_request r = {0};
    memcpy(line, source, strlen(source));
    bool ok = spawn_request_parse(line, strlen(source), &r);
    CHECK_ABOUT(ok == (*problem == 0), source);
    CHECK_ABOUT(r.id == id, source);
    CHECK_TEXT(r.problem, problem);
}

void test_request(void) {
    request_gives(LITERAL("{\"v\":1,\"id\":1,\"cmd\":\"status\"}"), 1, "");
    request_gives(LITERAL("{\"v\":1,\"id\":2,\"cmd\":\"start\"}"), 2, "");
    request_gives(LITERAL("{\"v\":1,\"id\":3,\"cmd\":\"stop\"}"), 3, "");
    request_gives(LITERAL("{\"v\":1,\"id\":4,\"cmd\":\"kill\",\"signal\":64}"), 4, "");
    request_gives(LITERAL("{\"v\":1,\"id\":4,\"cmd\":\"kill\",\"signal\":65}"), 4, "signal: not from 1 to 64");
    request_gives(LITERAL("{\"v\":1,\"id\":4,\"cmd\":\"kill\",\"signal\":0}"), 4, "signal: not from 1 to 64");
    request_gives(LITERAL("{\"v\":1,\"id\":4,\"cmd\":\"kill\"}"), 4, "signal: missing");
    request_gives(LITERAL("{\"v\":1,\"id\":4,\"cmd\":\"stop\",\"signal\":9}"), 4, "signal: only with kill");
    request_gives(LITERAL("{\"v\":1,\"id\":5,\"cmd\":\"dance\"}"), 5, "cmd: not status, start, kill or stop");
    request_gives(LITERAL("{\"v\":2,\"id\":6,\"cmd\":\"stop\"}"), 6, "v: only version 1 is known");
    request_gives(LITERAL("{\"v\":1,\"cmd\":\"stop\"}"), -1, "id: missing");
    request_gives(LITERAL("{\"v\":1,\"id\":7,\"cmd\":\"status\"}\0{}"), -1, "a NUL byte in the line");
    request_gives(LITERAL("GET / HTTP/1.1"), -1, "not a JSON object");
    spawn_gives("{\"v\":1,\"id\":7,\"cmd\":\"spawn\",\"dir\":\"/a\",\"deadline_ms\":60000}", 7, "");
    spawn_gives("{\"v\":1,\"id\":7,\"cmd\":\"spawn\",\"dir\":\"/a\"}", 7, "");
    spawn_gives("{\"v\":1,\"id\":7,\"cmd\":\"spawn\",\"dir\":\"a\"}", 7, "dir: not an absolute path");
    spawn_gives("{\"v\":1,\"id\":7,\"cmd\":\"status\",\"dir\":\"/a\"}", 7, "cmd: not spawn");
    spawn_gives("{\"v\":1,\"id\":7,\"cmd\":\"spawn\"}", 7, "dir: missing");
    spawn_gives("{\"v\":1,\"id\":7,\"cmd\":\"spawn\",\"dir\":\"/a\",\"deadline_ms\":0}", 7, "deadline_ms: not from 1 to 60000");
    spawn_gives("{\"v\":1,\"id\":7,\"cmd\":\"spawn\",\"dir\":\"/a\",\"nice\":1}", 7, "nice: unknown field");
    char buffer[200];
    struct text t = text_in(buffer, sizeof buffer);
    reply_begin(&t, -1);
    reply_refusal(&t, 22, "request", "say \"x\"");
    CHECK_TEXT(buffer, "{\"v\":1,\"id\":null,\"ok\":false,\"errno\":22,\"stage\":\"request\",\"error\":\"say \\\"x\\\"\"}\n");
}

/* -- the spec -- */

static struct spec *spec_of(const char *bytes, size_t n, struct spec_problem *problem) {
    static struct spec s;
    memset(&s, 0, sizeof s);
    s.length = n;
    memcpy(s.bytes, bytes, n);
    *problem = (struct spec_problem){0};
    return spec_parse(&s, problem) ? &s : NULL;
}

static void spec_refuses(const char *bytes, size_t n, const char *why) {
    struct spec_problem problem;
    CHECK_ABOUT(spec_of(bytes, n, &problem) == NULL, bytes);
    CHECK_TEXT(problem.text, why);
    CHECK(problem.errno_ != 0);
}

static void a_full_spec_is_read(void) {
    struct spec_problem problem;
    struct spec *s = spec_of(
        LITERAL("v=1\0argv=sh\0argv=-c\0argv=\0env=A=b=c\0cwd=/w\0memory=1024\0timeout_ms=5\0grace_ms=0\0output_max=7\0"
                "report=../x\0sandbox=process\0start=asked\0uid=1\0gid=2\0ro=/a:b:/c\0rw=/d:/e\0tmp=9\0net=host\0pids=3\0"
                "caps=fork\0listen=w.sock\0init=accept\0seccomp=agent\0cgroup=/x\0cgroup=/y\0require=a,b\0"),
        &problem);
    CHECK_ABOUT(s != NULL, problem.text);
    if (s == NULL) return;
    CHECK(s->argv_count == 3 && s->argv[3] == NULL && s->env_count == 1 && s->env[1] == NULL);
    CHECK_TEXT(s->argv[0], "sh");
    CHECK_TEXT(s->argv[2], "");
    CHECK_TEXT(s->env[0], "A=b=c");
    CHECK_TEXT(s->cwd, "/w");
    CHECK(s->memory == 1024 && s->timeout_ms == 5 && s->grace_ms == 0 && s->output_max == 7);
    CHECK(s->sandbox == SANDBOX_PROCESS && s->start == START_WHEN_ASKED && s->has_ids && s->uid == 1 && s->gid == 2);
    CHECK(s->bind_count == 2 && !s->binds[0].writable && s->binds[1].writable);
    CHECK_TEXT(s->binds[0].host, "/a:b");
    CHECK_TEXT(s->binds[0].guest, "/c");
    CHECK(s->tmp == 9 && s->net == NET_HOST && s->pids == 3 && s->caps == CAPS_FORK && s->init == INIT_ACCEPT);
    CHECK(s->seccomp == SECCOMP_AGENT && s->cgroup_count == 2);
    CHECK_TEXT(s->listen, "w.sock");
    CHECK_TEXT(s->cgroups[1], "/y");
    CHECK_TEXT(s->require, "a,b");
}

static void a_small_spec_has_defaults(void) {
    struct spec_problem problem;
    struct spec *s = spec_of(LITERAL("v=1\0argv=x\0"), &problem);
    CHECK(s != NULL);
    if (s == NULL) return;
    CHECK(s->grace_ms == 5000 && s->output_max == 1u << 30 && s->memory == 0 && s->sandbox == SANDBOX_NONE);
    CHECK(s->start == START_AT_ONCE && !s->has_ids && s->listen == NULL && s->timeout_ms == 0);
    CHECK_TEXT(s->cwd, "/");
    CHECK_TEXT(s->report, "");
}

static void too_many_are_refused(void) {
    static char bytes[SPEC_BYTES_MAX];
    size_t n = 4;
    memcpy(bytes, "v=1", 4);
    for (int i = 0; i <= SPEC_ARGV_MAX; i++, n += 7) memcpy(bytes + n, "argv=a", 7);
    spec_refuses(bytes, n, "argv: more than 4096 of them");
    n = 4;
    for (int i = 0; i <= SPEC_ENV_MAX; i++, n += 8) memcpy(bytes + n, "env=A=b", 8);
    spec_refuses(bytes, n, "env: more than 4096 of them");
}

static void spec_files(void) {
    struct spec_problem problem;
    char name[] = "/tmp/mayfly-spec-XXXXXX";
    int fd = mkstemp(name);
    CHECK(fd >= 0 && write(fd, LITERAL("v=1\0argv=x\0")) == 11);
    struct spec *s = spec_open(name, &problem);
    CHECK(s != NULL);
    if (s) spec_close(s);
    CHECK(ftruncate(fd, SPEC_BYTES_MAX + 1) == 0 && spec_open(name, &problem) == NULL && problem.errno_ == E2BIG);
    close(fd);
    unlink(name);
    CHECK(spec_open(name, &problem) == NULL && problem.errno_ == ENOENT);
    CHECK(symlink("/etc/passwd", name) == 0 && spec_open(name, &problem) == NULL && problem.errno_ == ELOOP);
    unlink(name);
}

void test_spec(void) {
    a_full_spec_is_read();
    a_small_spec_has_defaults();
    too_many_are_refused();
    spec_files();
    spec_refuses("", 0, "spec: its last record is not ended by a NUL byte");
    spec_refuses(LITERAL("v=1\0argv=x"), "spec: its last record is not ended by a NUL byte");
    spec_refuses(LITERAL("argv=x\0"), "v: missing");
    spec_refuses(LITERAL("v=2\0argv=x\0"), "v: only version 1 is known");
    spec_refuses(LITERAL("v=1\0"), "argv: missing");
    spec_refuses(LITERAL("v=1\0argv=\0"), "argv: the program is empty");
    spec_refuses(LITERAL("v=1\0argv=x\0v=1\0"), "v: given twice");
    spec_refuses(LITERAL("v=1\0colour=red\0"), "colour: unknown key");
    spec_refuses(LITERAL("v=1\0arg=x\0"), "arg: unknown key");
    spec_refuses(LITERAL("v=1\0\0"), ": no = in this record");
    spec_refuses(LITERAL("v=1\0argv\0"), "argv: no = in this record");
    spec_refuses(LITERAL("v=1\0env==x\0"), "env: not NAME=VALUE");
    spec_refuses(LITERAL("v=1\0env=x\0"), "env: not NAME=VALUE");
    spec_refuses(LITERAL("v=1\0cwd=x\0"), "cwd: not an absolute path");
    spec_refuses(LITERAL("v=1\0memory=1k\0"), "memory: not a number in its range");
    spec_refuses(LITERAL("v=1\0memory=-1\0"), "memory: not a number in its range");
    spec_refuses(LITERAL("v=1\0memory=\0"), "memory: not a number in its range");
    spec_refuses(LITERAL("v=1\0memory=99999999999999999999\0"), "memory: not a number in its range");
    spec_refuses(LITERAL("v=1\0output_max=0\0"), "output_max: not a number in its range");
    spec_refuses(LITERAL("v=1\0sandbox=vm\0"), "sandbox: not one of its values");
    spec_refuses(LITERAL("v=1\0argv=x\0uid=1\0gid=1\0"), "uid: only with sandbox=process");
    spec_refuses(LITERAL("v=1\0argv=x\0net=host\0"), "net: only with sandbox=process");
    spec_refuses(LITERAL("v=1\0argv=x\0sandbox=process\0uid=1\0"), "uid: uid and gid go together");
    spec_refuses(LITERAL("v=1\0argv=x\0sandbox=process\0uid=4294967295\0gid=1\0"), "uid: not a user id");
    spec_refuses(LITERAL("v=1\0pass=/dev/mem\0"), "pass: only /dev/kvm can be passed");
    spec_refuses(LITERAL("v=1\0pass=/dev/kvm/../mem\0"), "pass: only /dev/kvm can be passed");
    spec_refuses(LITERAL("v=1\0argv=x\0pass=/dev/kvm\0"), "pass: only with sandbox=process");
    spec_refuses(LITERAL("v=1\0argv=x\0sandbox=process\0init=accept\0listen=w\0pass=/dev/kvm\0"), "pass: not with init=accept");
    spec_refuses(LITERAL("v=1\0argv=x\0sandbox=process\0pass=/dev/kvm\0pass=/dev/kvm\0"), "pass: given twice");
    spec_refuses(LITERAL("v=1\0argv=x\0sandbox=process\0init=accept\0"), "init: accept needs listen");
    spec_refuses(LITERAL("v=1\0listen=a/b\0"), "listen: not a file name of at most 100 bytes");
    spec_refuses(LITERAL("v=1\0listen=..\0"), "listen: not a file name of at most 100 bytes");
    spec_refuses(LITERAL("v=1\0ro=/a\0"), "ro: not /host:/guest");
    spec_refuses(LITERAL("v=1\0ro=/a:b\0"), "ro: not /host:/guest");
    spec_refuses(LITERAL("v=1\0cgroup=a\0"), "cgroup: not an absolute path");
}

/* -- the status record -- */

static struct facts some_facts(void) {
    struct facts f = {.seq = 3, .monitor = 10, .pid = 11, .monitor_start = 12, .start = 13, .started_ms = 14, .ended_ms = 15};
    memcpy(f.task, "task_1", 7);
    memset(f.boot, 'b', BOOT_ID_CHARS);
    return f;
}

static void the_longest_status_fits(void) {
    struct facts f = {.seq = UINT64_MAX >> 1, .monitor = INT32_MIN, .pid = INT32_MIN, .monitor_start = 1ull << 63,
                      .start = 1ull << 63, .started_ms = INT64_MIN, .ended_ms = INT64_MIN, .user_us = INT64_MIN,
                      .system_us = INT64_MIN, .max_rss_bytes = INT64_MIN};
    struct life l;
    char quotes[300], json[STATUS_BYTES];
    memset(quotes, '"', sizeof quotes - 1);
    quotes[sizeof quotes - 1] = 0;
    memset(f.task, 'x', TASK_NAME_MAX);
    memset(f.boot, 'b', BOOT_ID_CHARS);
    life_begin(&l);
    life_blame(&l, INT32_MIN, quotes, quotes);
    l.state = STOPPING;
    l.cause = BY_TIMEOUT;
    l.exit_code = l.signal = INT32_MIN;
    size_t n = status_json(json, sizeof json, &f, &l);
    CHECK(n == strlen(json) && n > 900 && n <= STATUS_JSON_MAX && json[n - 1] == '}');
}

void test_status(void) {
    the_longest_status_fits();
    CHECK(status_crc32("123456789", 9) == 0xCBF43926); /* the check value of this CRC */
    CHECK(status_crc32("", 0) == 0);
    struct facts f = some_facts();
    struct life l;
    char record[STATUS_BYTES];
    life_begin(&l);
    status_record(record, &f, &l);
    unsigned crc;
    size_t length;
    CHECK(sscanf(record, "mayfly1 %8x %4zu", &crc, &length) == 2 && record[STATUS_HEADER_BYTES - 1] == '\n');
    CHECK(crc == status_crc32(record + STATUS_HEADER_BYTES, length) && record[STATUS_HEADER_BYTES + length - 1] == '\n');
    bool padded = true;
    for (size_t i = STATUS_HEADER_BYTES + length; i < STATUS_BYTES; i++) padded = padded && record[i] == 0;
    CHECK(padded);
    record[STATUS_HEADER_BYTES + length - 1] = 0;
    CHECK_TEXT(record + STATUS_HEADER_BYTES,
               "{\"v\":1,\"task\":\"task_1\",\"seq\":3,\"state\":\"waiting\",\"monitor\":10,\"monitor_start\":12,\"pid\":11,"
               "\"start\":13,\"boot\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\",\"started_ms\":14,\"ended_ms\":15,"
               "\"exit_code\":-1,\"signal\":0,\"cause\":\"\",\"errno\":0,\"stage\":\"\",\"detail\":\"\",\"user_us\":0,"
               "\"system_us\":0,\"max_rss_bytes\":0}");
    CHECK(task_name_ok("task_1") && task_name_ok("a") && task_name_ok("mac.X-9"));
    CHECK(!task_name_ok("") && !task_name_ok(".hidden") && !task_name_ok("a b") && !task_name_ok("a/b") && !task_name_ok("\xc3\xa9"));
    char name[TASK_NAME_MAX + 2];
    memset(name, 'x', sizeof name);
    name[TASK_NAME_MAX + 1] = 0;
    CHECK(!task_name_ok(name));
    CHECK(task_name_ok(name + 1));
}

/* -- text, /proc, PATH -- */

void test_text(void) {
    char small[6];
    struct text t = text_in(small, sizeof small);
    text_number(&t, -12);
    CHECK(!t.cut);
    text_add(&t, "345");
    CHECK_TEXT(small, "-1234");
    CHECK(t.cut && t.len == 5);
    char big[64];
    t = text_in(big, sizeof big);
    text_number(&t, INT64_MIN);
    text_add(&t, " ");
    text_number(&t, 0);
    text_add(&t, " ");
    text_hex8(&t, 0xDEAD);
    CHECK_TEXT(big, "-9223372036854775808 0 0000dead");
    t = text_in(big, sizeof big);
    text_quoted(&t, "a\"\\\n\x80\xc3\xa9");
    CHECK_TEXT(big, "\"a\\\"\\\\\\u000a?\xc3\xa9\"");
    uint64_t n;
    CHECK(text_parse("18446744073709551615", UINT64_MAX, &n) && n == UINT64_MAX);
    CHECK(!text_parse("18446744073709551616", UINT64_MAX, &n));
    CHECK(text_parse("5", 5, &n) && !text_parse("6", 5, &n) && !text_parse("10", 5, &n) && !text_parse("", 5, &n));
    CHECK(!text_parse("+1", 5, &n) && !text_parse(" 1", 5, &n) && !text_parse("1 ", 5, &n));
}

static int errno_of_executing(const char *program, const char *path) {
    const char *argv[] = {program, NULL}, *env[] = {path, NULL};
    pid_t pid = fork();
    if (pid == 0) {
        execute(argv, env);
        _exit(errno);
    }
    int how = 0;
    waitpid(pid, &how, 0);
    return WEXITSTATUS(how);
}

void test_processes(void) {
    uint64_t ticks = 0;
    CHECK(proc_parse_start("1 (a) b) ) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 2200 23", &ticks) && ticks == 2200);
    CHECK(!proc_parse_start("1 (a) S 4 5", &ticks) && !proc_parse_start("", &ticks) && !proc_parse_start(")", &ticks));
    CHECK(!proc_parse_start("1 (a) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 x", &ticks));
    CHECK(proc_own_start(&ticks) && ticks > 0);
    char boot[37];
    CHECK(proc_boot_id(boot) && strlen(boot) == 36 && boot[8] == '-');
    char path[16];
    CHECK(execute_join(path, sizeof path, "/bin", 4, "true") == 9 && strcmp(path, "/bin/true") == 0);
    CHECK(execute_join(path, sizeof path, "", 0, "x") == 3 && strcmp(path, "./x") == 0);
    CHECK(execute_join(path, sizeof path, "/bin", 4, "1234567890") == 15);
    CHECK(execute_join(path, sizeof path, "/bin", 4, "12345678901") == 0);
    CHECK(errno_of_executing("true", "PATH=/nowhere:/usr/bin:/bin") == 0);
    CHECK(errno_of_executing("true", "A=b") == 0); /* the default path */
    CHECK(errno_of_executing("true", "PATH=/nowhere") == ENOENT);
    CHECK(errno_of_executing("passwd", "PATH=/etc") == EACCES);
    CHECK(errno_of_executing("/nowhere/true", "PATH=/bin") == ENOENT);
}
