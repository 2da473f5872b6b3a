/** Durable state: one contract, the embedded engine and PostgreSQL behind it. */
@org.jspecify.annotations.NullMarked
module mayfly.store {
    requires static org.jspecify;
    requires transitive mayfly.base;
    requires java.sql;
    requires org.xerial.sqlitejdbc;
    requires org.postgresql.jdbc;

    exports mayfly.store;
}
