/**
 * The store over JDBC. A write goes {@code SqlStore} → {@code Inbox} (bounded) → {@code Writer} (takes a batch) →
 * {@code Plan} (decides what is sent at once) → {@code Dialect} → commit → the future. A read goes {@code SqlStore} →
 * {@code Readers} → {@code Functions}, {@code Invocations}, {@code Tasks} or {@code Services}, which have the texts.
 *
 * <p>Refuses to know an engine: what differs is asked of the {@code Dialect}.
 *
 * <p>To change the schema, add a numbered file beside {@code 0001-first.sql} and name it in {@code Migrations}.
 */
package mayfly.store.sql;
