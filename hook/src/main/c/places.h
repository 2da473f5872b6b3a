/* Each machine's own /tmp. It begins with what the template put into it, and shows the directories that the sandbox shows
 * below /tmp. */
#pragma once
#include <stdbool.h>

/* Looks at /tmp; once, at the waiting point. False: more is there than machines get copies of. */
bool places_plan(void);

/* In a fresh machine that still may mount. 0 or an errno. */
int places_renew(void);
