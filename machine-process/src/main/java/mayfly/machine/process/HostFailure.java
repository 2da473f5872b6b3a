package mayfly.machine.process;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import mayfly.linux.ErrnoException;

/**
 * Why the host refused something, in words for callers of the API: what went wrong, without where in the data directory,
 * which is the operator's to know. The exception itself goes along as the cause, for the log.
 */
final class HostFailure {
    private HostFailure() {}

    static String reason(Exception failure) {
        return switch (failure) {
            case NoSuchFileException _ -> "no such file or directory";
            case AccessDeniedException _ -> "permission denied";
            case FileAlreadyExistsException _ -> "exists already";
            case FileSystemException other -> other.getReason() == null ? "input/output error" : other.getReason();
            case ErrnoException refused -> refused.call() + " failed, errno " + refused.errno();
            default -> {
                // ProcessBuilder: Cannot run program "..." (in directory "..."): error=2, No such file or directory
                String message = String.valueOf(failure.getMessage());
                int error = message.lastIndexOf("error=");
                yield error < 0 ? message : message.substring(error);
            }
        };
    }
}
