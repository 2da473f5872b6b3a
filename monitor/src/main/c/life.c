#include "life.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

static void enter(struct life *l, enum life_state state) {
    l->state = state;
    for (int i = 0; i < LIFE_TIMER_COUNT; i++) l->at[i] = 0;
    l->effects |= state == EXITED || state == FAILED ? CONCLUDE : PUBLISH;
}

static void blame_cause(struct life *l, enum life_cause cause) {
    if (l->cause == BY_ITSELF) l->cause = cause;
}

static void send(struct life *l, int signal) {
    l->send_signal = signal;
    l->effects |= SIGNAL;
}

/* -- handlers, in the order of a life -- */

static const char *begin(struct life *l, int64_t now) {
    enter(l, STARTING);
    l->effects = (l->effects & ~(uint32_t)PUBLISH) | EXECUTE; /* nobody is told before the command runs */
    l->at[PATIENCE] = now + LIFE_START_PATIENCE_MS;
    return NULL;
}

/* Something that the start needs is missing; nothing was forked. */
static const char *fail_early(struct life *l, int64_t now) {
    l->failed = true;
    enter(l, FAILED);
    l->at[PATIENCE] = now + LIFE_WRITE_PATIENCE_MS;
    return NULL;
}

static const char *cancel(struct life *l, int64_t now) {
    l->cause = BY_ASKING;
    life_blame(l, ECANCELED, "stop", "stopped before it was started");
    return fail_early(l, now);
}

static const char *run(struct life *l, int64_t now) {
    enter(l, RUNNING);
    if (l->timeout_ms) l->at[LIMIT] = now + (int64_t)l->timeout_ms;
    return NULL;
}

static void terminate(struct life *l, int64_t now, enum life_cause cause) {
    blame_cause(l, cause);
    enter(l, STOPPING);
    send(l, SIGTERM);
    l->at[GRACE] = now + (int64_t)l->grace_ms;
}

static const char *stop(struct life *l, int64_t now) {
    terminate(l, now, BY_ASKING);
    return NULL;
}

static const char *time_out(struct life *l, int64_t now) {
    terminate(l, now, BY_TIMEOUT);
    return NULL;
}

static const char *kill_for_output(struct life *l, int64_t now) {
    blame_cause(l, BY_OUTPUT);
    send(l, SIGKILL);
    return NULL;
}

static const char *kill_now(struct life *l, int64_t now) {
    send(l, SIGKILL);
    return NULL;
}

static const char *pass_on(struct life *l, int64_t now) {
    l->asked |= (uint64_t)1 << (l->asked_signal - 1);
    send(l, l->asked_signal);
    return NULL;
}

static const char *sweep(struct life *l, int64_t now) {
    l->effects |= SWEEP;
    l->at[SWEEP_AGAIN] = now + LIFE_SWEEP_EVERY_MS;
    return NULL;
}

static void start_sweeping(struct life *l, int64_t now) {
    enter(l, ENDING);
    sweep(l, now);
    l->at[PATIENCE] = now + LIFE_SWEEP_PATIENCE_MS;
}

static bool ended_as_asked(const struct life *l) {
    uint64_t deadly = (uint64_t)1 << (SIGTERM - 1) | (uint64_t)1 << (SIGINT - 1) | (uint64_t)1 << (SIGQUIT - 1) |
                      (uint64_t)1 << (SIGKILL - 1);
    uint64_t by = l->signal > 0 ? (uint64_t)1 << (l->signal - 1) : 0;
    return (l->asked & (deadly | by)) != 0;
}

static const char *end(struct life *l, int64_t now) {
    if (ended_as_asked(l)) blame_cause(l, BY_ASKING);
    if (l->oom) blame_cause(l, BY_MEMORY);
    start_sweeping(l, now);
    return NULL;
}

static const char *fail(struct life *l, int64_t now) {
    l->failed = true;
    start_sweeping(l, now);
    return NULL;
}

static const char *give_up_starting(struct life *l, int64_t now) {
    life_blame(l, ETIMEDOUT, "start", "the launcher took too long");
    return fail(l, now);
}

static const char *conclude(struct life *l, int64_t now) {
    enter(l, l->failed ? FAILED : EXITED);
    l->at[PATIENCE] = now + LIFE_WRITE_PATIENCE_MS;
    return NULL;
}

