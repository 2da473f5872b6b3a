package mayfly.machine.process;
