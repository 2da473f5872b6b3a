/** Owns the C binary's bytes; PROTOCOL.md beside this module is its only interface. */
package mayfly.monitor;
