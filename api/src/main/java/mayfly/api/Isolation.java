package mayfly.api;

/** Which kind of machine a function demands; {@code ANY} takes the strongest that the host can give. */
public enum Isolation {
    ANY,
    PROCESS,
    KVM,
    WASM
}
