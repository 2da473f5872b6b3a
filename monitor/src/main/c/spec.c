#include "spec.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "text.h"

#define MEMBERS(a) (sizeof(a) / sizeof *(a))

/* One row per key. A key either stores a number, a text or a choice at an offset of struct spec, or has its own
 * function because it may repeat. */
enum kind { NUMBER, CHOICE, TEXT, OWN };
struct key {
    const char *name;
    enum kind kind;
    size_t at;              /* NUMBER, CHOICE, TEXT: offset in struct spec */
    uint64_t min, max;      /* NUMBER: range. TEXT: min and max length in bytes */
    const char *choices[4]; /* CHOICE: names, whose place is the value */
    const char *(*own)(struct spec *s, char *value); /* OWN: returns what is wrong or NULL */
    bool sandbox_only;
};

static const char *add_argv(struct spec *s, char *value) {
    if (s->argv_count == SPEC_ARGV_MAX) return "more than 4096 of them";
    if (s->argv_count == 0 && *value == 0) return "the program is empty";
    s->argv[s->argv_count++] = value;
    return NULL;
}

static const char *add_env(struct spec *s, char *value) {
    if (s->env_count == SPEC_ENV_MAX) return "more than 4096 of them";
    if (*value == '=' || strchr(value, '=') == NULL) return "not NAME=VALUE";
    s->env[s->env_count++] = value;
    return NULL;
}

static const char *add_bind(struct spec *s, char *value, bool writable) {
    if (s->bind_count == SPEC_BINDS_MAX) return "more than 64 of them";
    char *colon = strrchr(value, ':');
    if (colon == NULL || value[0] != '/' || colon[1] != '/') return "not /host:/guest";
    *colon = 0;
    s->binds[s->bind_count++] = (struct spec_bind){.host = value, .guest = colon + 1, .writable = writable};
    return NULL;
}

static const char *add_ro(struct spec *s, char *value) {
    return add_bind(s, value, false);
}

static const char *add_rw(struct spec *s, char *value) {
    return add_bind(s, value, true);
}

static const char *add_cgroup(struct spec *s, char *value) {
    if (s->cgroup_count == SPEC_CGROUPS_MAX) return "more than 16 of them";
    if (*value != '/') return "not an absolute path";
    s->cgroups[s->cgroup_count++] = value;
    return NULL;
}

static const char *set_cwd(struct spec *s, char *value) {
    if (*value != '/') return "not an absolute path";
    s->cwd = value;
    return NULL;
}

static const char *set_listen(struct spec *s, char *value) {
    size_t n = strlen(value);
    if (n == 0 || n > SPEC_LISTEN_BYTES_MAX || strchr(value, '/') || strcmp(value, ".") == 0 || strcmp(value, "..") == 0)
        return "not a file name of at most 100 bytes";
    s->listen = value;
    return NULL;
}

/* Exactly one device, since whoever may write a spec shall not open others with the launcher's rights. */
static const char *set_pass(struct spec *s, char *value) {
    if (strcmp(value, "/dev/kvm") != 0) return "only /dev/kvm can be passed";
    s->pass = value;
    return NULL;
}

static const char *set_uid(struct spec *s, char *value) {
    uint64_t n;
    if (!text_parse(value, UINT32_MAX - 1, &n)) return "not a user id";
    s->uid = (uint32_t)n;
    return NULL;
}

static const char *set_gid(struct spec *s, char *value) {
    uint64_t n;
    if (!text_parse(value, UINT32_MAX - 1, &n)) return "not a group id";
    s->gid = (uint32_t)n;
    return NULL;
}

static const char *set_version(struct spec *s, char *value) {
    return strcmp(value, "1") == 0 ? NULL : "only version 1 is known";
}

#define BYTES_MAX ((uint64_t)1 << 50)
#define MILLIS_MAX ((uint64_t)1 << 41) /* 69 years: sums of two stay far inside int64_t */

