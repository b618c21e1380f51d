"""An echo server for `iobench run --server-cmd 'python3 docs/examples/echo.py {port}'`.

It listens on 127.0.0.1, stays in the foreground, and ends when it gets SIGTERM.
"""
import asyncio
import sys


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)

    # After eof_received asyncio sends what is left and closes.


async def main(port):
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", port, backlog=4096)
    async with server:
        await server.serve_forever()


asyncio.run(main(int(sys.argv[1])))
