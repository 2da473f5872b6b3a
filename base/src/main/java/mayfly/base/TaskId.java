package mayfly.base;

/**
 * Names a supervised command.
 *
 * @param value {@code task_} and 26 characters, see {@link Ids}
 */
public record TaskId(String value) implements Comparable<TaskId> {
    public TaskId {
        Ids.checked("task_", value);
    }

    @Override
    public int compareTo(TaskId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
