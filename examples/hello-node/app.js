// The same in JavaScript; each call gets a Node process of its own, started ahead of time.
let calls = 0;

exports.handle = async (event) => {
  calls += 1;
  console.log(`greeting ${event.name ?? 'world'}`);
  return { message: `Hello, ${event.name ?? 'world'}!`, call_number_here: calls };
};
