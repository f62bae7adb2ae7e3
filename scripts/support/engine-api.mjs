import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { join } from "node:path";
import { Duplex } from "node:stream";

/**
 * One request to an engine's HTTP API. `address` is unix:///path or tcp://host:port, `certificates` the folder of a TLS
 * engine's ca.pem, cert.pem and key.pem. `onMessage` sees each JSON message of a streamed answer.
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
    // As an option it counts from before the connection is there; setTimeout() starts afterwards.
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

/** The engine's own description of itself, or undefined if none answers there. */
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

/** Where and how node's HTTP client reaches the engine. */
export function engineTarget(address, certificates) {
  const url = new URL(address);
  const agent = false;
  if (url.protocol === "unix:") return { agent, socketPath: decodeURIComponent(url.pathname) };
  // Node asks for a connection of one's own only where there is no agent at all.
  if (url.protocol === "ssh:") return { createConnection: () => dialBySsh(url) };
  const read = (name) => readFileSync(join(certificates, name));
  const tls = certificates && { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
  return { agent, host: url.hostname, port: url.port || (tls ? 2376 : 2375), ...tls };
}

/** As the docker CLI does it: the far side's docker copies between the engine's socket and its own input and output. */
function dialBySsh({ username, hostname, port, pathname }) {
  const login = [...(port ? ["-p", port] : []), ...(username ? ["-l", username] : []), hostname];
  const socket = pathname.length > 1 ? ["-H", `unix://${pathname}`] : [];
  const args = ["-o", "BatchMode=yes", ...login, "docker", ...socket, "system", "dial-stdio"];
  const child = spawn("ssh", args, { stdio: ["pipe", "pipe", "inherit"] });
  const connection = Duplex.from({ readable: child.stdout, writable: child.stdin });
  // What node's client expects of a socket and a pair of pipes has not got.
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

// Promise.withResolvers is not there in Node 20.
function withResolvers() {
  const result = {};
  result.promise = new Promise((resolve, reject) => Object.assign(result, { resolve, reject }));
  return result;
}
