/* `mayfly-monitor stdio-agent PROGRAM [ARG...]`: the work channel for a plain program that reads stdin and writes
 * stdout. Each Exec runs it once: payload in, result out, stderr as Log frames (PROTOCOL.md section 8). */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"
#include "init.h"
#include "kernel.h"
#include "roles.h"
#include "text.h"

enum { CHANNEL = 3, RESULT_MAX = 6 * 1024 * 1024, LOG_MAX = 256 * 1024, META_MAX = 512, ENV_MAX = 4096 };
enum { AT_INPUT, AT_OUTPUT, AT_LOG, AT_EXIT, AT_PEER, SOURCES };

extern char **environ;

/* One run of the program. */
static struct {
    pid_t pid;
    struct pollfd at[SOURCES];
    const char *input;
    size_t input_left, result_length, log_length;
    int start_error;
    bool too_large, log_cut;
    char *result; /* RESULT_MAX bytes */
} run;

static void shut(int source) {
    if (run.at[source].fd >= 0) close(run.at[source].fd);
    run.at[source].fd = -1;
}

_Noreturn static void be_program(char **program, const struct frame *exec, int in, int out, int log, int failed) {
    static const char *env[ENV_MAX + 2];
    static char id[160];
    size_t n = 0;
    for (; environ[n] && n < ENV_MAX; n++) env[n] = environ[n];
    struct text t = text_in(id, sizeof id);
    const char *value = channel_meta_value(exec, "id");
    text_add(&t, "MAYFLY_INVOCATION=");
    if (value && *value == '"') text_bytes(&t, value + 1, strcspn(value + 1, "\""));
    env[n] = id;
    setsid();
    int error = dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(log, 2) < 0 ? errno : 0;
    if (error == 0) error = init_execute((const char *const *)program, env, -1, -1);
    if (write(failed, &error, sizeof error) < 0) _exit(126);
    _exit(127);
}

static bool start(char **program, const struct frame *exec) {
    int in[2], out[2], log[2], failed[2];
    int *const pipes[] = {in, out, log, failed};
    for (size_t i = 0; i < 4; i++)
        if (pipe2(pipes[i], O_CLOEXEC) != 0) return false;
    run.pid = vfork(); /* be_program touches nothing that we read, and never returns */
    if (run.pid == 0) be_program(program, exec, in[0], out[1], log[1], failed[1]);
    int ours[] = {in[1], out[0], log[0]}, theirs[] = {in[0], out[1], log[1], failed[1]};
    for (size_t i = 0; i < 4; i++) close(theirs[i]);
    for (size_t i = 0; i < 3; i++) fcntl(ours[i], F_SETFL, O_NONBLOCK);
    run.at[AT_INPUT] = (struct pollfd){.fd = in[1], .events = POLLOUT};
    run.at[AT_OUTPUT] = (struct pollfd){.fd = out[0], .events = POLLIN};
    run.at[AT_LOG] = (struct pollfd){.fd = log[0], .events = POLLIN};
    run.at[AT_PEER] = (struct pollfd){.fd = CHANNEL, .events = POLLRDHUP};
    if (run.pid < 0 || read(failed[0], &run.start_error, sizeof run.start_error) < 0) run.start_error = errno;
    close(failed[0]);
    run.at[AT_EXIT] = (struct pollfd){.fd = (int)syscall(K_NR_pidfd_open, run.pid, 0), .events = POLLIN};
    run.input = exec->bytes;
    run.input_left = exec->length;
    return run.pid > 0;
}

static void feed(void) {
    ssize_t n = run.input_left ? write(run.at[AT_INPUT].fd, run.input, run.input_left) : 0;
    if (n < 0 && errno == EAGAIN) return;
    if (n > 0) {
        run.input += n;
        run.input_left -= (size_t)n;
    }
    if (n < 0 || run.input_left == 0) shut(AT_INPUT); /* a program need not read its input */
}

/* Both return false when there is nothing more for now. */
static bool take_result(void) {
    char beyond;
    size_t room = RESULT_MAX - run.result_length;
    ssize_t n = read(run.at[AT_OUTPUT].fd, room ? run.result + run.result_length : &beyond, room ? room : 1);
    if (n < 0 && errno == EAGAIN) return false;
    if (n > 0 && room == 0) {
        run.too_large = true;
        kill(-run.pid, SIGKILL);
    }
    if (n <= 0 || room == 0) shut(AT_OUTPUT);
    else run.result_length += (size_t)n;
    return run.at[AT_OUTPUT].fd >= 0;
}

static bool take_log(void) {
    static const char notice[] = "\n[more than 256 KiB on stderr: the rest is dropped]\n";
    char part[16384];
    ssize_t n = read(run.at[AT_LOG].fd, part, sizeof part);
    if (n < 0 && errno == EAGAIN) return false;
    if (n <= 0) {
        shut(AT_LOG);
        return false;
    }
    size_t room = LOG_MAX - run.log_length, taken = (size_t)n < room ? (size_t)n : room;
    if (taken) channel_write(CHANNEL, CHANNEL_LOG, "{\"stream\":2}", part, taken);
    if (taken < (size_t)n && !run.log_cut)
        channel_write(CHANNEL, CHANNEL_LOG, "{\"stream\":2}", notice, sizeof notice - 1);
    run.log_length += taken;
    run.log_cut |= taken < (size_t)n;
    return true;
}

