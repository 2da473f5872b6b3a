// The same in JavaScript; each call gets a copy of the loaded program.
let calls = 0;

exports.handle = async (event) => {
  calls += 1;
  console.log(`greeting ${event.name ?? 'world'}`);
  return { message: `Hello, ${event.name ?? 'world'}!`, call_number_here: calls };
};
