/** Holds the runner protocol and the Java SDK against what others made for the same wire. */
package mayfly.checks.runner;
