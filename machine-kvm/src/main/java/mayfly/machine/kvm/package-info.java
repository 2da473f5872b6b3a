/**
 * Virtual machines that run one Linux program each. {@link mayfly.machine.kvm.VirtualMachine} and
 * {@link mayfly.machine.kvm.Snapshot} are a library of their own: boot, run, freeze, fork, reset.
 * {@link mayfly.machine.kvm.KvmDriver} makes machines for functions of them.
 */
@NullMarked
package mayfly.machine.kvm;

import org.jspecify.annotations.NullMarked;
