import { readFileSync } from "node:fs";
import { createServer } from "node:net";

/**
 * A port of this machine at which nobody listens, for who will listen there now, and perhaps again later. It is none of
 * those that the kernel hands out by itself: one of these is soon the near end of somebody's connection, and then nobody can
 * listen there.
 */
export async function freePort(ip: string): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (handedOut() - lowest));
    if (await isFree(port, ip)) return port;
  }
}

const lowest = 10_000;

/** The first port of the kernel's own. Where it takes nearly all, there is nothing to be spared. */
function handedOut(): number {
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