static const char *conclude_unswept(struct life *l, int64_t now) {
    if (l->detail[0] == 0) life_blame(l, l->error, l->stage, "descendants resisted SIGKILL");
    return conclude(l, now);
}

static const char *try_again_later(struct life *l, int64_t now) {
    l->at[SWEEP_AGAIN] = now + LIFE_WRITE_EVERY_MS;
    return NULL;
}

static const char *write_again(struct life *l, int64_t now) {
    l->effects |= CONCLUDE;
    return NULL;
}

static const char *abandon(struct life *l, int64_t now) {
    l->effects |= ABANDON;
    return "the final status could not be written";
}

/* -- events that change nothing: each says why -- */

static const char *already_stopping(struct life *l, int64_t now) {
    return NULL; /* asked twice is asked once */
}

static const char *already_started(struct life *l, int64_t now) {
    return "it was started already";
}

static const char *not_started(struct life *l, int64_t now) {
    return "the command is not started";
}

static const char *has_ended(struct life *l, int64_t now) {
    return "the command has ended";
}

/* News about a moment that has passed; possible when two things happen in one round of the loop. */
static const char *late(struct life *l, int64_t now) {
    return "old news";
}

/* Cannot happen unless monitor.c is wrong; it is logged, not obeyed. */
static const char *impossible(struct life *l, int64_t now) {
    return "impossible in this state";
}

static life_handler *const on[LIFE_STATE_COUNT][LIFE_EVENT_COUNT] = {
    [WAITING] = {[START_ASKED] = begin,         [STOP_ASKED] = cancel,          [SIGNAL_ASKED] = not_started,
                 [EXEC_DONE] = impossible,      [EXEC_FAILED] = fail_early,     [CHILD_EXITED] = impossible,
                 [NO_CHILDREN] = impossible,    [LIMIT_OVER] = impossible,      [GRACE_OVER] = impossible,
                 [OUTPUT_OVER] = impossible,    [SWEEP_DUE] = impossible,       [PATIENCE_OVER] = impossible,
                 [WRITE_FAILED] = impossible},
    [STARTING] = {[START_ASKED] = already_started, [STOP_ASKED] = stop,         [SIGNAL_ASKED] = pass_on,
                  [EXEC_DONE] = run,            [EXEC_FAILED] = fail,           [CHILD_EXITED] = end,
                  [NO_CHILDREN] = impossible,   [LIMIT_OVER] = impossible,      [GRACE_OVER] = impossible,
                  [OUTPUT_OVER] = kill_for_output, [SWEEP_DUE] = impossible,    [PATIENCE_OVER] = give_up_starting,
                  [WRITE_FAILED] = impossible},
    [RUNNING] = {[START_ASKED] = already_started, [STOP_ASKED] = stop,          [SIGNAL_ASKED] = pass_on,
                 [EXEC_DONE] = late,            [EXEC_FAILED] = impossible,     [CHILD_EXITED] = end,
                 [NO_CHILDREN] = impossible,    [LIMIT_OVER] = time_out,        [GRACE_OVER] = impossible,
                 [OUTPUT_OVER] = kill_for_output, [SWEEP_DUE] = impossible,     [PATIENCE_OVER] = impossible,
                 [WRITE_FAILED] = impossible},
    [STOPPING] = {[START_ASKED] = already_started, [STOP_ASKED] = already_stopping, [SIGNAL_ASKED] = pass_on,
                  [EXEC_DONE] = late,           [EXEC_FAILED] = fail,           [CHILD_EXITED] = end,
                  [NO_CHILDREN] = impossible,   [LIMIT_OVER] = impossible,      [GRACE_OVER] = kill_now,
                  [OUTPUT_OVER] = kill_for_output, [SWEEP_DUE] = impossible,    [PATIENCE_OVER] = impossible,
                  [WRITE_FAILED] = impossible},
    [ENDING] = {[START_ASKED] = has_ended,      [STOP_ASKED] = has_ended,       [SIGNAL_ASKED] = has_ended,
                [EXEC_DONE] = late,             [EXEC_FAILED] = late,           [CHILD_EXITED] = late,
                [NO_CHILDREN] = conclude,       [LIMIT_OVER] = impossible,      [GRACE_OVER] = impossible,
                [OUTPUT_OVER] = late,           [SWEEP_DUE] = sweep,            [PATIENCE_OVER] = conclude_unswept,
                [WRITE_FAILED] = impossible},
    [EXITED] = {[START_ASKED] = has_ended,      [STOP_ASKED] = has_ended,       [SIGNAL_ASKED] = has_ended,
                [EXEC_DONE] = late,             [EXEC_FAILED] = late,           [CHILD_EXITED] = late,
                [NO_CHILDREN] = late,           [LIMIT_OVER] = impossible,      [GRACE_OVER] = impossible,
                [OUTPUT_OVER] = late,           [SWEEP_DUE] = write_again,      [PATIENCE_OVER] = abandon,
                [WRITE_FAILED] = try_again_later},
    [FAILED] = {[START_ASKED] = has_ended,      [STOP_ASKED] = has_ended,       [SIGNAL_ASKED] = has_ended,
                [EXEC_DONE] = late,             [EXEC_FAILED] = late,           [CHILD_EXITED] = late,
                [NO_CHILDREN] = late,           [LIMIT_OVER] = impossible,      [GRACE_OVER] = impossible,
                [OUTPUT_OVER] = late,           [SWEEP_DUE] = write_again,      [PATIENCE_OVER] = abandon,
                [WRITE_FAILED] = try_again_later},
};

