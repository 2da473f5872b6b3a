/* The process at its waiting point: listens to the node, makes machines, watches them end. */
#pragma once

/* Returns in each machine, with hook.mode MACHINE and its connection in its accept queue; never in the template itself,
 * which ends with the node. */
void template_run(void);