static const struct key keys[] = {
    {"v", OWN, .own = set_version},
    {"argv", OWN, .own = add_argv},
    {"env", OWN, .own = add_env},
    {"cwd", OWN, .own = set_cwd},
    {"memory", NUMBER, offsetof(struct spec, memory), .max = BYTES_MAX},
    {"timeout_ms", NUMBER, offsetof(struct spec, timeout_ms), .max = MILLIS_MAX},
    {"grace_ms", NUMBER, offsetof(struct spec, grace_ms), .max = 3600 * 1000},
    {"output_max", NUMBER, offsetof(struct spec, output_max), .min = 1, .max = BYTES_MAX},
    {"report", TEXT, offsetof(struct spec, report), .max = SPEC_REPORT_BYTES_MAX},
    {"sandbox", CHOICE, offsetof(struct spec, sandbox), .choices = {"none", "process"}},
    {"start", CHOICE, offsetof(struct spec, start), .choices = {"now", "asked"}},
    {"uid", OWN, .own = set_uid, .sandbox_only = true},
    {"gid", OWN, .own = set_gid, .sandbox_only = true},
    {"ro", OWN, .own = add_ro, .sandbox_only = true},
    {"rw", OWN, .own = add_rw, .sandbox_only = true},
    {"tmp", NUMBER, offsetof(struct spec, tmp), .max = BYTES_MAX, .sandbox_only = true},
    {"net", CHOICE, offsetof(struct spec, net), .choices = {"none", "host"}, .sandbox_only = true},
    {"pids", NUMBER, offsetof(struct spec, pids), .max = 4194304, .sandbox_only = true},
    {"caps", CHOICE, offsetof(struct spec, caps), .choices = {"none", "fork"}, .sandbox_only = true},
    {"listen", OWN, .own = set_listen, .sandbox_only = true},
    {"pass", OWN, .own = set_pass, .sandbox_only = true},
    {"init", CHOICE, offsetof(struct spec, init), .choices = {"reap", "accept", "none"}, .sandbox_only = true},
    {"seccomp", CHOICE, offsetof(struct spec, seccomp), .choices = {"task", "agent", "machines"}, .sandbox_only = true},
    {"cgroup", OWN, .own = add_cgroup, .sandbox_only = true},
    {"require", TEXT, offsetof(struct spec, require), .max = 1024, .sandbox_only = true},
};
_Static_assert(MEMBERS(keys) <= 64, "spec.seen has a bit for each key");

static bool repeats(const struct key *k) {
    return k->own == add_argv || k->own == add_env || k->own == add_ro || k->own == add_rw || k->own == add_cgroup;
}

static bool refuse(struct spec_problem *problem, int error, const char *key, size_t key_len, const char *why) {
    struct text t = text_in(problem->text, sizeof problem->text);
    text_bytes(&t, key, key_len < 40 ? key_len : 40);
    text_add(&t, ": ");
    text_add(&t, why);
    problem->errno_ = error;
    return false;
}

static const struct key *find(const char *name, size_t len) {
    for (size_t i = 0; i < MEMBERS(keys); i++)
        if (strlen(keys[i].name) == len && memcmp(keys[i].name, name, len) == 0) return &keys[i];
    return NULL;
}

static const char *set_choice(const struct key *k, int *to, const char *value) {
    for (size_t i = 0; i < MEMBERS(k->choices) && k->choices[i]; i++)
        if (strcmp(k->choices[i], value) == 0) {
            *to = (int)i;
            return NULL;
        }
    return "not one of its values";
}

static const char *set(struct spec *s, const struct key *k, char *value) {
    char *field = (char *)s + k->at;
    size_t n = strlen(value);
    switch (k->kind) {
        case NUMBER:
            return text_parse(value, k->max, (uint64_t *)(void *)field) && *(uint64_t *)(void *)field >= k->min
                       ? NULL
                       : "not a number in its range";
        case CHOICE: return set_choice(k, (int *)(void *)field, value);
        case TEXT:
            if (n < k->min || n > k->max) return "too long";
            *(const char **)(void *)field = value;
            return NULL;
        case OWN: return k->own(s, value);
    }
    return "of no known kind";
}

