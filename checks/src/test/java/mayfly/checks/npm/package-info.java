/** Finds what npm installed for tests: other people's clients, and the Node.js that runs them. */
package mayfly.checks.npm;
