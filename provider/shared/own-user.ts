/**
 * Connections of this process's own user only. Any user of the machine can connect to a port on loopback, and
 * Pulumi cannot authenticate itself there, but the kernel knows the user of both ends.
 */
import { readFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { endianness } from "node:os";

/** The TCP connections of this network namespace, with the user of each end on this machine. */
const table = "/proc/self/net/tcp";

/** A connection that is opened or closed meanwhile can hide another one from a reader of the table. */
const attempts = 5;

const loopback = "127.0.0.1";

/** The descriptor at which a child process finds the server: the first after the standard ones. */
export const serverDescriptor = 3;

/** A server on a free port of loopback, for a child process. */
export interface Listening {
  port: number;
  descriptor: number;
  /** To be called in the tick in which the child was spawned: this process must not accept its connections. */
  close(): void;
}

/** Undefined if the kernel does not tell the user of a connection, or Node.js not the descriptor. */
export function listenOnLoopback(): Promise<Listening | undefined> {
  const own = process.getuid?.();
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    const fail = () => resolve(undefined);
    server.once("error", fail).listen(0, loopback, () => {
      const address = server.address();
      const port = address !== null && typeof address === "object" ? address.port : 0;
      // Containers and sandboxes may hide the table or its users: then it lacks this process's own port.
      const isKnown = usersOf(readTable(), { from: port, to: 0 }, listening).some((user) => user === own);
      const handle: { fd?: number } | undefined = Reflect.get(server, "_handle");
      const { fd: descriptor = -1 } = handle ?? {};
      const close = () => void server.close();
      if (isKnown && descriptor >= 0) return resolve({ port, descriptor, close });
      close();
      fail();
    });
  });
}

/** Passes on the server's connections of this process's own user, and closes all others. */
export function acceptOwnUser(server: Server, accept: (socket: Socket) => void): void {
  const own = process.getuid?.();
  server.on("connection", (socket: Socket) => {
    const { localPort = 0, remotePort = 0 } = socket;
    if (own !== undefined && isOf(own, { from: remotePort, to: localPort })) accept(socket);
    else socket.destroy();
  });
}

interface Ports {
  from: number;
  to: number;
}

function isOf(own: number, ports: Ports): boolean {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const users = usersOf(readTable(), ports);
    if (users.length > 0) return users.every((user) => user === own);
  }
  return false;
}

/** States of a connection in the table. */
const established = "01";
const listening = "0A";

/**
 * The users of the sockets at `from` that are connected to `to`, both on loopback. A closed socket has no inode and belongs
 * to user 0, so it is ignored.
 */
export function usersOf(text: string, { from, to }: Ports, wanted = established): number[] {
  const remote = wanted === listening ? placeOf("0.0.0.0", 0) : placeOf(loopback, to);
  return text.split("\n").flatMap((line) => {
    const [, local, other, state, , , , user, , inode] = line.trim().split(/\s+/);
    const isIt = local === placeOf(loopback, from) && other === remote && state === wanted;
    return isIt && inode !== "0" ? [Number(user)] : [];
  });
}

/** "0100007F:1F90": the address as a number of this machine, whose bytes are in network order. */
function placeOf(address: string, port: number): string {
  const bytes = address.split(".").map(Number);
  const inOrder = endianness() === "LE" ? bytes.reverse() : bytes;
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, "0");
  return `${inOrder.map((byte) => hex(byte, 2)).join("")}:${hex(port, 4)}`;
}

function readTable(): string {
  try {
    return readFileSync(table, "utf8");
  } catch {
    return "";
  }
}
