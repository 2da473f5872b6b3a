package mayfly.machine.host;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import mayfly.linux.DirectoryFd;
import mayfly.linux.ErrnoException;
import mayfly.machine.MachineException;
import mayfly.machine.SupervisedState;
import mayfly.machine.Supervisor;

/** A host under a monitor: it outlives the node that started it. */
final class SupervisedHost implements Host {
    private static final System.Logger LOG = System.getLogger(SupervisedHost.class.getName());
    private static final String PREFIX = "host_";
    /** In the spec as the supervisor wrote it (monitor/PROTOCOL.md section 2). */
    private static final Pattern UID = Pattern.compile("\\x00uid=([0-9]{1,9})\\x00");

    private static final int SIGKILL = 9;
    private static final long END_MILLIS_MAX = 10_000;
    private static final long LOOK_MILLIS = 5;
    private static final int OUTPUT_SHOWN_BYTES = 2_000;

    private final Supervisor supervisor;
    private final String name;
    private final Path directory;

    private SupervisedHost(Supervisor supervisor, String name, Path directory) {
        this.supervisor = supervisor;
        this.name = name;
        this.directory = directory;
    }

    /** The one that an earlier node left, if it was started the same way, else a new one; every other one is ended. */
    static SupervisedHost findOrStart(Supervisor supervisor, HostPlan plan, Path templates) throws MachineException {
        SupervisedHost found = null;
        for (String name : supervisor.names()) {
            Path directory = supervisor.directory(name).orElse(null);
            if (!name.startsWith(PREFIX) || directory == null) {
                continue;
            }
            SupervisedHost host = new SupervisedHost(supervisor, name, directory);
            if (found == null && name.startsWith(PREFIX + plan.key() + "_") && host.answers()) {
                found = host;
            } else {
                host.end();
            }
        }
        return found != null ? found : start(supervisor, plan, templates);
    }

    private static SupervisedHost start(Supervisor supervisor, HostPlan plan, Path templates) throws MachineException {
        String name = PREFIX + plan.key() + "_" + UUID.randomUUID();
        SupervisedState state = supervisor.spawn(name, plan.spec());
        Path directory = supervisor
                .directory(name)
                .orElseThrow(() -> new MachineException("the machine host's directory is gone"));
        SupervisedHost host = new SupervisedHost(supervisor, name, directory);
        if (state instanceof SupervisedState.ExecFailed) {
            String why = host.ending();
            host.end();
            throw new MachineException("the machine host " + why);
        }
        try {
            host.own(templates);
        } catch (IOException e) {
            host.end();
            throw new MachineException("the machine host cannot be given " + templates + ": " + e.getMessage(), e);
        }
        return host;
    }

    /**
     * Where the supervisor gives each sandbox a user of its own, the directory and what earlier hosts left in it become this
     * one's. None of those lives, and this one touches it with its first request only: nobody changes it meanwhile.
     */
    private void own(Path templates) throws IOException {
        String spec = Files.readString(directory.resolve("spec"), StandardCharsets.ISO_8859_1);
        Matcher uid = UID.matcher(spec);
        if (uid.find()) {
            Integer id = Integer.valueOf(uid.group(1));
            try (Stream<Path> files = Files.walk(templates)) {
                for (Path file : files.toList()) {
                    Files.setAttribute(file, "unix:uid", id, LinkOption.NOFOLLOW_LINKS);
                    Files.setAttribute(file, "unix:gid", id, LinkOption.NOFOLLOW_LINKS);
                }
            }
        }
    }

    private boolean answers() {
        try (SocketChannel socket = connect()) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public SocketChannel connect() throws IOException {
        try (DirectoryFd opened = DirectoryFd.open(directory)) {
            return SocketChannel.open(UnixDomainSocketAddress.of(opened.entry(HostPlan.SOCKET)));
        } catch (ErrnoException e) {
            throw new IOException(e);
        }
    }

    @Override
    public String ending() {
        awaitEnd(100); // its monitor needs a moment to say how
        return switch (supervisor.inspect(name)) {
            case SupervisedState.Starting _, SupervisedState.Running _ -> "does not answer";
            case SupervisedState.Ended ended
            when ended.exitCode() < 0 -> "was killed by signal " + ended.signal() + output();
            case SupervisedState.Ended ended -> "exited with status " + ended.exitCode() + output();
            case SupervisedState.ExecFailed failed ->
                "could not be started: " + failed.stage() + " (errno " + failed.errno() + ")" + output();
            case SupervisedState.Lost _, SupervisedState.Unknown _ -> "is gone";
        };
    }

    /** The end of what it wrote to standard error. */
    private String output() {
        try {
            byte[] all = Files.readAllBytes(directory.resolve("stderr"));
            int from = Math.max(0, all.length - OUTPUT_SHOWN_BYTES);
            String text = new String(all, from, all.length - from, StandardCharsets.UTF_8).strip();
            return text.isEmpty() ? "" : "; it wrote: " + text;
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public void end() {
        try {
            boolean lived = supervisor.signal(name, SIGKILL);
            LOG.log(Level.DEBUG, "{0}: {1}", name, lived ? "killed" : "ended already");
        } catch (MachineException e) {
            LOG.log(Level.WARNING, "machine host {0} cannot be killed: {1}", name, e.getMessage());
        }
        if (awaitEnd(END_MILLIS_MAX)) {
            supervisor.remove(name);
        } else {
            LOG.log(Level.WARNING, "machine host {0} does not end; its directory stays", name);
        }
    }

    private boolean awaitEnd(long millis) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        boolean interrupted = false;
        boolean lives = lives();
        while (lives && System.nanoTime() - end < 0) {
            try {
                Thread.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
            lives = lives();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return !lives;
    }

    private boolean lives() {
        SupervisedState state = supervisor.inspect(name);
        return state instanceof SupervisedState.Running || state instanceof SupervisedState.Starting;
    }
}
