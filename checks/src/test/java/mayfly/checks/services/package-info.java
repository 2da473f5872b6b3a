/** Unmodified servers, a machine for each of their connections: the node's shell, real machines, real clients. */
@org.jspecify.annotations.NullMarked
package mayfly.checks.services;
