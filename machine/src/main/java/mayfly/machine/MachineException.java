package mayfly.machine;

/** The host could not give or keep a machine; the message names the object, the call and the errno where there is one. */
public final class MachineException extends Exception {
    public MachineException(String message) {
        super(message);
    }

    public MachineException(String message, Throwable cause) {
        super(message, cause);
    }
}
