#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "../../main/c/life.h"
#include "check.h"

/* Every state with every event: '!' refused, changing nothing; '.' accepted, staying; else the state it goes to. */
static const char expected[LIFE_STATE_COUNT][LIFE_EVENT_COUNT + 1] = {
    /*              start stop signal | exec: done failed | child none | limit grace output sweep patience write */
    [WAITING]  = "SF!" "!F" "!!" "!!!!!!",
    [STARTING] = "!P." "RE" "E!" "!!.!E!",
    [RUNNING]  = "!P." "!!" "E!" "P!.!!!",
    [STOPPING] = "!.." "!E" "E!" "!..!!!",
    [ENDING]   = "!!!" "!!" "!X" "!!!.X!",
    [EXITED]   = "!!!" "!!" "!!" "!!!.!.",
    [FAILED]   = "!!!" "!!" "!!" "!!!.!.",
};
static const char letters[LIFE_STATE_COUNT] = {[WAITING] = 'W', [STARTING] = 'S', [RUNNING] = 'R', [STOPPING] = 'P',
                                               [ENDING] = 'E',  [EXITED] = 'X',   [FAILED] = 'F'};

enum { NOW = 1000 };

static struct life in(enum life_state state) {
    struct life l;
    life_begin(&l);
    l.state = state;
    l.timeout_ms = 50;
    l.grace_ms = 70;
    l.asked_signal = SIGUSR1;
    return l;
}

static void check_cell(enum life_state state, enum life_event event) {
    char about[80];
    snprintf(about, sizeof about, "(%s, %s)", life_state_name(state), life_event_name(event));
    CHECK_ABOUT(life_cell(state, event) != NULL, about);
    if (life_cell(state, event) == NULL) return;
    struct life before = in(state), l = before;
    const char *refused = life_step(&l, event, NOW);
    char want = expected[state][event];
    if (want == '!' && !(event == PATIENCE_OVER && state >= EXITED)) {
        CHECK_ABOUT(refused != NULL && refused[0], about);
        CHECK_ABOUT(memcmp(&before, &l, sizeof l) == 0, about);
    } else if (want != '!') {
        CHECK_ABOUT(refused == NULL, about);
        CHECK_ABOUT(letters[l.state] == (want == '.' ? letters[state] : want), about);
    }
    if (l.state != state) CHECK_ABOUT((l.effects & CONCLUDE ? l.state >= EXITED : l.state < EXITED), about);
}

static void every_state_meets_every_event(void) {
    for (int s = 0; s < LIFE_STATE_COUNT; s++)
        for (int e = 0; e < LIFE_EVENT_COUNT; e++) check_cell((enum life_state)s, (enum life_event)e);
}

static void a_timeout_terminates_and_then_kills(void) {
    struct life l = in(STARTING);
    life_step(&l, EXEC_DONE, NOW);
    CHECK(l.state == RUNNING && l.effects == PUBLISH && life_next(&l) == NOW + 50);
    CHECK(life_due(&l, NOW + 49) == LIFE_EVENT_COUNT);
    CHECK(life_due(&l, NOW + 50) == LIMIT_OVER && life_next(&l) == 0);
    l.effects = 0;
    life_step(&l, LIMIT_OVER, NOW + 50);
    CHECK(l.state == STOPPING && l.effects == (SIGNAL | PUBLISH) && l.send_signal == SIGTERM && l.cause == BY_TIMEOUT);
    CHECK(life_due(&l, NOW + 120) == GRACE_OVER);
    l.effects = 0;
    life_step(&l, GRACE_OVER, NOW + 120);
    CHECK(l.effects == SIGNAL && l.send_signal == SIGKILL && l.state == STOPPING);
}

static void no_timeout_means_none(void) {
    struct life l = in(STARTING);
    l.timeout_ms = 0;
    life_step(&l, EXEC_DONE, NOW);
    CHECK(life_next(&l) == 0);
}

static void starting_executes_and_tells_nobody(void) {
    struct life l = in(WAITING);
    life_step(&l, START_ASKED, NOW);
    CHECK(l.effects == EXECUTE && life_next(&l) == NOW + LIFE_START_PATIENCE_MS);
}

static void the_first_cause_stays(void) {
    struct life l = in(RUNNING);
    life_step(&l, LIMIT_OVER, NOW);
    life_step(&l, OUTPUT_OVER, NOW);
    CHECK(l.cause == BY_TIMEOUT && l.send_signal == SIGKILL);
    l.oom = true;
    life_step(&l, CHILD_EXITED, NOW);
    CHECK(l.cause == BY_TIMEOUT);
}

static enum life_cause cause_after(int asked, int ended_by, bool oom) {
    struct life l = in(RUNNING);
    l.asked_signal = asked;
    if (asked) life_step(&l, SIGNAL_ASKED, NOW);
    if (asked) CHECK(l.effects & SIGNAL && l.send_signal == asked);
    l.signal = ended_by;
    l.exit_code = ended_by ? -1 : 0;
    l.oom = oom;
    life_step(&l, CHILD_EXITED, NOW);
    return l.cause;
}

