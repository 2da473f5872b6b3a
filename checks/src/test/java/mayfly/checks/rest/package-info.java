/** Owns the tests of the REST interface as a client sees it: every route against its description, and every bad request. */
package mayfly.checks.rest;
