// A RivetKit app with everything that its clients use. Usage: rivetkit_app.mjs normal | serverless
// In serverless mode it prints "port N" and answers /api/rivet/... ; else it connects as a runner.
import http from 'node:http';
import { actor, setup } from 'rivetkit';

const room = actor({
  state: { count: 0, starts: 0, scheduled: [] },
  createVars: () => ({}),
  events: {},
  onWake: c => { c.state.starts++; },
  onRequest: (c, request) => new Response('raw ' + new URL(request.url).pathname + ' ' + c.state.count, { status: 202, headers: { 'x-own': 'yes' } }),
  onWebSocket: (c, socket) => {
    socket.addEventListener('message', message => socket.send('echo ' + message.data));
  },
  options: { sleepTimeout: Number(process.env.SLEEP_MS ?? 60000) },
  actions: {
    add: (c, n) => { c.state.count += n; c.broadcast('changed', c.state.count); return c.state.count; },
    get: c => c.state.count,
    starts: c => c.state.starts,
    key: c => c.key,
    fail: () => { throw new Error('planted'); },
    later: (c, ms, what) => { c.schedule.after(ms, 'note', what); },
    note: (c, what) => { c.state.scheduled.push(what); c.broadcast('noted', what); },
    scheduled: c => c.state.scheduled,
    nap: c => { c.sleep(); },
    end: c => { c.destroy(); },
  },
});

export const registry = setup({ use: { room } });

if (process.argv.at(-1) === 'serverless') {
  const server = http.createServer(async (request, response) => {
    const url = 'http://' + request.headers.host + request.url;
    const answer = await registry.handler(new Request(url, { method: request.method, headers: Object.entries(request.headers) }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    const reader = answer.body?.getReader();
    response.on('close', () => reader?.cancel().catch(() => {}));
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) break;
      response.write(value);
    }
    response.end();
  });
  server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port));
} else {
  registry.start();
  console.log('started');
}
