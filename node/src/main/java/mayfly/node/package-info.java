/**
 * Owns the shells of one node: they receive events, ask {@code mayfly.core} to decide, commit, and run the effects.
 * Start reading at {@link mayfly.node.Node}; a call goes through {@code Invocations}, {@code CallShell}, {@code Attempt}
 * and {@code PoolShell}, a task through {@code TaskRegistry} and {@code TaskShell}. Refuses HTTP and SQL.
 */
package mayfly.node;
