/* The life of one supervised command: what a monitor decides, without doing any of it. life_step changes the state and
 * leaves in `effects` what has to be done; monitor.c does it. No system call and no clock in here. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum life_state {
    WAITING,  /* for the start request */
    STARTING, /* executor forked, command not executed yet */
    RUNNING,
    STOPPING, /* SIGTERM was sent, the grace runs */
    ENDING,   /* the command ended; its descendants are being swept */
    EXITED,   /* ended; the status has to be made durable */
    FAILED,   /* could not be executed; the status has to be made durable */
    LIFE_STATE_COUNT
};

enum life_event {
    START_ASKED,
    STOP_ASKED,
    SIGNAL_ASKED,  /* life.asked_signal says which */
    EXEC_DONE,     /* the report pipe was closed without a record */
    EXEC_FAILED,   /* nothing could be executed; life_blame said why */
    CHILD_EXITED,  /* the command's main process was reaped; life.exit_code and life.signal are set */
    NO_CHILDREN,   /* no descendant is left */
    LIMIT_OVER,    /* timeout_ms passed */
    GRACE_OVER,    /* grace_ms passed since SIGTERM */
    OUTPUT_OVER,   /* stdout and stderr are larger than output_max */
    SWEEP_DUE,     /* time to look for descendants again */
    PATIENCE_OVER, /* the state's own limit: a launcher that hangs, descendants that resist, a disk that stays full */
    WRITE_FAILED,  /* the final status could not be written */
    LIFE_EVENT_COUNT
};

/* Timers raise LIMIT_OVER, GRACE_OVER, SWEEP_DUE and PATIENCE_OVER. Entering a state clears them all. */
enum life_timer { LIMIT, GRACE, SWEEP_AGAIN, PATIENCE, LIFE_TIMER_COUNT };

enum life_cause { BY_ITSELF, BY_TIMEOUT, BY_OUTPUT, BY_ASKING, BY_MEMORY };

enum life_effect {
    EXECUTE = 1 << 0,   /* fork the executor */
    SIGNAL = 1 << 1,    /* send life.send_signal to the main process */
    SWEEP = 1 << 2,     /* SIGKILL every child */
    PUBLISH = 1 << 3,   /* the state changed: write the status, tell the node */
    CONCLUDE = 1 << 4,  /* write the final status durably, tell everybody, remove pid and socket, end */
    ABANDON = 1 << 5,   /* end without a durable status, leaving pid */
};

enum {
    LIFE_START_PATIENCE_MS = 30000,
    LIFE_SWEEP_PATIENCE_MS = 10000,
    LIFE_SWEEP_EVERY_MS = 20,
    LIFE_WRITE_PATIENCE_MS = 300000,
    LIFE_WRITE_EVERY_MS = 200,
    LIFE_STAGE_BYTES = 64,
    LIFE_DETAIL_BYTES = 160,
};

struct life {
    enum life_state state;
    enum life_cause cause;
    uint64_t timeout_ms, grace_ms;

    /* Facts that come with events. */
    int error; /* errno of EXEC_FAILED */
    char stage[LIFE_STAGE_BYTES];
    char detail[LIFE_DETAIL_BYTES];
    int exit_code, signal; /* -1 and 0 until known */
    int asked_signal;
    bool oom; /* with CHILD_EXITED or later: the cgroup's OOM killer struck */

    int64_t at[LIFE_TIMER_COUNT]; /* when each timer raises its event, monotonic milliseconds; 0 = not set */

    uint32_t effects; /* enum life_effect; the caller clears what it has done */
    int send_signal;
    uint64_t asked; /* bit n - 1: signal n was asked for */
    bool failed;    /* an EXEC_FAILED or cancelled life ends as FAILED */
};

/* A new life is WAITING; nothing has been published. */
void life_begin(struct life *l);

/* Applies one event at the time now (monotonic milliseconds, > 0). NULL when the event belonged to the state; else why
 * nothing was done, for the reply or the log. */
const char *life_step(struct life *l, enum life_event event, int64_t now);

/* The event of the earliest timer that is due at now, clearing it; LIFE_EVENT_COUNT when none is. */
enum life_event life_due(struct life *l, int64_t now);

/* When life_due has something next; 0 = never. */
int64_t life_next(const struct life *l);

/* Notes why nothing could be executed; stage and detail are cut to their sizes and made printable. */
void life_blame(struct life *l, int error, const char *stage, const char *detail);

const char *life_state_name(enum life_state state);
const char *life_event_name(enum life_event event);
const char *life_cause_name(enum life_cause cause);

/* A cell of the table; every state has a handler for every event, and a test asserts it. */
typedef const char *life_handler(struct life *l, int64_t now);
life_handler *life_cell(enum life_state state, enum life_event event);
