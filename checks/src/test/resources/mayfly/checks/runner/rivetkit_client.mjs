// Uses the app of rivetkit_app.mjs as its users do, step by step; prints "ok NAME" for each step, and what is wrong otherwise.
// Usage: rivetkit_client.mjs ENDPOINT POOL
import assert from 'node:assert/strict';
import { createClient } from 'rivetkit/client';

const [endpoint, pool] = process.argv.slice(-2);
const run = Date.now().toString(36); // keys of its own, so that it can be run again
const client = createClient({ endpoint, runnerName: pool, poolName: pool });
const wait = ms => new Promise(done => setTimeout(done, ms));
async function until(what, holds, ms = 20_000) {
  for (const end = Date.now() + ms; Date.now() < end; await wait(20)) if (await holds()) return;
  assert.fail('never: ' + what);
}
const steps = {
  async 'actions over HTTP keep state by key'() {
    const a = client.room.getOrCreate([run, 'a', 'x/y']);
    assert.equal(await a.add(2), 2);
    assert.equal(await a.add(3), 5);
    assert.deepEqual(await a.key(), [run, 'a', 'x/y']);
    assert.equal(await client.room.getOrCreate([run, 'b']).get(), 0);
    assert.equal(await client.room.get([run, 'a', 'x/y']).get(), 5);
  },
  async 'an action that throws is an error of its own'() {
    await assert.rejects(client.room.getOrCreate([run, 'a', 'x/y']).fail(), e => e.group !== undefined);
  },
  async 'an actor that is not there is not found'() {
    await assert.rejects(client.room.get([run, 'nobody']).get(), e => e.code === 'not_found' && e.group === 'actor');
  },
  async 'create refuses a key twice'() {
    const made = await client.room.create([run, 'once']);
    assert.equal(await made.add(1), 1);
    await assert.rejects(client.room.create([run, 'once']), e => e.code === 'duplicate_key');
  },
  async 'raw requests reach it whole'() {
    const answer = await client.room.getOrCreate([run, 'raw']).fetch('some/path?q=1', { method: 'POST', body: 'x' });
    assert.equal(answer.status, 202);
    assert.equal(answer.headers.get('x-own'), 'yes');
    assert.match(await answer.text(), /some\/path/);
  },
  async 'raw sockets reach it'() {
    const socket = await client.room.getOrCreate([run, 'raw']).webSocket('/chat');
    const heard = new Promise((done, fail) => { socket.onmessage = m => done(m.data); socket.onerror = fail; });
    await new Promise(done => socket.readyState === 1 ? done() : socket.addEventListener('open', done));
    socket.send('hello');
    assert.equal(await heard, 'echo hello');
    socket.close();
  },
  async 'connections call actions and hear events'() {
    const connection = client.room.getOrCreate([run, 'events']).connect();
    const heard = [];
    connection.on('changed', n => heard.push(n));
    assert.equal(await connection.add(1), 1);
    await client.room.getOrCreate([run, 'events']).add(4);
    await until('both events', () => heard.length === 2);
    assert.deepEqual(heard, [1, 5]);
    await connection.dispose();
  },
  async 'state outlives sleep, every time'() {
    const a = client.room.getOrCreate([run, 'sleeper']);
    for (let i = 1; i <= 4; i++) {
      assert.equal(await a.add(1), i);
      assert.equal(await a.starts(), i);
      await a.nap();
      await until('asleep', () => asleep('sleeper'));
    }
  },
  async 'a connection outlives sleep'() {
    const connection = client.room.getOrCreate([run, 'hibernate']).connect();
    const heard = [];
    connection.on('changed', n => heard.push(n));
    assert.equal(await connection.add(1), 1);
    await client.room.getOrCreate([run, 'hibernate']).nap();
    await until('asleep', () => asleep('hibernate'));
    assert.equal(await connection.add(1), 2);
    await until('an event after sleep', () => heard.length === 2);
    await connection.dispose();
  },
  async 'what is scheduled happens, also to sleepers'() {
    const a = client.room.getOrCreate([run, 'later']);
    await a.later(50, 'awake');
    await until('the first', async () => (await a.scheduled()).includes('awake'));
    await a.later(1500, 'asleep');
    await a.nap();
    await until('asleep', () => asleep('later'));
    await until('woken by itself', async () => !(await asleep('later')));
    await until('the second', async () => (await a.scheduled()).includes('asleep'));
  },
  async 'what is destroyed is gone, and its key free'() {
    const a = client.room.getOrCreate([run, 'mortal']);
    await a.add(7);
    const id = await a.resolve();
    await a.end();
    await until('gone', async () => (await actor('mortal')) === undefined);
    assert.equal(await client.room.getOrCreate([run, 'mortal']).get(), 0);
    assert.notEqual(await client.room.getOrCreate([run, 'mortal']).resolve(), id);
  },
  async 'fifty at once'() {
    const all = await Promise.all(Array.from({ length: 50 }, (_, i) => client.room.getOrCreate([run, 'many', String(i)]).add(i)));
    assert.deepEqual(all, Array.from({ length: 50 }, (_, i) => i));
  },
};

async function actor(key) {
  const answer = await fetch(`${endpoint}/actors?namespace=default&name=room&key=${encodeURIComponent(run + '/' + key)}`);
  return (await answer.json()).actors[0];
}
async function asleep(key) {
  const it = await actor(key);
  return it.sleep_ts !== null && it.sleep_ts !== undefined && !it.connectable_ts;
}

let failed = 0;
for (const [name, step] of Object.entries(steps)) {
  const began = Date.now();
  try {
    await step();
    console.log(`ok ${name} (${Date.now() - began} ms)`);
  } catch (e) {
    failed++;
    console.log(`not ok ${name}: ${e?.stack ?? e}`);
  }
}
console.log(failed === 0 ? 'all ok' : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
