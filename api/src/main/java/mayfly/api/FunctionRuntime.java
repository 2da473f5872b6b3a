package mayfly.api;

/** What a function's code is written for. Which of them a node can run depends on the node. */
public enum FunctionRuntime {
    PYTHON3,
    NODE,
    NATIVE,
    GO,
    RUST,
    C,
    WASM
}
