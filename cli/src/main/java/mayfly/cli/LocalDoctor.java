package mayfly.cli;

import mayfly.api.DoctorReport;

/** Examines this host when no node runs that could be asked. */
@FunctionalInterface
public interface LocalDoctor {
    DoctorReport probe();
}
