/** Owns the shared words: ids, limits, clock, error codes. Refuses behaviour of any one lifecycle, and all I/O. */
package mayfly.base;
