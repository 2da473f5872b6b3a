package mayfly.machine.host;

/**
 * One message on a connection between node and host.
 *
 * @param call the request's number: counts up from 1 on each connection; an answer has the number of its request
 */
record HostFrame(long call, HostMessage message) {}
