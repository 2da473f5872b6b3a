require('http').createServer((request, response) => {
  response.setHeader('Connection', 'close');
  response.end('hello');
}).listen(Number(process.argv[2]));
