// A counter that keeps its number while it sleeps, and tells everybody who listens.
import { actor, setup } from "rivetkit";

const counter = actor({
  state: { count: 0 },
  actions: {
    increment: (c, by = 1) => {
      c.state.count += by;
      c.broadcast("count", c.state.count);
      return c.state.count;
    },
    get: (c) => c.state.count,
  },
});

export const registry = setup({ use: { counter } });
registry.start();
