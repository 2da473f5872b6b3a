/**
 * PostgreSQL. Pitfalls met here: text cannot hold NUL; text sorts by the database's locale unless a column says
 * {@code COLLATE "C"}; one statement may not upsert a row twice, which the plan's coalescing takes care of; an error
 * spoils the transaction up to the last savepoint; and after a lost connection nobody knows whether a commit that was
 * asked for happened.
 */
package mayfly.store.postgres;
