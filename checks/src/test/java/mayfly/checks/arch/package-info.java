/** The rules of the house that a compiler does not enforce, each shown to fail on a planted violation. */
package mayfly.checks.arch;
