// A runner whose actors do what a test asks of them by the path. Arguments: ENDPOINT NAMESPACE POOL.
// It prints one line of JSON for each thing that happens, and ends when its standard input does.
import { Runner } from '@rivetkit/engine-runner';

const [endpoint, namespace, pool] = process.argv.slice(1);
const say = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));
const hex = id => Buffer.from(id).toString('hex');
const sockets = new Map(); // of hibernating sockets, by actor: Map(gateway/request -> entry as it is to be restored)
const generations = new Map();
const wait = ms => new Promise(done => setTimeout(done, ms));

const bytes = text => new TextEncoder().encode(text);
const text = value => value === null ? null : new TextDecoder().decode(value);

// Every operation on what an actor keeps, and what each answered.
async function keep(actor) {
  const pairs = list => list.map(([key, value]) => text(key) + '=' + text(value));
  await runner.kvPut(actor, [['kept', 'v'], ['a1', '1'], ['a2', '2'], ['b1', '3'], ['b2', '4']].map(it => it.map(bytes)));
  const got = (await runner.kvGet(actor, [bytes('b1'), bytes('none'), bytes('a1')])).map(text);
  const all = pairs(await runner.kvListAll(actor));
  const last = pairs(await runner.kvListAll(actor, { reverse: true, limit: 2 }));
  const prefix = pairs(await runner.kvListPrefix(actor, bytes('a')));
  const range = pairs(await runner.kvListRange(actor, bytes('a1'), bytes('b1'), true));
  await runner.kvDelete(actor, [bytes('a1'), bytes('none')]);
  await runner.kvDeleteRange(actor, bytes('b1'), bytes('b2'));
  return { got, all, last, prefix, range, left: pairs(await runner.kvListAll(actor)) };
}

const runner = new Runner({
  version: 1,
  endpoint,
  token: process.env.RUNNER_TOKEN,
  namespace,
  totalSlots: 100000,
  runnerName: pool,
  prepopulateActorNames: {},
  noAutoShutdown: true,
  onConnected: () => say('connected'),
  onDisconnected: (code, reason) => say('disconnected', { code, reason }),
  onShutdown: () => say('shutdown'),
  onActorStart: async (actor, generation, config) => {
    generations.set(actor, generation);
    say('start', { actor, generation, key: config.key, input: config.input && Buffer.from(config.input).toString('base64') });
    if (config.key?.startsWith('slow-start')) await wait(300);
    if (config.key?.includes('fail-start')) throw new Error('planted');
    await runner.restoreHibernatingRequests(actor, [...(sockets.get(actor)?.values() ?? [])]);
  },
  onActorStop: async (actor, generation) => {
    say('stop', { actor, generation });
    await wait(Number(process.env.STOP_MS ?? 0));
  },
  fetch: async (_runner, actor, _gateway, _request, request) => {
    const url = new URL(request.url);
    const number = Number(url.searchParams.get('n') ?? 0);
    switch (url.pathname) {
      case '/plain': return new Response('hello');
      case '/sleep': runner.sleepActor(actor); return new Response('sleeping');
      case '/sleep-first': runner.sleepActor(actor); await wait(number); return new Response('too late');
      case '/sleep-twice': runner.sleepActor(actor); runner.sleepActor(actor); return new Response('sleeping');
      case '/alarm': runner.setAlarm(actor, Date.now() + number); return new Response('set');
      case '/shutdown': setTimeout(() => runner.shutdown(false), 50); return new Response('leaving');
      case '/kv': return Response.json(await keep(actor));
      case '/kept': return Response.json((await runner.kvGet(actor, [bytes('kept')])).map(text));
      case '/too-long': return new Response(await runner.kvPut(actor, [[new Uint8Array(3000), bytes('v')]]).then(() => 'taken', e => e.message));
      case '/slow': await wait(number); return new Response('slept ' + number);
      case '/big': return new Response(Buffer.alloc(number, 'x'));
      case '/fail': throw new Error('planted');
      case '/destroy': runner.destroyActor(actor); return new Response('destroying');
      case '/status': return new Response('', { status: number, headers: { 'x-own': 'a', location: '/elsewhere' } });
      case '/cookies': return new Response('', { headers: [['set-cookie', 'a=1'], ['set-cookie', 'b=2']] });
    }
    const body = Buffer.from(await request.arrayBuffer());
    return Response.json({
      actor, generation: generations.get(actor), method: request.method, url: request.url,
      headers: Object.fromEntries(request.headers), body: body.toString('base64'), count: body.length,
    });
  },
  websocket: async (_runner, actor, socket, gateway, request, _http, path, headers, hibernates, restoring) => {
    const id = hex(gateway) + '/' + hex(request);
    say('socket', { actor, path, headers, hibernates, restoring });
    if (path.startsWith('/refuse')) throw new Error('planted');
    if (path.startsWith('/slow-open')) await wait(300);
    const own = sockets.get(actor) ?? new Map();
    sockets.set(actor, own);
    if (hibernates && !own.has(id)) {
      own.set(id, { gatewayId: gateway, requestId: request, clientMessageIndex: 0, serverMessageIndex: 0, path, headers });
    }
    socket.addEventListener('message', event => {
      const entry = own.get(id);
      if (entry && !path.includes('no-ack')) {
        entry.serverMessageIndex = event.rivetMessageIndex;
        runner.sendHibernatableWebSocketMessageAck(gateway, request, event.rivetMessageIndex);
      }
      const text = typeof event.data === 'string' ? event.data : undefined;
      say('message', { actor, text, bytes: text === undefined ? event.data.byteLength : undefined, index: event.rivetMessageIndex });
      if (text === 'close') socket.close(4001, 'as asked');
      else if (text === 'sleep') runner.sleepActor(actor);
      else if (text?.startsWith('flood ')) { for (let i = 0; i < Number(text.slice(6)); i++) socket.send('flood ' + i); }
      else socket.send(text === undefined ? event.data : generations.get(actor) + ' ' + text);
    });
    socket.addEventListener('close', event => {
      own.delete(id);
      say('closed', { actor, code: event.code, reason: event.reason });
    });
  },
  hibernatableWebSocket: { canHibernate: (_actor, _gateway, _request, request) => new URL(request.url).pathname.startsWith('/hibernate') },
});

process.on('unhandledRejection', error => say('unhandled', { error: String(error) }));
process.stdin.on('end', () => process.exit(0)).resume();
await runner.start();
