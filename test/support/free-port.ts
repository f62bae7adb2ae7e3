import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { hold } from "./lock.js";

/**
 * Returns a port of this machine that no process uses, for a server that is another program or may be restarted on it;
 * other servers listen on port 0. No test process gets the port until this one ends. The port is outside the kernel's
 * ephemeral range, because another process's outgoing connection could take such a port, and a server could no longer
 * listen on it.
 */
export async function freePort(ip: string): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (firstEphemeral() - lowest));
    const held = await hold(`port-${port}`);
    if (!held) continue;
    held.unref();
    if (await isFree(port, ip)) return port;
    held.close();
  }
}

const lowest = 10_000;

/** Returns the first port of the kernel's ephemeral range, or the usual one if the range covers nearly all ports. */
function firstEphemeral(): number {
  const usual = 32_768;
  try {
    const first = Number(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s+/)[0]);
    return first > lowest + 1000 ? Math.min(first, 65_536) : usual;
  } catch {
    return usual;
  }
}

async function isFree(port: number, ip: string): Promise<boolean> {
  const server = createServer();
  const listens = await new Promise<boolean>((resolve, reject) => {
    server.on("listening", () => resolve(true));
    server.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(false) : reject(error),
    );
    server.listen(port, ip);
  });
  if (listens) await new Promise((resolve) => server.close(resolve));
  return listens;
}
