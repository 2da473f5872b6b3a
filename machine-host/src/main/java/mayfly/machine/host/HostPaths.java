package mayfly.machine.host;

import java.nio.file.Path;
import mayfly.machine.MachineException;
import mayfly.machine.TemplateSpec;

/**
 * Where functions' code is, outside and inside the host's jail.
 *
 * @param outside the directory below which all code is
 * @param inside the same, as the host sees it
 */
record HostPaths(Path outside, Path inside) {
    /** The spec as the host is to have it. */
    TemplateSpec inside(TemplateSpec spec) throws MachineException {
        Path code = spec.code().toAbsolutePath().normalize();
        if (!code.startsWith(outside)) {
            throw new MachineException(spec.name() + ": its code is not where the machine host can see it");
        }
        return new TemplateSpec(
                spec.name(),
                spec.runtime(),
                spec.handler(),
                inside.resolve(outside.relativize(code)),
                spec.env(),
                spec.memoryBytes(),
                spec.machinesMax(),
                spec.reusable(),
                spec.initTimeout());
    }
}
