package mayfly.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.nio.channels.ServerSocketChannel;

/** A listening socket that this process was started with. */
public final class InheritedSocket {
    private static final MethodHandle DUP2 = Libc.function("dup2", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

    private InheritedSocket() {}

    /**
     * Takes the descriptor over as a channel. Java knows one way to inherit a socket, as standard input: that is what it
     * becomes, once in a process.
     *
     * @throws ErrnoException EBADF: there is no such descriptor
     * @throws IOException it is not a listening socket
     */
    public static ServerSocketChannel listener(int number) throws ErrnoException, IOException {
        try (Arena arena = Arena.ofConfined();
                Descriptor old = new Descriptor(number, "descriptor " + number)) {
            var errno = Libc.captured(arena);
            if ((int) DUP2.invokeExact(errno, old.enter("dup2"), 0) < 0) {
                throw new ErrnoException("dup2", Libc.errno(errno), old.object());
            }
            old.leave();
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
        if (System.inheritedChannel() instanceof ServerSocketChannel listener) {
            return listener;
        }
        throw new IOException("descriptor " + number + " is not a listening socket");
    }
}
