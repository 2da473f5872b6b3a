/** A machine's network: its own loopback, and the connections that the host gives it. */
@org.jspecify.annotations.NullMarked
package mayfly.machine.kvm.net;
