/** Owns the hook's bytes; PROTOCOL.md beside this module is its only interface. */
package mayfly.hook;