/* Until the program ended. Its descendants may hold the pipes longer: they are killed, and what is there is taken. */
static int attend(void) {
    int status = 0;
    for (;;) {
        if (poll(run.at, SOURCES, -1) < 0) continue;
        if (run.at[AT_PEER].revents) kill(-run.pid, SIGKILL);
        if (run.at[AT_INPUT].fd >= 0 && run.at[AT_INPUT].revents) feed();
        if (run.at[AT_OUTPUT].fd >= 0 && run.at[AT_OUTPUT].revents) take_result();
        if (run.at[AT_LOG].fd >= 0 && run.at[AT_LOG].revents) take_log();
        if (!run.at[AT_EXIT].revents) continue;
        if (run.at[AT_PEER].revents) _exit(1);
        kill(-run.pid, SIGKILL);
        waitpid(run.pid, &status, 0);
        while (run.at[AT_OUTPUT].fd >= 0 && take_result()) continue;
        while (run.at[AT_LOG].fd >= 0 && take_log()) continue;
        for (int source = 0; source < AT_PEER; source++) shut(source);
        return status;
    }
}

static void add_ending(struct text *t, int status) {
    static const char *const names[NSIG] = {
        [SIGHUP] = "SIGHUP",   [SIGINT] = "SIGINT",   [SIGQUIT] = "SIGQUIT", [SIGILL] = "SIGILL",
        [SIGTRAP] = "SIGTRAP", [SIGABRT] = "SIGABRT", [SIGBUS] = "SIGBUS",   [SIGFPE] = "SIGFPE",
        [SIGKILL] = "SIGKILL", [SIGSEGV] = "SIGSEGV", [SIGPIPE] = "SIGPIPE", [SIGALRM] = "SIGALRM",
        [SIGTERM] = "SIGTERM", [SIGXCPU] = "SIGXCPU", [SIGXFSZ] = "SIGXFSZ", [SIGSYS] = "SIGSYS",
    };
    text_add(t, WIFEXITED(status) ? "exit status " : "killed by signal ");
    text_number(t, WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    if (WIFEXITED(status) || WTERMSIG(status) >= NSIG || !names[WTERMSIG(status)]) return;
    text_add(t, " (");
    text_add(t, names[WTERMSIG(status)]);
    text_add(t, ")");
}

static bool respond(int status, bool wants_json, int64_t micros) {
    char meta[META_MAX], message[256];
    struct text t = text_in(meta, sizeof meta), m = text_in(message, sizeof message);
    bool ok = !run.start_error && !run.too_large && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    text_add(&t, ok ? "{\"status\":\"ok\",\"us\":" : "{\"status\":\"error\",\"us\":");
    text_number(&t, micros);
    if (ok) {
        bool json = wants_json && channel_is_json(run.result, run.result_length);
        text_add(&t, json ? ",\"json\":true}" : ",\"json\":false}");
        return channel_write(CHANNEL, CHANNEL_RESPONSE, meta, run.result, run.result_length);
    }
    if (run.start_error) {
        text_add(&m, "the program cannot be executed: ");
        text_add(&m, strerror(run.start_error));
    } else if (run.too_large) {
        text_add(&m, "the result is larger than 6 MiB");
    } else {
        add_ending(&m, status);
    }
    text_add(&t, ",\"error\":{\"type\":");
    text_quoted(&t, run.start_error ? "StartError" : run.too_large ? "ResultTooLarge" : "ExitError");
    text_add(&t, ",\"message\":");
    text_quoted(&t, message);
    text_add(&t, ",\"stack\":\"\"}}");
    return channel_write(CHANNEL, CHANNEL_RESPONSE, meta, NULL, 0);
}

static int64_t micros_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool execute_once(char **program, const struct frame *exec) {
    char *result = run.result;
    memset(&run, 0, sizeof run);
    run.result = result;
    int64_t began = micros_now();
    if (!start(program, exec)) return false;
    int status = attend();
    return respond(status, channel_meta_true(exec, "json"), micros_now() - began);
}

int stdio_agent_main(int argc, char **argv) {
    if (argc < 2) return 2;
    char *body = mmap(NULL, CHANNEL_BODY_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    run.result = mmap(NULL, RESULT_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (body == MAP_FAILED || run.result == MAP_FAILED) return 1;
    fcntl(CHANNEL, F_SETFD, FD_CLOEXEC);
    signal(SIGPIPE, SIG_IGN);
    bool reusable = false;
    struct frame frame;
    while (channel_read(CHANNEL, body, &frame)) {
        switch (frame.type) {
            case CHANNEL_INIT:
                reusable = channel_meta_true(&frame, "reusable");
                if (!channel_write(CHANNEL, CHANNEL_RESPONSE, "{\"status\":\"ready\"}", NULL, 0)) return 1;
                break;
            case CHANNEL_PING:
                if (!channel_write(CHANNEL, CHANNEL_PING, "", NULL, 0)) return 1;
                break;
            case CHANNEL_EXEC:
                if (!execute_once(argv + 1, &frame)) return 1;
                if (!reusable) return 0;
                break;
            default: return 1;
        }
    }
    return 0;
}
