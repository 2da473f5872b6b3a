package mayfly.machine.kvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import java.util.stream.Stream;
import mayfly.linux.ErrnoException;
import mayfly.linux.HostDirectory;
import mayfly.linux.Kvm;
import mayfly.machine.kvm.cpu.ProcessorKind;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.SavedFile;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/**
 * The directory in which templates are kept over the end of their use: written in the background when they were booted,
 * read when they are wanted again, the least recently used deleted for others. Nothing here fails a call: what cannot be
 * saved or loaded is booted, and a line in the log says why. For any thread.
 */
final class TemplateFiles implements AutoCloseable {
    static final String SUFFIX = ".v" + SavedFile.VERSION + ".template";
    private static final System.Logger LOG = System.getLogger("mayfly.machine.kvm");
    private static final int BLOCK_BYTES = 512;

    private final Kvm kvm;
    private final Path directory;
    private final long bytesMax;
    private final ProcessorKind kind;
    private final String world;
    private final ExecutorService saver = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("template-saver").factory());
    /** Those that are not written yet. */
    private final Set<Saving> savings = ConcurrentHashMap.newKeySet();

    private final LongAdder saved = new LongAdder();

    private TemplateFiles(Kvm kvm, Path directory, long bytesMax, ProcessorKind kind, String world) {
        this.kvm = kvm;
        this.directory = directory;
        this.bytesMax = bytesMax;
        this.kind = kind;
        this.world = world;
    }

    /**
     * Makes the directory if it is not there, and deletes what is no use in it: parts of files, those of other versions.
     *
     * @param bytesMax what all files may take on the disk
     */
    static TemplateFiles open(Kvm kvm, Path directory, Path agents, long bytesMax) throws IOException, ErrnoException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        TemplateFiles files =
                new TemplateFiles(kvm, directory, bytesMax, ProcessorKind.of(kvm), TemplateKey.world(agents));
        files.delete(name -> name.endsWith(".part") || (name.endsWith(".template") && !name.endsWith(SUFFIX)));
        return files;
    }

    /** What the states of all templates depend on here. */
    String world() {
        return world;
    }

    /** The template with this key as it was saved, using the view from now on; null when it must be booted. */
    @Nullable
    Snapshot load(TemplateKey key, HostView view) {
        Path file = directory.resolve(key.file());
        if (!Files.exists(file)) {
            return null;
        }
        try {
            Snapshot snapshot = Snapshot.load(kvm, kind, file, view, key.text());
            touch(file);
            return snapshot;
        } catch (DamagedException e) {
            LOG.log(System.Logger.Level.INFO, "{0}: its saved template is of no use: {1}", key.name(), e.getMessage());
            delete(key.file()::equals);
        } catch (IOException | ErrnoException e) {
            LOG.log(System.Logger.Level.WARNING, "{0}: its saved template cannot be read: {1}", key.name(), e);
        }
        return null;
    }

    private static void touch(Path file) {
        try {
            Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis()));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "{0} will seem to be unused: {1}", file, e);
        }
    }

    /** A template on its way to the disk. */
    final class Saving {
        private final TemplateKey key;
        /** Somebody decided whether it is written: the saver, or who ended it before. */
        private final AtomicBoolean decided = new AtomicBoolean();

        private final CompletableFuture<Void> over = new CompletableFuture<>();
        /** The function was deleted meanwhile. */
        private volatile boolean unwanted;

        private Saving(TemplateKey key) {
            this.key = key;
        }

        private void run(Snapshot snapshot, HostView view) {
            if (!decided.compareAndSet(false, true)) {
                return;
            }
            try {
                write(this, snapshot, view);
            } finally {
                savings.remove(this);
                over.complete(null);
            }
        }

        /** It is not begun any more; returns when the snapshot and its view may be closed. */
        void end() {
            if (decided.compareAndSet(false, true)) {
                savings.remove(this);
                over.complete(null);
            }
            over.join();
        }
    }

    /** Saves a template soon. {@link Saving#end} is to be called before its snapshot is closed. */
    Saving save(TemplateKey key, Snapshot snapshot, HostView view) {
        Saving saving = new Saving(key);
        savings.add(saving);
        try {
            saver.execute(() -> saving.run(snapshot, view));
        } catch (RejectedExecutionException closed) {
            saving.end();
        }
        return saving;
    }

    private void write(Saving saving, Snapshot snapshot, HostView view) {
        TemplateKey key = saving.key;
        try {
            Path file = directory.resolve(key.file());
            snapshot.save(kind, file, view, key.text(), () -> saving.unwanted);
            if (saving.unwanted) {
                Files.deleteIfExists(file);
            }
            saved.increment();
            makeRoom(key.file());
        } catch (UnsavableException e) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "{0}: its template is not kept on disk, for it has {1}",
                    key.name(),
                    e.getMessage());
        } catch (IOException | ErrnoException e) {
            if (!saving.unwanted) {
                LOG.log(System.Logger.Level.WARNING, "{0}: its template could not be saved: {1}", key.name(), e);
            }
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, key.name() + ": its template could not be saved", e);
        }
    }

    /** Deletes the least recently used files until the rest is within the limit. */
    void makeRoom(String newest) throws IOException, ErrnoException {
        record Known(Path file, long bytes, FileTime used) {}
        List<Known> all = new ArrayList<>();
        long total = 0;
        try (HostDirectory here = HostDirectory.open(directory)) {
            for (Path file : list(name -> name.endsWith(SUFFIX))) {
                String name = file.getFileName().toString();
                var status = here.status(name);
                long bytes = status.error() == 0 ? status.blocks() * BLOCK_BYTES : 0;
                total += bytes;
                if (!name.equals(newest)) {
                    all.add(new Known(file, bytes, FileTime.from(status.modifiedNanos(), TimeUnit.NANOSECONDS)));
                }
            }
        }
        all.sort(Comparator.comparing(Known::used));
        for (Known oldest : all) {
            if (total <= bytesMax) {
                return;
            }
            Files.deleteIfExists(oldest.file());
            total -= oldest.bytes();
        }
        if (total > bytesMax) {
            Files.deleteIfExists(directory.resolve(newest));
        }
    }

    /** What was kept of templates with a name is of no use any more. */
    void forget(String name) {
        for (Saving saving : savings) {
            if (saving.key.name().equals(name)) {
                saving.unwanted = true;
            }
        }
        delete(file -> file.startsWith(TemplateKey.prefix(name)));
    }

    private void delete(Predicate<String> which) {
        try {
            for (Path file : list(which)) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "saved templates cannot be deleted: {0}", e);
        }
    }

    private List<Path> list(Predicate<String> which) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> which.test(file.getFileName().toString()))
                    .toList();
        }
    }

    /** How many files were written. */
    long saved() {
        return saved.sum();
    }

    /** Returns when all that was to be saved until now is, or could not be. */
    void settle() {
        savings.forEach(saving -> saving.over.join());
    }

    /** Only after the templates. */
    @Override
    public void close() {
        saver.shutdown();
    }
}
