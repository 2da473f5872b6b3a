/**
 * Owns the calls into the kernel: one class per kernel interface, each error a checked {@link
 * mayfly.linux.ErrnoException} with the call and its object. Refuses to hand out addresses, and to know what the calls
 * are for.
 */
package mayfly.linux;
