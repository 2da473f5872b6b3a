/* Making monitors that are nobody's child but init's. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Starts a monitor of the supervised directory dir. Returns a pipe from which one read gets the monitor's reply, the end
 * of a line whose beginning is reply_begin; or end of file, when it died. -1 with errno when there is no process. */
int spawn_monitor(const char *dir);

/* Completes a reply with what the pipe says into line; returns its length. One read: the monitor writes in one write of
 * less than PIPE_BUF. 0 when there is nothing to read yet. Closes the pipe unless it returns 0. */
size_t spawn_reply(int pipe, int64_t id, char *line, size_t size);
