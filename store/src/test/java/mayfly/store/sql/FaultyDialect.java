package mayfly.store.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A dialect whose writer fails at a chosen call, with a chosen meaning. */
final class FaultyDialect implements Dialect {
    /** Where a fault can hit. COMMITTED: after the engine committed, before anybody heard of it. */
    enum Point {
        CONNECT,
        BEGIN,
        UPSERT,
        COMMIT,
        COMMITTED
    }

    private static final class Fault extends SQLException {
        private final Trouble trouble;

        Fault(Trouble trouble, Point point) {
            super("planted " + trouble + " at " + point);
            this.trouble = trouble;
        }
    }

    private final Dialect real;
    private volatile Point point = Point.CONNECT;
    private volatile Trouble trouble = Trouble.OWN;
    /** How many calls at the point still fail. */
    private final AtomicInteger faults = new AtomicInteger();

    FaultyDialect(Dialect real) {
        this.real = real;
    }

    /** From now on the next calls at this point fail. */
    void plant(Point point, Trouble trouble, int times) {
        this.point = point;
        this.trouble = trouble;
        faults.set(times);
    }

    boolean isHealed() {
        return faults.get() == 0;
    }

    private void at(Point here) throws SQLException {
        if (here == point && faults.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            throw new Fault(trouble, here);
        }
    }

    @Override
    public Session openWriter() throws SQLException {
        at(Point.CONNECT);
        return real.openWriter();
    }

    @Override
    public void begin(Session session) throws SQLException {
        at(Point.BEGIN);
        real.begin(session);
    }

    @Override
    public void commit(Session session) throws SQLException {
        at(Point.COMMIT);
        real.commit(session);
        at(Point.COMMITTED);
    }

    @Override
    public <R> void upsert(Session session, Table<R> table, List<R> rows) throws SQLException {
        real.upsert(session, table, rows);
        at(Point.UPSERT);
    }

    @Override
    public Trouble trouble(SQLException e) {
        return e instanceof Fault fault ? fault.trouble : real.trouble(e);
    }

    @Override
    public void rollback(Session session) throws SQLException {
        real.rollback(session);
    }

    @Override
    public Session openReader() throws SQLException {
        return real.openReader();
    }

    @Override
    public boolean holdsCarrier() {
        return real.holdsCarrier();
    }

    @Override
    public boolean hasTable(Session session, String name) throws SQLException {
        return real.hasTable(session, name);
    }

    @Override
    public String ddl(String template) {
        return real.ddl(template);
    }

    @Override
    public String contains(String column) {
        return real.contains(column);
    }

    @Override
    public String engine() {
        return real.engine();
    }

    @Override
    public String place() {
        return real.place();
    }
}
