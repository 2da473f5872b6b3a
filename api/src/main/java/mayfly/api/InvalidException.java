package mayfly.api;

import java.util.List;
import java.util.stream.Collectors;
import mayfly.base.ErrorCode;

/** A request that cannot be understood or breaks the rules, with everything that is wrong with it. */
public final class InvalidException extends Exception {
    private final ErrorCode code;
    private final List<FieldProblem> problems;

    public InvalidException(ErrorCode code, List<FieldProblem> problems) {
        super(problems.stream().map(FieldProblem::toString).collect(Collectors.joining("; ")));
        this.code = code;
        this.problems = List.copyOf(problems);
    }

    /** About the document as a whole. */
    public InvalidException(ErrorCode code, String message) {
        this(code, List.of(new FieldProblem("", message)));
    }

    public ErrorCode code() {
        return code;
    }

    /** At least one, in the order of the document. */
    public List<FieldProblem> problems() {
        return problems;
    }
}
