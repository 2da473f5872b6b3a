/* Memory that a fork would share with its parent. */
#pragma once
#include <stdbool.h>

/* Looks at the process's mappings; once, at the waiting point. False: there is more to copy than is sensible. */
bool memory_plan(void);

/* In a fresh machine: gives it copies of what it shares with its template. 0 or an errno. */
int memory_renew(void);