life_handler *life_cell(enum life_state state, enum life_event event) {
    return on[state][event];
}

const char *life_step(struct life *l, enum life_event event, int64_t now) {
    return on[l->state][event](l, now);
}

void life_begin(struct life *l) {
    *l = (struct life){.state = WAITING, .exit_code = -1};
}

static int earliest(const struct life *l) {
    int best = -1;
    for (int i = 0; i < LIFE_TIMER_COUNT; i++)
        if (l->at[i] && (best < 0 || l->at[i] < l->at[best])) best = i;
    return best;
}

enum life_event life_due(struct life *l, int64_t now) {
    static const enum life_event raises[] = {
        [LIMIT] = LIMIT_OVER, [GRACE] = GRACE_OVER, [SWEEP_AGAIN] = SWEEP_DUE, [PATIENCE] = PATIENCE_OVER};
    int best = earliest(l);
    if (best < 0 || l->at[best] > now) return LIFE_EVENT_COUNT;
    l->at[best] = 0;
    return raises[best];
}

int64_t life_next(const struct life *l) {
    int best = earliest(l);
    return best < 0 ? 0 : l->at[best];
}

static void set_printable(char *to, size_t size, const char *from) {
    size_t i = 0;
    for (; from[i] && i + 1 < size; i++) to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
    to[i] = 0;
}

void life_blame(struct life *l, int error, const char *stage, const char *detail) {
    l->failed = l->failed || stage[0];
    l->error = error;
    set_printable(l->stage, sizeof l->stage, stage);
    set_printable(l->detail, sizeof l->detail, detail);
}

const char *life_state_name(enum life_state state) {
    static const char *const names[] = {
        [WAITING] = "waiting", [STARTING] = "starting", [RUNNING] = "running", [STOPPING] = "stopping",
        [ENDING] = "ending",   [EXITED] = "exited",     [FAILED] = "failed",
    };
    return names[state];
}

const char *life_event_name(enum life_event event) {
    static const char *const names[] = {
        [START_ASKED] = "start asked",   [STOP_ASKED] = "stop asked",       [SIGNAL_ASKED] = "signal asked",
        [EXEC_DONE] = "exec done",       [EXEC_FAILED] = "exec failed",     [CHILD_EXITED] = "child exited",
        [NO_CHILDREN] = "no children",   [LIMIT_OVER] = "limit over",       [GRACE_OVER] = "grace over",
        [OUTPUT_OVER] = "output over",   [SWEEP_DUE] = "sweep due",         [PATIENCE_OVER] = "patience over",
        [WRITE_FAILED] = "write failed",
    };
    return names[event];
}

const char *life_cause_name(enum life_cause cause) {
    static const char *const names[] = {
        [BY_ITSELF] = "", [BY_TIMEOUT] = "timeout", [BY_OUTPUT] = "output", [BY_ASKING] = "asked", [BY_MEMORY] = "memory"};
    return names[cause];
}