static void asking_is_a_cause_when_it_ended_the_command(void) {
    CHECK(cause_after(0, SIGSEGV, false) == BY_ITSELF);
    CHECK(cause_after(SIGTERM, SIGTERM, false) == BY_ASKING);
    CHECK(cause_after(SIGTERM, 0, false) == BY_ASKING); /* it handled SIGTERM and exited */
    CHECK(cause_after(SIGUSR1, SIGUSR1, false) == BY_ASKING);
    CHECK(cause_after(SIGHUP, 0, false) == BY_ITSELF); /* a reload is no end */
    CHECK(cause_after(64, 64, false) == BY_ASKING);
    CHECK(cause_after(0, SIGKILL, true) == BY_MEMORY);
}

static void descendants_are_swept_until_none_is_left(void) {
    struct life l = in(RUNNING);
    life_step(&l, CHILD_EXITED, NOW);
    CHECK(l.effects == (PUBLISH | SWEEP) && life_due(&l, NOW + LIFE_SWEEP_EVERY_MS) == SWEEP_DUE);
    l.effects = 0;
    life_step(&l, SWEEP_DUE, NOW);
    CHECK(l.effects == SWEEP && l.at[SWEEP_AGAIN] == NOW + LIFE_SWEEP_EVERY_MS);
    struct life resisted = l;
    life_step(&l, NO_CHILDREN, NOW);
    CHECK(l.state == EXITED && l.detail[0] == 0);
    life_step(&resisted, PATIENCE_OVER, NOW);
    CHECK(resisted.state == EXITED && resisted.detail[0]);
}

static void a_failure_says_why(void) {
    struct life l = in(STARTING);
    life_blame(&l, ENOENT, "execve", "line\nwith \x80 bytes");
    life_step(&l, EXEC_FAILED, NOW);
    CHECK(l.state == ENDING && l.effects & SWEEP);
    life_step(&l, NO_CHILDREN, NOW);
    CHECK(l.state == FAILED && l.error == ENOENT);
    CHECK_TEXT(l.stage, "execve");
    CHECK_TEXT(l.detail, "line?with ? bytes");
}

static void a_launcher_that_hangs_is_killed_and_blamed(void) {
    struct life l = in(STARTING);
    life_step(&l, PATIENCE_OVER, NOW);
    CHECK(l.state == ENDING && l.effects & SWEEP && l.error == ETIMEDOUT && l.failed);
}

static void a_full_disk_is_retried_and_then_given_up(void) {
    struct life l = in(ENDING);
    life_step(&l, NO_CHILDREN, NOW);
    int64_t patience = l.at[PATIENCE];
    l.effects = 0;
    life_step(&l, WRITE_FAILED, NOW);
    CHECK(l.effects == 0 && life_due(&l, NOW + LIFE_WRITE_EVERY_MS) == SWEEP_DUE);
    life_step(&l, SWEEP_DUE, NOW);
    CHECK(l.effects == CONCLUDE && l.at[PATIENCE] == patience);
    l.effects = 0;
    CHECK(life_step(&l, PATIENCE_OVER, NOW) != NULL && l.effects == ABANDON);
}

/* Whatever happens, states only move forward, and a life whose command ends and leaves nobody is over. */
static void random_lives_end(uint64_t seed) {
    struct dice dice = {seed};
    bool forward = true, over = true;
    for (int run = 0; run < 20000; run++) {
        struct life l = in(WAITING);
        for (int step = 0; step < 30; step++) {
            enum life_state before = l.state;
            enum life_event event = (enum life_event)dice_roll(&dice, LIFE_EVENT_COUNT);
            if (event == SIGNAL_ASKED) l.asked_signal = 1 + (int)dice_roll(&dice, 64);
            life_step(&l, event, NOW + step);
            forward = forward && l.state >= before;
        }
        life_step(&l, START_ASKED, NOW);
        life_step(&l, CHILD_EXITED, NOW);
        life_step(&l, NO_CHILDREN, NOW);
        over = over && l.state >= EXITED && l.effects & CONCLUDE && (l.state == FAILED) == (l.failed || l.stage[0]);
    }
    CHECK(forward);
    CHECK(over);
}

void test_life(uint64_t seed) {
    every_state_meets_every_event();
    starting_executes_and_tells_nobody();
    a_timeout_terminates_and_then_kills();
    no_timeout_means_none();
    the_first_cause_stays();
    asking_is_a_cause_when_it_ended_the_command();
    descendants_are_swept_until_none_is_left();
    a_failure_says_why();
    a_launcher_that_hangs_is_killed_and_blamed();
    a_full_disk_is_retried_and_then_given_up();
    random_lives_end(seed);
}
