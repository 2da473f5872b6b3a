/**
 * The machine host: a jailed process, one per node, in which the virtual machine monitor and its machines live. PROTOCOL.md
 * of this module is what the two sides say to each other. The node's side ({@link mayfly.machine.host.HostDriver}) believes
 * the host nothing that it can check: a guest may have taken it over.
 */
package mayfly.machine.host;
