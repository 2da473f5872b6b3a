/** Owns the agents' files and puts them where machines can read them. */
package mayfly.agents;
