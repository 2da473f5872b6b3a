package mayfly.api;

/**
 * One thing that is wrong with a request.
 *
 * @param field path to the value: {@code env.PORT}, {@code tags[3]}; empty for the document as a whole
 * @param message what is wrong and what is allowed; fit to be shown to the caller
 */
public record FieldProblem(String field, String message) {
    @Override
    public String toString() {
        return field.isEmpty() ? message : field + ": " + message;
    }
}
