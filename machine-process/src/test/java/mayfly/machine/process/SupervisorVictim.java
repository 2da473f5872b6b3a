package mayfly.machine.process;

import java.nio.file.Path;
import mayfly.machine.SupervisedSpec;

/** A node that spawns without end, to be killed at any moment. Prints each name before it is spawned, and after. */
final class SupervisorVictim {
    private SupervisorVictim() {}

    static SupervisedSpec spec(String name) {
        return SupervisedTestBed.shell("echo " + name + "; exec sleep 600");
    }

    public static void main(String[] arguments) throws Exception {
        ProcessSupervisor supervisor = ProcessSupervisor.open(Path.of(arguments[0]));
        for (int i = 0; ; i++) {
            String name = "task_" + arguments[1] + "_" + i;
            System.out.println("spawning " + name);
            supervisor.spawn(name, spec(name));
            System.out.println("spawned " + name);
        }
    }
}
