package mayfly.machine.kvm.program;

/** All system calls that programs can make. */
public final class SystemCalls {
    private static final CallTable TABLE = table();

    private SystemCalls() {}

    /** The one table; it has no state. */
    public static CallTable all() {
        return TABLE;
    }

    private static CallTable table() {
        CallTable table = new CallTable();
        TransferCalls.addTo(table);
        FileCalls.addTo(table);
        DescriptorCalls.addTo(table);
        StatusCalls.addTo(table);
        DirectoryCalls.addTo(table);
        AttributeCalls.addTo(table);
        CopyCalls.addTo(table);
        MemoryCalls.addTo(table);
        IdentityCalls.addTo(table);
        ThreadCalls.addTo(table);
        ProcessCalls.addTo(table);
        ExecCalls.addTo(table);
        SystemInfoCalls.addTo(table);
        CredentialCalls.addTo(table);
        TimeCalls.addTo(table);
        TimerCalls.addTo(table);
        PipeCalls.addTo(table);
        PollCalls.addTo(table);
        SelectCalls.addTo(table);
        EpollCalls.addTo(table);
        SocketCalls.addTo(table);
        SocketOptionCalls.addTo(table);
        MessageCalls.addTo(table);
        RefusedCalls.addTo(table);
        FutexCalls.addTo(table);
        SignalCalls.addTo(table);
        return table;
    }
}
