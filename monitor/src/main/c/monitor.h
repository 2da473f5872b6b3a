/* The monitor's one state struct and the functions its files share. A monitor is single-threaded, allocates nothing
 * after its start, and lives in the supervised directory, so every file name in it is relative.
 *
 * monitor.c: the loop and what the life's effects do. monitor_start.c: from a forked process to a monitor.
 * monitor_clients.c: monitor.sock. executor.c: the process that becomes the command. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdnoreturn.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include "life.h"
#include "request.h"
#include "spec.h"
#include "status.h"

enum {
    CLIENTS_MAX = 8,
    LOG_LINES_MAX = 1000,
    PID_FILE_BYTES = 128,
    OUTPUT_EVERY_MIN_MS = 100,
    OUTPUT_EVERY_MAX_MS = 1000,
};

struct client {
    int fd;             /* -1 = free place */
    size_t len;         /* bytes of the unfinished line */
    uint64_t last_used; /* a counter, to find the one that was silent longest */
    char *line;         /* its place in monitor.lines: apart, so that pages of clients that never come stay untouched */
};

struct monitor {
    struct life life;
    struct facts facts;
    struct spec *spec;   /* NULL once executed: its memory is given back */
    uint64_t output_max; /* bytes */

    /* Descriptors; -1 = not open. All are close-on-exec, and the executor closes them besides. */
    int lock, status, pid_file, log, out, err;
    int reply;       /* the spawner's pipe, until it was answered */
    int exec_report; /* where the executor says why it could not execute, until it did */
    int pidfd, signals, listener, datagrams;

    struct sockaddr_un node; /* spec.report; sun_path "" = nobody */
    int signal_error;        /* errno of the last SIGNAL effect */
    bool concluded_once;     /* the final seq was given, although the record may not be written yet */
    uint64_t output_size;    /* at the last look */
    int64_t output_at, output_every_ms, accept_at;
    uint64_t client_uses;
    int log_lines;
    struct client clients[CLIENTS_MAX];
    char lines[CLIENTS_MAX][REQUEST_LINE_MAX];
};

int64_t monotonic_ms(void);

/* monitor_start.c: becomes a monitor of dir in the calling process, which must be a fresh fork. reply_fd is the pipe to
 * the spawner. Ends the process with exit status 0 after the command ended and its status is durable, 1 when nothing was
 * recorded, 3 when the final status could not be written. */
noreturn void monitor_run(const char *dir, int reply_fd);

/* monitor.c */
noreturn void monitor_loop(struct monitor *m);
const char *monitor_event(struct monitor *m, enum life_event event); /* steps, and logs what was refused */
void monitor_act(struct monitor *m);                                 /* all effects but CONCLUDE and ABANDON */

/* monitor_clients.c */
void clients_init(struct monitor *m);
void clients_accept(struct monitor *m);
void clients_read(struct monitor *m, struct client *c);

/* monitor_log.c: one line "milliseconds what: subject (errno N)" in monitor.log, which the first line makes; error 0 and
 * subject "" are left out. */
void note(struct monitor *m, const char *what, const char *subject, int error);
int64_t wall_ms(void);

/* executor.c: forks the executor. False with life_blame called when there is no process; else facts.pid, facts.start,
 * pidfd and exec_report are set. */
bool executor_fork(struct monitor *m);

/* Looks at the report pipe: EXEC_DONE, EXEC_FAILED with life_blame called, or LIFE_EVENT_COUNT: nothing yet. Closes it
 * when it has spoken. */
enum life_event executor_heard(struct monitor *m);

/* monitor_cgroups.c: the cgroups that the launcher noted in the file `cgroups`. */
bool cgroups_had_oom(void);
int cgroups_remove(void); /* 0, or the errno of the first that stays */
