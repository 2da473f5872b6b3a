/**
 * The embedded engine. Pitfalls met here: the driver's {@code commit()} opens the next transaction at once; a cursor left
 * open keeps the write-ahead log from being cut; its library is unpacked at every start and a killed process leaves the
 * copy behind; a disk that fills up makes the engine roll back by itself; tables that are not STRICT store anything in
 * any column; and native calls hold the carrier of a virtual thread.
 */
package mayfly.store.sqlite;
