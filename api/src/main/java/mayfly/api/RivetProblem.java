package mayfly.api;

/** A refusal, as Rivet's interface answers. */
public record RivetProblem(String group, String code, String message) {}
