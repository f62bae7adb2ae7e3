import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { BedHost } from "./bed-engine.js";
import { namespacePath } from "./bed-place.js";
import { must } from "../cli/command.js";
import { kill } from "../cli/processes.js";
import { checkout } from "../scripts.js";

/** A real sshd on a host of the bed, and an ssh client with its own configuration, keys and known hosts. */
export interface BedSsh {
  /** "ssh://k2-a/…/docker.sock": the engine's address, with a host alias of the configuration. */
  address: string;
  port: number;
  /** A folder with ssh and scp, for the front of PATH. */
  bin: string;
  /** Adds a text that starts with "Host …" to the client's configuration. */
  configure(text: string): void;
  /** Sets the host key in the client's known hosts: the right one, none, or another. */
  setKnownHost(key: "right" | "none" | "other"): void;
  logins(): number;
  /** Breaks all connections; the server keeps running. */
  drop(): void;
  close(): Promise<void>;
}

/** sshd's default limits, which one login per call would exceed. */
const limits = "MaxSessions 10\nMaxStartups 10\n";

export async function startSsh(host: BedHost): Promise<BedSsh> {
  const sshd = await sshdProgram();
  const folder = mkdtempSync(join(tmpdir(), "k2-sshd-"));
  const file = (name: string) => join(folder, name);
  for (const key of ["host", "other", "user"])
    await must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file(key));
  const port = ownPort();
  writeFileSync(file("sshd_config"), serverConfiguration(folder, port));
  await must("mkdir", "-p", "/run/sshd", file("bin"));
  for (const program of ["ssh", "scp"])
    writeFileSync(
      join(file("bin"), program),
      `#!/bin/sh\nexec /usr/bin/${program} -F ${file("config")} "$@"\n`,
      {
        mode: 0o755,
      },
    );
  const args = [
    `--net=${namespacePath(host.name)}`,
    sshd,
    "-D",
    "-f",
    file("sshd_config"),
    "-E",
    file("log"),
  ];
  const server = spawn("nsenter", args, { stdio: "ignore" });
  await untilListening(host.ip, port, () => server.exitCode !== null, file("log"));
  const know = (key: "right" | "none" | "other") => {
    const line = `[${host.ip}]:${port} ${readFileSync(file(`${key === "other" ? "other" : "host"}.pub`), "utf8")}`;
    writeFileSync(file("known_hosts"), key === "none" ? "" : line);
  };
  const configure = (text: string) =>
    writeFileSync(file("config"), `${text}\n${clientConfiguration(host, port, folder)}`);
  know("right");
  configure("");
  return {
    port,
    address: `ssh://k2-${host.name}${host.socket.replace("unix://", "")}`,
    bin: file("bin"),
    configure,
    setKnownHost: know,
    logins: () => readFileSync(file("log"), "utf8").match(/^Accepted publickey/gm)?.length ?? 0,
    drop: () => kill(childrenOf(server.pid!)),
    close: async () => {
      kill(childrenOf(server.pid!));
      server.kill("SIGKILL");
      await new Promise((resolve) => server.once("exit", resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

/**
 * Returns a port that depends on the process, because two tests may run a server on one host. No test publishes these
 * ports.
 */
function ownPort(): number {
  return 12_000 + (process.pid % 6_000);
}

function serverConfiguration(folder: string, port: number): string {
  const key = (name: string) => join(folder, name);
  return `Port ${port}\nHostKey ${key("host")}\nAuthorizedKeysFile ${key("user.pub")}\nPidFile none\nStrictModes no\nUsePAM no\nLogLevel VERBOSE\nSubsystem sftp internal-sftp\n${limits}`;
}

/** A configuration passed with -F, because ssh takes the home folder from the password file, not from HOME. */
function clientConfiguration(host: BedHost, port: number, folder: string): string {
  const key = (name: string) => join(folder, name);
  return `Host k2-${host.name}\n  HostName ${host.ip}\n  User root\nHost *\n  Port ${port}\n  IdentityFile ${key("user")}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${key("known_hosts")}\n`;
}

/** Returns Debian's sshd, and installs it if it is missing: it needs the user that the package creates. */
async function sshdProgram(): Promise<string> {
  const program = "/usr/sbin/sshd";
  if (existsSync(program)) return program;
  const debian = pathToFileURL(join(checkout, "scripts/support/debian.mjs")).href;
  const { aptInstall } = (await import(debian)) as {
    aptInstall(packages: string[], progress: () => void): Promise<void>;
  };
  await aptInstall(["openssh-server", "openssh-client"], () => undefined);
  return program;
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").map(Number).filter(Boolean);
}

async function untilListening(host: string, port: number, died: () => boolean, log: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline && !died();) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, host);
      socket.once("error", () => resolve(false));
      socket.once("connect", () => resolve(true)).once("connect", () => socket.destroy());
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error(`sshd does not start: ${existsSync(log) ? readFileSync(log, "utf8") : "no log"}`);
}
