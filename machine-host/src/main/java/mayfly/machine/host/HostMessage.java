package mayfly.machine.host;

import java.time.Duration;
import java.util.List;
import mayfly.base.InvocationId;
import mayfly.machine.GuestError;
import mayfly.machine.Outcome;
import mayfly.machine.TemplateSpec;

/** What the node and its machine host say to each other (PROTOCOL.md). */
sealed interface HostMessage {
    /** From the node. */
    sealed interface Request extends HostMessage {}

    /** From the host. */
    sealed interface Answer extends HostMessage {}

    /** Make a template. Answered by {@link Ready}, {@link InitFailed} or {@link Refused}. */
    record Boot(TemplateSpec spec) implements Request {}

    /** Which templates are there? Answered by {@link Templates}. */
    record ListTemplates() implements Request {}

    /** End a template and all of its machines. Answered by {@link Done}, also when there is none. */
    record CloseTemplate(long template) implements Request {}

    /**
     * Run a unit of work in a machine of the template. Answered by {@link Log}s and one {@link Ended}.
     *
     * @param keep the machine stays with this connection until {@link Release}, for more work; else it is fresh, and gone
     *     with the answer
     */
    record Exec(long template, boolean keep, InvocationId invocation, boolean json, Duration timeout, byte[] payload)
            implements Request {}

    /** Does a machine of the template answer? Answered by {@link Pong}. */
    record Ping(long template, boolean keep, long timeoutMillis) implements Request {}

    /** End the work of this number, or do not begin it. Not answered: the work is. */
    record Cancel() implements Request {}

    /** The connection's machine is not needed any more. Not answered. */
    record Release() implements Request {}

    /** Nothing that is kept of templates of this name is wanted any more. Answered by {@link Done}. */
    record Forget(String name) implements Request {}

    record Ready(long template) implements Answer {}

    record InitFailed(GuestError error) implements Answer {}

    /** The host could not do it. */
    record Refused(String reason) implements Answer {}

    /** @param key of the spec that it was booted from, {@link HostCodec#key} */
    record Listed(long template, String key) {}

    record Templates(List<Listed> templates) implements Answer {
        public Templates {
            templates = List.copyOf(templates);
        }
    }

    record Done() implements Answer {}

    record Pong(boolean well) implements Answer {}

    /** @param stream 1 or 2 */
    record Log(int stream, byte[] bytes) implements Answer {}

    record Ended(Outcome outcome) implements Answer {}
}
