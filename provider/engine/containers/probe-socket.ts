import { connect } from "node:net";
import { abortReason } from "../connection/deadline.js";

/** Passes if a connection is accepted: host:port, tcp://host:port or unix:///path. */
export function socketProbe(written: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(place(written));
    const stop = () => socket.destroy(abortReason(signal));
    signal.addEventListener("abort", stop, { once: true });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", (error: NodeJS.ErrnoException) =>
      reject(new Error(error.message || `connect ${error.code} ${written}`)),
    );
    socket.once("close", () => signal.removeEventListener("abort", stop));
  });
}

function place(written: string): { path: string } | { host: string; port: number } {
  if (written.startsWith("unix://")) return { path: written.slice("unix://".length) };
  const found = /^(?:tcp:\/\/)?(?:\[(?<six>[^\]]+)\]|(?<host>[^:/]+)):(?<port>\d+)\/?$/.exec(written)?.groups;
  const [host, port] = [found?.six ?? found?.host, found?.port];
  if (host === undefined || port === undefined)
    throw new Error(`"${written}" is not host:port, tcp://host:port or unix:///path`);
  return { host, port: Number(port) };
}
