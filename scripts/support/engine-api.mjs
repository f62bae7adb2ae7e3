import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { join } from "node:path";
import { Duplex } from "node:stream";

/**
 * Sends one request to an engine's HTTP API. `address` is unix:///path or tcp://host:port, `certificates` the folder of
 * a TLS engine's ca.pem, cert.pem and key.pem. `onMessage` receives each JSON message of a streamed response.
 */
export function engineRequest(
  { address, certificates },
  method,
  path,
  { body, type, headers, deadlineMs = 10_000, onMessage } = {},
) {
  const options = {
    method,
    path,
    // The option also limits the time to connect; setTimeout() starts after that.
    timeout: deadlineMs,
    headers: { ...headers, ...(type && { "content-type": type }) },
    ...engineTarget(address, certificates),
  };
  const { promise, resolve, reject } = withResolvers();
  const request = (certificates ? https : http).request(options, async (response) => {
    try {
      const text = await readAll(response, onMessage);
      resolve({ status: response.statusCode, text, headers: response.headers });
    } catch (error) {
      reject(error);
    }
  });
  request.on("timeout", () => request.destroy(new Error(`no answer within ${deadlineMs / 1000} s`)));
  request.on("error", (error) => reject(new Error(`${address}: ${error.message}`, { cause: error })));
  if (body?.pipe) body.pipe(request);
  else request.end(body);
  return promise;
}

/** The engine's version, or undefined if no engine answers. */
export async function engineVersion(engine, deadlineMs = 3000) {
  try {
    const { status, text } = await engineRequest(engine, "GET", "/version", { deadlineMs });
    return status === 200 ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

export async function hasImage(engine, name) {
  return (await engineRequest(engine, "GET", `/images/${name}/json`)).status === 200;
}

/** The options with which node's HTTP client reaches the engine. */
export function engineTarget(address, certificates) {
  const url = new URL(address);
  const agent = false;
  if (url.protocol === "unix:") return { agent, socketPath: decodeURIComponent(url.pathname) };
  // Node opens a new connection for each request only without an agent.
  if (url.protocol === "ssh:") return { createConnection: () => dialBySsh(url) };
  const read = (name) => readFileSync(join(certificates, name));
  const tls = certificates && { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
  return { agent, host: url.hostname, port: url.port || (tls ? 2376 : 2375), ...tls };
}

/**
 * Connects as the docker CLI does: docker on the remote machine copies between the engine's socket and its own standard
 * streams.
 */
function dialBySsh({ username, hostname, port, pathname }) {
  const login = [...(port ? ["-p", port] : []), ...(username ? ["-l", username] : []), hostname];
  const socket = pathname.length > 1 ? ["-H", `unix://${pathname}`] : [];
  const args = ["-o", "BatchMode=yes", ...login, "docker", ...socket, "system", "dial-stdio"];
  const child = spawn("ssh", args, { stdio: ["pipe", "pipe", "inherit"] });
  const connection = Duplex.from({ readable: child.stdout, writable: child.stdin });
  // node's HTTP client calls these methods of a socket, which a pair of pipes lacks.
  for (const name of ["setTimeout", "setKeepAlive", "setNoDelay", "ref", "unref"])
    connection[name] = () => connection;
  connection.on("close", () => child.kill());
  return connection;
}

async function readAll(response, onMessage) {
  let text = "";
  let unfinished = "";
  for await (const chunk of response.setEncoding("utf8")) {
    text += chunk;
    if (!onMessage) continue;
    const lines = (unfinished + chunk).split("\n");
    unfinished = lines.pop();
    for (const line of lines) if (line.trim().startsWith("{")) onMessage(JSON.parse(line));
  }
  return text;
}

// Node 20 lacks Promise.withResolvers.
function withResolvers() {
  const result = {};
  result.promise = new Promise((resolve, reject) => Object.assign(result, { resolve, reject }));
  return result;
}
