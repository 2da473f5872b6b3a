/* Requests of ours that a server answers before its waiting point counts, so that what it does only once is done. */
#pragma once

enum warmth {
    WARM,      /* all answered, or none wanted */
    WARM_BUSY, /* one is under way */
    WARM_STEP, /* one just began or was hung up on: the program has something to do */
};

/* To be asked whenever the program would wait for a connection. */
enum warmth warm_step(void);
