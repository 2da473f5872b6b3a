/** Measuring tools: load from outside, over the public interfaces only. */
package mayfly.checks.bench;
