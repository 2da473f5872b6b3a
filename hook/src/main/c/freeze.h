/* Whether the process can be forked where it stands. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* The user's error, as the node shows it. */
struct refusal {
    char type[32];
    char message[512];
};

/* Plans how machines are made of this process. False, with why, when they cannot be made safely. */
bool freeze(struct refusal *why);
