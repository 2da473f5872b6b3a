@org.jspecify.annotations.NullMarked
module mayfly.machine.process {
    requires static org.jspecify;
}