static bool has(const struct spec *s, const char *name) {
    return s->seen >> (find(name, strlen(name)) - keys) & 1;
}

static bool check_whole(struct spec *s, struct spec_problem *problem) {
    if (!has(s, "v")) return refuse(problem, EINVAL, "v", 1, "missing");
    if (s->argv_count == 0) return refuse(problem, EINVAL, "argv", 4, "missing");
    if (has(s, "uid") != has(s, "gid")) return refuse(problem, EINVAL, "uid", 3, "uid and gid go together");
    if (s->init == INIT_ACCEPT && s->listen == NULL) return refuse(problem, EINVAL, "init", 4, "accept needs listen");
    if (s->init == INIT_ACCEPT && s->pass) return refuse(problem, EINVAL, "pass", 4, "not with init=accept");
    s->has_ids = has(s, "uid");
    for (size_t i = 0; i < MEMBERS(keys); i++)
        if (keys[i].sandbox_only && s->sandbox != SANDBOX_PROCESS && s->seen >> i & 1)
            return refuse(problem, EINVAL, keys[i].name, strlen(keys[i].name), "only with sandbox=process");
    return true;
}

bool spec_parse(struct spec *s, struct spec_problem *problem) {
    s->cwd = "/";
    s->grace_ms = 5000;
    s->output_max = (uint64_t)1 << 30;
    s->report = s->require = "";
    if (s->length > SPEC_BYTES_MAX) return refuse(problem, E2BIG, "spec", 4, "larger than 256 KiB");
    if (s->length == 0 || s->bytes[s->length - 1] != 0)
        return refuse(problem, EINVAL, "spec", 4, "its last record is not ended by a NUL byte");
    for (char *record = s->bytes, *end = s->bytes + s->length; record < end;) {
        char *next = record + strlen(record) + 1;
        char *equals = strchr(record, '=');
        if (equals == NULL) return refuse(problem, EINVAL, record, strlen(record), "no = in this record");
        const struct key *k = find(record, (size_t)(equals - record));
        if (k == NULL) return refuse(problem, EINVAL, record, (size_t)(equals - record), "unknown key");
        uint64_t bit = (uint64_t)1 << (k - keys);
        if (s->seen & bit && !repeats(k)) return refuse(problem, EINVAL, k->name, strlen(k->name), "given twice");
        s->seen |= bit;
        const char *wrong = set(s, k, equals + 1);
        if (wrong) return refuse(problem, EINVAL, k->name, strlen(k->name), wrong);
        record = next;
    }
    return check_whole(s, problem);
}

/* Fills s->bytes; a file of more than SPEC_BYTES_MAX gives a length above it. False with errno set. */
static bool read_file(struct spec *s, const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return false;
    ssize_t n = 1;
    while (n > 0 && s->length < sizeof s->bytes) {
        n = read(fd, s->bytes + s->length, sizeof s->bytes - s->length);
        if (n < 0 && errno == EINTR) n = 1;
        else if (n > 0) s->length += (size_t)n;
    }
    int error = errno;
    close(fd);
    errno = error;
    return n >= 0;
}

struct spec *spec_open(const char *path, struct spec_problem *problem) {
    struct spec *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (s == MAP_FAILED) {
        refuse(problem, errno, "spec", 4, "no memory");
        return NULL;
    }
    if (!read_file(s, path)) {
        refuse(problem, errno, "spec", 4, "cannot be read");
        spec_close(s);
        return NULL;
    }
    if (!spec_parse(s, problem)) {
        spec_close(s);
        return NULL;
    }
    return s;
}

void spec_close(struct spec *s) {
    munmap(s, sizeof *s);
}
