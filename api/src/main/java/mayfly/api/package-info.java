/**
 * Owns what travels over the REST interface: requests, responses, problem documents, the routes, and the checks that
 * need nothing but the request itself. Refuses I/O, defaults that depend on a host, and every decision of a node.
 */
package mayfly.api;
