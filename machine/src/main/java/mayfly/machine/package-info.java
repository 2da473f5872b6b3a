/**
 * Owns what a machine promises: templates run to a waiting point, machines made from them, one unit of work at a time.
 * Refuses to know how a driver keeps the promise and who asks for it.
 */
package mayfly.machine;
