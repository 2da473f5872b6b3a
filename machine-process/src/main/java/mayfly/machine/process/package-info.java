/**
 * Owns machines that are sandboxed Linux processes, and the supervision of commands through the C monitor. Refuses to
 * know what the commands are for.
 */
package mayfly.machine.process;
