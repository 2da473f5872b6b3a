/* The roles of the one binary; main.c picks one by its first argument. Each returns the process's exit status. */
#pragma once

int spawner_main(int argc, char **argv);  /* spawner.c: node's child; makes monitors */
int monitor_main(int argc, char **argv);  /* monitor.c: supervises one command in its own directory */
int sandbox_main(int argc, char **argv);  /* sandbox.c: builds the sandbox around one command */
int init_main(int argc, char **argv);     /* init.c: pid 1 inside a sandbox */
int probe_main(int argc, char **argv);    /* probe.c: what this host can give, as JSON */
int stdio_agent_main(int argc, char **argv); /* stdio_agent.c: the work channel for a plain program */
