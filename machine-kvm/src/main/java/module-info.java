/** Machines as KVM virtual machines that run unmodified Linux programs. */
@org.jspecify.annotations.NullMarked
module mayfly.machine.kvm {
    requires static org.jspecify;
    requires transitive mayfly.machine;
    requires mayfly.agents;
    requires mayfly.base;
    requires transitive mayfly.linux;
    requires tools.jackson.core;

    exports mayfly.machine.kvm;
    exports mayfly.machine.kvm.files;
    exports mayfly.machine.kvm.load;
    exports mayfly.machine.kvm.program;
    exports mayfly.machine.kvm.saved;
}
