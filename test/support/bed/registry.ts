import { spawn } from "node:child_process";
import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createCertificates } from "./certificates.js";
import { addCheckedAddress } from "./bed-network.js";
import { checkedAddress, gateway } from "./bed-place.js";
import { freePort } from "../free-port.js";
import { registryProgram } from "../scripts.js";

/** An image registry that all engines of the bed reach, over plain HTTP. */
export interface BedRegistry {
  /** The file of the certificate authority, with TLS. */
  authority: string;
  /** The prefix of image names: 10.99.0.1:40123 */
  address: string;
  logFile: string;
  /** Kills the registry; pushed images are kept. */
  kill(): Promise<void>;
  /** Starts the registry again at the same address. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** The user of registries with credentials. */
export const registryUser = { username: "tester", password: "secret" };
const htpasswd = "tester:$2b$05$k2composetestbedsalt1u80ZmsD8gLSDOucrn3fK/ibOjZJ.3moa\n";

/** Starts a registry; the bed must run. `checked`: engines verify its certificate, as they do outside a test bed. */
export async function startRegistry(
  options: { credentials?: boolean; tls?: boolean; checked?: boolean } = {},
): Promise<BedRegistry> {
  const folder = mkdtempSync(join(tmpdir(), "k2-registry-"));
  const ip = options.checked ? checkedAddress() : gateway();
  if (options.checked) await addCheckedAddress();
  const address = `${ip}:${await freePort(ip)}`;
  writeFileSync(join(folder, "htpasswd"), htpasswd);
  if (options.tls) await createCertificates(folder, ip);
  writeFileSync(join(folder, "config.yml"), configuration(folder, address, options));
  const logFile = join(folder, "log");
  const log = openSync(logFile, "a");
  const program = await registryProgram(() => undefined);
  let stop = () => Promise.resolve();
  const start = async () => {
    const server = spawn(program, ["serve", join(folder, "config.yml")], { stdio: ["ignore", log, log] });
    const ended = new Promise<void>((resolve) => server.on("close", () => resolve()));
    stop = () => {
      server.kill("SIGKILL");
      return ended;
    };
    const died = () => server.exitCode !== null;
    await untilAnswering(`http${options.tls ? "s" : ""}://${address}/v2/`, died, logFile);
  };
  await start();
  return {
    address,
    authority: join(folder, "ca.pem"),
    logFile,
    kill: () => stop(),
    restart: start,
    close: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(
  folder: string,
  address: string,
  { credentials, tls }: { credentials?: boolean; tls?: boolean },
): string {
  const certificates = { certificate: join(folder, "server-cert.pem"), key: join(folder, "server-key.pem") };
  const auth = { htpasswd: { realm: "k2 test bed", path: join(folder, "htpasswd") } };
  return JSON.stringify({
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
    http: { addr: address, ...(tls && { tls: certificates }) },
    ...(credentials && { auth }),
  });
}

async function untilAnswering(url: string, died: () => boolean, logFile: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline && !died();) {
    // The registry also answers with 401, or with a certificate of an unknown authority.
    if (
      await fetch(url).catch(({ cause }: { cause?: { code?: string } }) =>
        /VERIFY|SIGN/.test(cause?.code ?? ""),
      )
    )
      return;
    await sleep(100);
  }
  throw new Error(`the registry does not start: see ${logFile}`);
}
