package mayfly.checks.arch.planted.gateway;

import mayfly.machine.GuestError;
import mayfly.machine.MachineDriver;

/** Planted: the gateway may show an error that a guest raised, but not drive machines. */
record StartsMachines(MachineDriver driver, GuestError shown) {}
