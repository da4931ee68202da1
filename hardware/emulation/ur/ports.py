"""The four TCP ports of the emulated controller, on one event loop."""

import asyncio
from collections.abc import Awaitable, Callable

from hardware.emulation.ur.controller import Controller
from hardware.emulation.ur.dashboard import GREETING, answer
from hardware.emulation.ur.robotiq import RobotiqGripper
from hardware.emulation.ur.rtde_session import RtdeSession

RTDE, SCRIPTS, DASHBOARD, GRIPPER = 30004, 30003, 29999, 63352
_CHUNK = 65536
_PLUGGED = 0.01  # [s] between two looks at the cable

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Ports:
    """Listens for clients and answers them while ``connected``.

    silent: nothing gets through, as when the cable is out while both ends wait.
    """

    def __init__(self, host: str, controller: Controller, gripper: RobotiqGripper) -> None:
        """Prepare to serve ``controller`` and ``gripper`` at ``host``."""
        self.host, self._controller, self._gripper = host, controller, gripper
        self._owners: dict[str, RtdeSession] = {}
        self._sessions: dict[RtdeSession, asyncio.StreamWriter] = {}
        self._writers: set[asyncio.StreamWriter] = set()
        self._servers: list[asyncio.Server] = []
        self.silent = False

    async def open(self) -> None:
        """Listen; on none of the ports if one cannot be had, which raises OSError."""
        served: dict[int, Serve] = {
            RTDE: self._rtde,
            SCRIPTS: self._scripts,
            DASHBOARD: self._dashboard,
            GRIPPER: self._jaws,
        }
        try:
            for port, serve in served.items():
                server = await asyncio.start_server(self._kept(serve), self.host, port)
                self._servers.append(server)
        except OSError:
            self.cut()
            raise

    def cut(self) -> None:
        """Close every connection and listen no more."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        self.drop()

    def drop(self, port: int | None = None) -> None:
        """Close every connection, or those to ``port``, and listen for new ones."""
        for writer in list(self._writers):
            if port in (None, writer.get_extra_info("sockname")[1]):
                writer.transport.abort()

    def send(self) -> None:
        """Send this cycle's data to every client that wants some."""
        for session, writer in self._sessions.items():
            data = session.data()
            if data and not self.silent:
                writer.write(data)

    def _kept(self, serve: Serve) -> Serve:
        async def kept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.add(writer)
            try:
                await serve(reader, writer)
            except (ConnectionError, ValueError, asyncio.CancelledError):
                pass  # a client that left, one that does not speak the protocol, or the end
            finally:
                self._writers.discard(writer)
                writer.close()

        return kept

    async def _rtde(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = RtdeSession(self._controller, self._owners)
        self._sessions[session] = writer
        try:
            while data := await reader.read(_CHUNK):
                await self._plugged()
                writer.write(session.feed(data))
        finally:
            session.close()
            del self._sessions[session]

    async def _scripts(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines: list[str] = []
        while line := await reader.readline():
            lines.append(line.decode("utf-8", "replace"))
            if lines[-1] == "end\n":
                self._controller.run("".join(lines))
                lines.clear()

    async def _dashboard(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{GREETING}\n".encode())
        while line := await reader.readline():
            await self._plugged()
            writer.write(f"{answer(self._controller, line.decode().strip())}\n".encode())

    async def _jaws(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            await self._plugged()
            writer.write(f"{self._gripper.answer(line.decode().strip())}\n".encode())

    async def _plugged(self) -> None:
        """Wait while nothing gets through; what was sent meanwhile comes late."""
        while self.silent:
            await asyncio.sleep(_PLUGGED)
