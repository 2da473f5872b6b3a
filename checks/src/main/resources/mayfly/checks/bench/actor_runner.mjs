// The runner of the benchmark of actors: Rivet's own client, with actors that answer at once.
// Usage: actor_runner.mjs connect ENDPOINT POOL SLOTS | actor_runner.mjs serve ENDPOINT POOL SLOTS
// "serve" makes a runner for each GET /api/start, as a serverless endpoint does; it prints its port first.
import http from 'node:http';
import { Runner } from '@rivetkit/engine-runner';

const [mode, endpoint, pool, slots] = process.argv.slice(-4); // run by --eval: there is no script name before them

function start(onConnected, onShutdown) {
  const runner = new Runner({
    version: 1,
    endpoint,
    namespace: 'default',
    totalSlots: Number(slots),
    runnerName: pool,
    prepopulateActorNames: {},
    noAutoShutdown: true,
    onConnected,
    onDisconnected: () => {},
    onShutdown,
    onActorStart: async () => {},
    onActorStop: async () => {},
    fetch: async (_runner, actor, _gateway, _request, request) => {
      if (request.url.endsWith('/sleep')) runner.sleepActor(actor);
      return new Response('hello');
    },
    websocket: async () => {},
    hibernatableWebSocket: { canHibernate: () => false },
  });
  runner.start();
  return runner;
}

if (mode === 'connect') {
  start(() => console.log('connected'), () => process.exit(0));
} else {
  const server = http.createServer((request, response) => {
    if (request.url.endsWith('/metadata')) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ runtime: 'rivetkit', version: '2.2.1', actorNames: {}, runner: { version: 1 } }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const runner = start(() => response.write(`data: ${runner.getServerlessInitPacket()}\n\n`), () => response.end());
    request.socket.on('close', () => runner.shutdown(true).catch(() => {}));
  });
  server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port));
}
