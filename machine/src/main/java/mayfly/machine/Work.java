package mayfly.machine;

import java.time.Duration;
import mayfly.base.InvocationId;

/**
 * One unit of work for a machine.
 *
 * @param payload the bytes for the handler, at most Limits.PAYLOAD_BYTES_MAX; not copied, not to be changed
 * @param json whether the payload is JSON that the agent decodes for the handler; else the handler gets bytes
 * @param timeout after which the machine is killed
 * @param logs where the handler's output goes while it runs
 */
public record Work(InvocationId invocation, byte[] payload, boolean json, Duration timeout, LogSink logs) {}
