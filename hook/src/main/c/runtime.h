/* What language runtimes want to be told of a fork. */
#pragma once

/* Once, before the first fork. */
void runtime_settle(void);

/* Around every fork of a machine, as fork(3) and the runtime's own fork would. */
void runtime_before_fork(void);
void runtime_in_parent(void);
void runtime_in_child(void);

/* pthread_atfork was called. */
void runtime_note_handlers(void (*prepare)(void), void (*parent)(void), void (*child)(void));
