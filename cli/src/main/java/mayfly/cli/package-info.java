/**
 * Owns the command line: arguments, calls of the REST interface, tables. Refuses everything that the interface does not
 * offer to others as well. Starts fast: no library for arguments (see adr/0004), no HTTP client of the JDK.
 */
package mayfly.cli;
