package mayfly.checks.arch.planted.base;

import mayfly.core.pool.Ticket;

/** Planted: an edge down the table of modules. */
record KnowsThePool(Ticket ticket) {}
