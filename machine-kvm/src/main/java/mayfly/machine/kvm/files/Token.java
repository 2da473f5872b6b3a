package mayfly.machine.kvm.files;

/** Marks what one owner may change in place; whoever has another token copies it first. */
final class Token {}
