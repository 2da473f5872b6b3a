package mayfly.cli;

import java.lang.reflect.Proxy;

/**
 * Ctrl-C. A shutdown hook would not do: it cannot let the program go on, nor hear a second one. sun.misc.Signal is what
 * the JDK has for it and keeps on purpose (module jdk.unsupported); it is reached by reflection because naming it is a
 * warning that javac does not let anybody suppress.
 */
final class Interrupts {
    private Interrupts() {}

    /** Runs the action at each SIGINT, on a thread of the JVM's, instead of ending the program. */
    static void handle(Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object proxy =
                    Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, (_, method, _) -> {
                        if (method.getName().equals("handle")) {
                            action.run();
                        }
                        return null;
                    });
            Object interrupt = signal.getConstructor(String.class).newInstance("INT");
            signal.getMethod("handle", signal, handler).invoke(null, interrupt, proxy);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("jdk.unsupported has sun.misc.Signal", e);
        }
    }
}
