import { spawn } from "node:child_process";
import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createCertificates } from "./certificates.js";
import { addCheckedAddress, checkedAddress, gateway } from "./bed-network.js";
import { freePort } from "../free-port.js";
import { registryProgram } from "../scripts.js";

/** An image registry that all engines of the bed reach, over plain HTTP. */
export interface BedRegistry {
  /** Of the authority that signed its certificate, where it has one. */
  authority: string;
  /** Goes in front of an image's name: 10.99.0.1:40123 */
  address: string;
  logFile: string;
  /** Ends it at once; what was pushed stays. */
  kill(): Promise<void>;
  /** Starts it again at the same address. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Who may push and pull where a registry asks for credentials. */
export const registryUser = { username: "tester", password: "secret" };
const htpasswd = "tester:$2b$05$k2composetestbedsalt1u80ZmsD8gLSDOucrn3fK/ibOjZJ.3moa\n";

/** The bed must be started. `checked`: its engines look at the certificate, as they do outside of a test bed. */
export async function startRegistry(
  options: { credentials?: boolean; tls?: boolean; checked?: boolean } = {},
): Promise<BedRegistry> {
  const folder = mkdtempSync(join(tmpdir(), "k2-registry-"));
  const ip = options.checked ? checkedAddress : gateway;
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
    // 401 is an answer too, and so is a certificate that nobody here knows.
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
