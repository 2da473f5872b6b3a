/** Owns {@code main}: reads the configuration, constructs everything by hand, starts and stops it in order. */
package mayfly.app;
