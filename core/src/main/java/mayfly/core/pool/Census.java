package mayfly.core.pool;

import java.util.List;

/** How many machines are in which phase. */
record Census(int starting, int warm, int busy, int checking, int resetting, int closing) {
    static Census of(List<PooledMachine> machines) {
        int starting = 0;
        int warm = 0;
        int busy = 0;
        int checking = 0;
        int resetting = 0;
        int closing = 0;
        for (int i = 0; i < machines.size(); i++) {
            switch (machines.get(i)) {
                case PooledMachine.Starting _ -> starting++;
                case PooledMachine.Warm _ -> warm++;
                case PooledMachine.Busy _ -> busy++;
                case PooledMachine.Checking _ -> checking++;
                case PooledMachine.Resetting _ -> resetting++;
                case PooledMachine.Closing _ -> closing++;
            }
        }
        return new Census(starting, warm, busy, checking, resetting, closing);
    }

    int total() {
        return live() + closing;
    }

    /** Machines that serve a caller or may yet do so. */
    int live() {
        return starting + warm + busy + checking + resetting;
    }

    /** Machines that will be ready without the pool's doing, a checked one not counted: its ping may take long. */
    int coming() {
        return starting + resetting;
    }

    /** What counts for minWarm: ready, about to be, or, where machines return, in a caller's hands. */
    int kept(PoolSpec spec) {
        return starting + warm + checking + resetting + (spec.machinesReturn() ? busy : 0);
    }
}
